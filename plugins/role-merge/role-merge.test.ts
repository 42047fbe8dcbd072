import { describe, expect, it } from 'vitest'
import type { Message, MessagesRequest } from '../../core/index.js'
import { decodedShare, makeCall, mount } from '../../testing.js'
import { roleMerge } from './index.js'
import * as merge from './merge.js'

/** The messages as the upstream gets them; the very same list when there is nothing to join. */
function mergeRoles(messages: readonly Message[]): readonly Message[] {
  const call = makeCall({ messages })
  const edits = merge.mergeRoles(call.tree.get('messages')!.items(), call.roles)
  if (edits.length === 0) return messages
  return JSON.parse(call.edit(edits).bytes.toString('utf8')).messages
}

const text = (value: string) => ({ type: 'text', text: value })
const user = (content: unknown, more: object = {}) => ({ role: 'user', content, ...more }) as Message
const assistant = (content: unknown) => ({ role: 'assistant', content }) as Message
const SYSTEM = { role: 'system', content: 'Be brief.', output_config: { effort: 'low' } }
const RESULT = { type: 'tool_result', tool_use_id: 't', content: 'x' }

describe('joins neighbours of the same role', () => {
  it.each<[string, Message[], Message[]]>([
    ['strings, with a blank line', [user('a'), user('b'), user('c')], [user('a\n\nb\n\nc')]],
    [
      'lists, one behind the other',
      [user([text('a')]), user([RESULT, text('b')])],
      [user([text('a'), RESULT, text('b')])],
    ],
    ['a string and a list, as blocks', [user('a'), user([RESULT])], [user([text('a'), RESULT])]],
    [
      'a list and strings, as blocks',
      [user([RESULT]), user('a'), user('b')],
      [user([RESULT, text('a'), text('b')])],
    ],
    [
      'strings before a list, as the text they would be without it',
      [user('a'), user('b'), user([RESULT])],
      [user([text('a\n\nb'), RESULT])],
    ],
    [
      'assistant messages too',
      [user('a'), assistant('b'), assistant([text('c')]), user('d')],
      [user('a'), assistant([text('b'), text('c')]), user('d')],
    ],
    [
      'with the fields of the first',
      [user('a', { id: 1 }), user('b', { id: 2, extra: true })],
      [user('a\n\nb', { id: 1 })],
    ],
    [
      'without reordering tool results',
      [user([text('a')]), user([RESULT]), user('b')],
      [user([text('a'), RESULT, text('b')])],
    ],
    ['an empty list', [user([]), user('a')], [user([text('a')])]],
  ])('%s', (_, given, expected) => {
    expect(mergeRoles(given)).toEqual(expected)
  })
})

describe('keeps apart', () => {
  it.each<[string, Message[]]>([
    ['different roles', [user('a'), assistant('b'), user('c')]],
    ['a system entry behind a user message', [user('a'), SYSTEM]],
    ['system entries', [user('a'), SYSTEM, SYSTEM, SYSTEM]],
    ['user messages around a system entry', [user('a'), SYSTEM, user('b')]],
    ['a message without content', [user('a'), { role: 'user' } as Message, user('b')]],
    ['content of odd types', [user('a'), user(null), user(7), user({ type: 'text', text: 'b' })]],
    ['nothing at all', []],
  ])('%s', (_, messages) => {
    expect(mergeRoles(messages)).toBe(messages)
  })
})

describe('in the chain', () => {
  const body = { messages: [user('a'), user('b'), assistant('c')] } satisfies Partial<MessagesRequest>
  const roles = async (mode: 'auto' | 'always' | 'never' | undefined, consecutiveRoles: boolean) => {
    const plugin = await mount(roleMerge(mode && { mode }), { accepts: { consecutiveRoles } })
    await plugin.send(body)
    return plugin.calls[0]!.body.messages.map((message) => message.role).join(' ')
  }

  it('auto acts for an upstream that does not take neighbours, and not for one that does', async () => {
    expect(await roles(undefined, false)).toBe('user assistant')
    expect(await roles('auto', true)).toBe('user user assistant')
  })

  it('always and never do not ask the upstream', async () => {
    expect(await roles('always', true)).toBe('user assistant')
    expect(await roles('never', false)).toBe('user user assistant')
  })

  it("the client's bytes go on when there is nothing to join", async () => {
    const plugin = await mount(roleMerge({ mode: 'always' }))
    const bytes = Buffer.from('{ "model": "m", "messages": [ { "role": "user", "content": "a" } ] }')
    await plugin.send(makeCall({}, { bytes }))
    expect(plugin.calls[0]!.bytes).toBe(bytes)
  })

  it('does not decode a body that is not its business', async () => {
    const plugin = await mount(roleMerge)
    const call = makeCall(body)
    await plugin.send(call)
    expect(plugin.calls[0]!.bytes).toBe(call.bytes)
    expect(decodedShare(plugin.calls[0]!)).toBe(0)
  })

  it('keeps every other field of the body, in its place', async () => {
    const plugin = await mount(roleMerge({ mode: 'always' }))
    const call = makeCall({ ...body, system: 's', tools: [{ name: 'x' }], unknown: { a: [1] } } as never)
    await plugin.send(call)
    const sent = plugin.calls[0]!.bytes.toString()
    expect(sent).toBe(
      call.bytes
        .toString()
        .replace(
          '{"role":"user","content":"a"},{"role":"user","content":"b"}',
          '{"role":"user","content":"a\\n\\nb"}',
        ),
    )
  })
})
