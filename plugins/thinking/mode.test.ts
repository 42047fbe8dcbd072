import { describe, expect, it } from 'vitest'
import type { Accepts, MessagesRequest } from '../../core/index.js'
import { makeCall, mount } from '../../testing.js'
import { thinking } from './index.js'

const user = (content: unknown) => ({ role: 'user', content })
const said = (...content: object[]) => ({ role: 'assistant', content })
const own = {
  type: 'thinking',
  thinking: 'hm',
  signature: 'EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pkiMOYds',
}
const foreign = { type: 'thinking', thinking: 'hm', signature: '0c5b1f6e-7f0b-4d58-9c0a-2f6a5a1f8a11' }
const use = (id = 'toolu_1') => ({ type: 'tool_use', id, name: 'Bash', input: {} })
const result = (id = 'toolu_1') => ({ type: 'tool_result', tool_use_id: id, content: 'ok' })
const text = (value: string) => ({ type: 'text', text: value })

const CLAUDE: Partial<Accepts> = { foreignSignatures: false }

async function sent(body: object, accepts: Partial<Accepts>, accounts: string[] = []) {
  const upstreams = accounts.map((name) => ({ name }))
  const plugin = await mount(thinking, {
    accepts,
    upstreams,
    accounts: accounts.map((upstream) => ({ id: upstream, upstream })),
  })
  const call = makeCall(body as Partial<MessagesRequest>)
  await plugin.send(call)
  const [out] = plugin.calls
  return { body: out!.body, bytes: out!.bytes, isSame: out!.bytes === call.bytes, notes: call.record.notes }
}

describe('the form in which thinking is asked for', () => {
  const adaptive = { type: 'adaptive', display: 'omitted' }

  it.each([
    ['low', 2_048],
    ['medium', 8_192],
    ['high', 16_384],
    ['xhigh', 32_768],
    ['max', 65_536],
    ['unheard-of', 16_384],
    [undefined, 16_384],
  ])('adaptive at effort %s is a budget of %i tokens', async (effort, budget) => {
    const { body } = await sent(
      { thinking: adaptive, max_tokens: 200_000, ...(effort && { output_config: { effort } }) },
      { adaptiveThinking: false },
    )
    expect(body.thinking).toEqual({ type: 'enabled', budget_tokens: budget, display: 'omitted' })
  })

  it('leaves half of what may be said for the answer', async () => {
    const { body, notes } = await sent({ thinking: adaptive, max_tokens: 8_000 }, { adaptiveThinking: false })
    expect(body.thinking).toMatchObject({ budget_tokens: 4_000 })
    expect(notes[0]!.text).toBe('thinking is enabled with 4000 tokens: the upstream takes no other form')
    const limited = await sent(
      { thinking: adaptive, max_tokens: 128_000 },
      { adaptiveThinking: false, maxTokens: 8_192 },
    )
    expect(limited.body.thinking).toMatchObject({ budget_tokens: 4_096 })
    const little = await sent({ thinking: adaptive, max_tokens: 1_500 }, { adaptiveThinking: false })
    expect(little.body.thinking).toMatchObject({ budget_tokens: 1_024 })
  })

  it('is none where there is no room for the least budget', async () => {
    const { body } = await sent({ thinking: adaptive, max_tokens: 1_024 }, { adaptiveThinking: false })
    expect(body.thinking).toBeUndefined()
  })

  it('a budget is adaptive where none is taken', async () => {
    const { body } = await sent(
      { thinking: { type: 'enabled', budget_tokens: 31_999 } },
      { enabledThinking: false },
    )
    expect(body.thinking).toEqual({ type: 'adaptive' })
  })

  it('is none where neither is taken, nor is what asks for none', async () => {
    const none = { adaptiveThinking: false, enabledThinking: false, disabledThinking: false }
    for (const type of ['adaptive', 'enabled', 'disabled'])
      expect((await sent({ thinking: { type } }, none)).body.thinking).toBeUndefined()
  })

  it('takes the clearing of thinking along when it is off', async () => {
    const clear = { type: 'clear_thinking_20251015', keep: 'all' }
    const tools = { type: 'clear_tool_uses_20250919' }
    const none = { adaptiveThinking: false, enabledThinking: false }
    const alone = await sent({ thinking: adaptive, context_management: { edits: [clear] } }, none)
    expect(alone.body).not.toHaveProperty('context_management')
    const both = await sent({ thinking: adaptive, context_management: { edits: [clear, tools] } }, none)
    expect(both.body.context_management).toEqual({ edits: [tools] })
  })

  it.each<[string, { thinking?: unknown }]>([
    ['what the upstream takes', { thinking: adaptive }],
    ['a form that no list knows', { thinking: { type: 'between_tools' } }],
    ['no thinking', {}],
    ['nonsense', { thinking: 7 }],
  ])('stays for %s', async (_, body) => {
    expect((await sent(body, body.thinking === adaptive ? {} : { adaptiveThinking: false })).isSame).toBe(
      true,
    )
  })
})

