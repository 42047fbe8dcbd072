import { describe, expect, it } from 'vitest'
import { type MountOptions, makeCall, mount } from '../../testing.js'
import { thinking } from './index.js'

const sealed = { type: 'thinking', thinking: 'hm', signature: 'agp1.abc' }
const carrier = { type: 'redacted_thinking', data: 'agp1.def' }
const own = { type: 'thinking', thinking: 'hm', signature: 'EqQBCkY' }
const text = { type: 'text', text: 'agp1.abc is a word here' }
const user = { role: 'user', content: 'go on' }
const said = (...content: object[]) => ({ role: 'assistant', content })

const SEALING: MountOptions = { upstreams: [{ name: 'gemini', accepts: { sealedThinking: true } }] }

async function sent(
  messages: object[],
  options: MountOptions = SEALING,
  mode: 'auto' | 'always' | 'never' = 'auto',
) {
  const { send, calls, dispose } = await mount(thinking({ mode }), options)
  const call = makeCall({ messages: messages as never })
  await send(call)
  await dispose()
  return { messages: calls[0]!.body.messages, isSame: calls[0]!.bytes.equals(call.bytes) }
}

describe('thinking that agproxy sealed', () => {
  it('goes to no other upstream', async () => {
    const { messages } = await sent([user, said(sealed, text, carrier, own), user])
    expect(messages).toEqual([user, said(text, own), user])
  })

  it('that is all of a turn takes the turn along', async () => {
    const { messages } = await sent([user, said(sealed, carrier), user, said(own, sealed)])
    expect(messages).toEqual([user, user, said(own)])
  })

  it('goes back to an upstream that can read it', async () => {
    const accepts = { sealedThinking: true }
    expect((await sent([user, said(sealed, text)], { ...SEALING, accepts })).isSame).toBe(true)
  })

  it('is looked for only where an upstream of the chain seals', async () => {
    expect((await sent([user, said(sealed, text)], {})).isSame).toBe(true)
    expect((await sent([user, said(sealed, text)], {}, 'always')).messages).toEqual([user, said(text)])
    expect((await sent([user, said(sealed, text)], SEALING, 'never')).isSame).toBe(true)
  })

  it.each([
    ['thinking of others', said(own, text)],
    ['the same letters in a text', said(text)],
    [
      'in the input of a tool',
      said({ type: 'tool_use', id: 'a', name: 'b', input: { data: 'agp1.x', type: 'thinking' } }),
    ],
    ['content that is no list', { role: 'assistant', content: 'agp1.' }],
  ])('is no %s', async (_, message) => {
    expect((await sent([user, message])).isSame).toBe(true)
  })
})