describe('foreign signatures', () => {
  const hex = 'a'.repeat(64)
  const openai = `gAAAAA${'b'.repeat(200)}`

  it.each<[string, object]>([
    ['a UUID', foreign],
    ['a digest', { ...own, signature: hex }],
    ['an encrypted reasoning', { ...own, signature: openai }],
    ['an empty one', { ...own, signature: '' }],
    ['none', { type: 'thinking', thinking: 'hm' }],
    ['no text', { ...own, signature: null }],
    ['redacted data of another', { type: 'redacted_thinking', data: 'x y' }],
  ])('%s goes nowhere but where it came from', async (_, block) => {
    const messages = [user('a'), said(block, text('b'), own), user('c')]
    const { body, notes } = await sent({ messages }, CLAUDE)
    expect(body.messages).toEqual([user('a'), said(text('b'), own), user('c')])
    expect(notes).toEqual([{ plugin: 'thinking', text: 'left out 1 blocks: signed by another upstream' }])
    expect((await sent({ messages }, {})).isSame).toBe(true)
  })

  it('stay where all of a session can only come from one upstream', async () => {
    const messages = [user('a'), said(foreign, text('b')), user('c')]
    expect((await sent({ messages }, CLAUDE, ['one'])).isSame).toBe(true)
    expect((await sent({ messages }, CLAUDE, ['one', 'other'])).isSame).toBe(false)
  })

  it('are none of Claude, however long the history', async () => {
    const long = { ...own, signature: `E${'qQ/+'.repeat(2_000)}==` }
    const redacted = { type: 'redacted_thinking', data: 'EmwKAhgBEgy3va3pzix/LafPsn4a' }
    const messages = [user('a'), said(own, long, redacted, text('b')), user('c')]
    expect((await sent({ messages }, CLAUDE)).isSame).toBe(true)
  })
})

describe('a session that moved in the middle of a tool loop', () => {
  const budget = { type: 'enabled', budget_tokens: 4_000 }
  const clear = { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] }
  const loop = (...blocks: object[]) => [
    user('a'),
    said(own, text('b')),
    user('c'),
    said(...blocks),
    user([result()]),
    { role: 'system', content: 's' },
  ]

  it('goes on without thinking for this turn', async () => {
    const body = { thinking: budget, context_management: clear, messages: loop(foreign, use()) }
    const { body: out, notes } = await sent(body, CLAUDE)
    expect(out).toEqual({ model: expect.any(String), messages: loop(use()) })
    expect(notes.at(-1)!.text).toBe('off for this turn: its tool calls began elsewhere')
  })

  it('also where the other upstream did not think', async () => {
    const { body } = await sent({ thinking: budget, messages: loop(use('call_1')) }, CLAUDE)
    expect(body.thinking).toBeUndefined()
  })

  it('thinks again with the next prompt', async () => {
    const messages = [...loop(foreign, use()).slice(0, 5), said(text('d')), user('e')]
    expect((await sent({ thinking: budget, messages }, CLAUDE)).body.thinking).toEqual(budget)
  })

  it.each<[string, object]>([
    ['a turn that began here', { thinking: budget, messages: loop(own, use('call_1')) }],
    ['calls of this upstream without thinking', { thinking: budget, messages: loop(use()) }],
    ['a text as the last word', { thinking: budget, messages: [user('a'), said(text('b')), user('c')] }],
  ])('is not %s', async (_, body) => {
    expect((await sent(body, CLAUDE)).isSame).toBe(true)
  })

  it('goes on with adaptive thinking, which does not ask for it', async () => {
    const { body } = await sent({ thinking: { type: 'adaptive' }, messages: loop(foreign, use()) }, CLAUDE)
    expect(body.thinking).toEqual({ type: 'adaptive' })
  })
})

describe('an upstream that wants thinking on tool calls', () => {
  const empty = { type: 'thinking', thinking: '', signature: '' }
  const messages = [
    user('a'),
    said(text('b'), use('1')),
    user([result('1')]),
    said(own, use('2')),
    user([result('2')]),
    said(text('c')),
    user('d'),
  ]

  it('gets an empty one where there is none, whether or not the client asks for thinking', async () => {
    for (const fields of [{}, { thinking: { type: 'enabled', budget_tokens: 2_000 } }]) {
      const { body } = await sent({ ...fields, messages }, { needsThinkingOnToolCalls: true })
      expect(body.messages).toEqual([messages[0], said(empty, text('b'), use('1')), ...messages.slice(2)])
    }
  })

  it('gets none with thinking off', async () => {
    const body = { thinking: { type: 'disabled' }, messages }
    expect((await sent(body, { needsThinkingOnToolCalls: true })).isSame).toBe(true)
  })

  it('gets none where no thinking is taken', async () => {
    const { body } = await sent({ messages }, { needsThinkingOnToolCalls: true, thinkingBlocks: false })
    expect(body.messages).toEqual(messages.map((m, i) => (i === 3 ? said(use('2')) : m)))
  })
})

it('redacted thinking alone goes where it alone is refused', async () => {
  const redacted = { type: 'redacted_thinking', data: 'EmwKAhgB' }
  const messages = [user('a'), said(own, redacted, text('b')), user('c')]
  const { body } = await sent({ messages }, { redactedThinking: false })
  expect(body.messages).toEqual([user('a'), said(own, text('b')), user('c')])
})
