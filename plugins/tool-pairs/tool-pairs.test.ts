import { describe, expect, it } from 'vitest'
import type { Accepts, Message } from '../../core/index.js'
import { makeCall, mount } from '../../testing.js'
import { toolPairs } from './index.js'

const STRICT = { unpairedTools: false, emptyResults: false } satisfies Partial<Accepts>

const text = (value: string) => ({ type: 'text', text: value })
const use = (id: string) => ({ type: 'tool_use', id, name: 'Bash', input: { command: 'ls' } })
const result = (id: string, content: unknown = 'x') => ({ type: 'tool_result', tool_use_id: id, content })
const user = (...content: object[]) => ({ role: 'user', content }) as unknown as Message
const assistant = (...content: object[]) => ({ role: 'assistant', content }) as unknown as Message
const SYSTEM = { role: 'system', content: 'Be brief.' }
const missing = (id: string) => ({
  ...result(id, 'There is no result: the call was interrupted.'),
  is_error: true,
})
const ORPHANED = text('The result of a tool call that is no longer part of this conversation:')

async function sent(
  messages: readonly Message[],
  accepts: Partial<Accepts> = STRICT,
  mode?: 'always' | 'never',
) {
  const plugin = await mount(toolPairs(mode && { mode }), { accepts })
  await plugin.send({ messages })
  return plugin.calls[0]!
}

describe('for an upstream that wants pairs', () => {
  it.each<[string, Message[], Message[]]>([
    [
      'a call without a result gets one that says so',
      [user(text('go')), assistant(use('a'), use('b')), user(result('b'), text('next'))],
      [user(text('go')), assistant(use('a'), use('b')), user(result('b'), missing('a'), text('next'))],
    ],
    [
      'also where the user only said something',
      [assistant(use('a')), { role: 'user', content: 'stop' }],
      [assistant(use('a')), user(missing('a'), text('stop'))],
    ],
    ['and at the end of the conversation', [assistant(use('a'))], [assistant(use('a')), user(missing('a'))]],
    [
      'a result without its call becomes text, and what it holds stays',
      [
        user(
          result('a', [
            text('out'),
            { type: 'image', source: {} },
            { type: 'tool_reference', tool_name: 'x' },
          ]),
        ),
      ],
      [user(ORPHANED, text('out'), { type: 'image', source: {} })],
    ],
    [
      'a second result of one call too',
      [assistant(use('a')), user(result('a'), result('a', 'y'))],
      [assistant(use('a')), user(result('a'), ORPHANED, text('y'))],
    ],
    [
      'results come before the rest',
      [assistant(use('a'), use('b')), user(text('hm'), result('a')), user(result('b'))],
      [assistant(use('a'), use('b')), user(result('a'), result('b'), text('hm'))],
    ],
    [
      'an id that was used before gets a number, in the call and in its result',
      [
        assistant(use('a')),
        user(result('a')),
        assistant(use('a'), use('a')),
        user(result('a', '1'), result('a', '2')),
      ],
      [
        assistant(use('a')),
        user(result('a')),
        assistant(use('a_2'), use('a_3')),
        user(result('a_2', '1'), result('a_3', '2')),
      ],
    ],
    [
      'a result without content gets some',
      [assistant(use('a'), use('b')), user(result('a', []), { type: 'tool_result', tool_use_id: 'b' })],
      [assistant(use('a'), use('b')), user(result('a', '(no output)'), result('b', '(no output)'))],
    ],
    [
      'a system entry between a call and its result parts nothing',
      [assistant(use('a')), SYSTEM, user(result('a'), result('a'))],
      [assistant(use('a')), SYSTEM, user(result('a'), ORPHANED, text('x'))],
    ],
  ])('%s', async (_, given, expected) => {
    expect((await sent(given)).body.messages).toEqual(expected)
  })

  it.each<[string, Message[]]>([
    [
      'calls and results in order',
      [assistant(text('a'), use('a'), use('b')), user(result('b'), result('a'), text('ok'))],
    ],
    [
      'over several messages',
      [assistant(use('a')), assistant(use('b')), user(result('a')), user(result('b'), text('ok'))],
    ],
    [
      'calls of server tools',
      [assistant({ type: 'server_tool_use', id: 's', name: 'web_search', input: {} })],
    ],
    ['content of odd types', [assistant(use('a')), { role: 'user', content: 7 } as never]],
    [
      'texts',
      [
        { role: 'user', content: 'a' },
        { role: 'assistant', content: 'b' },
      ],
    ],
  ])('%s stay as the bytes that came', async (_, messages) => {
    const plugin = await mount(toolPairs, { accepts: STRICT })
    const call = makeCall({ messages })
    await plugin.send(call)
    expect(plugin.calls[0]!.bytes).toBe(call.bytes)
  })

  it('says in the record what it did, without ids and texts', async () => {
    const call = await sent([user(text('secret')), assistant(use('a'), use('b'))])
    expect(call.record.notes).toEqual([
      { plugin: 'tool-pairs', text: 'messages[1]: a call without a result got one, and 1 more' },
    ])
  })

  it('works in one pass over many calls of one id', async () => {
    const many = Array.from({ length: 20_000 }, () => use('a'))
    const started = performance.now()
    const { body } = await sent([assistant(...many)])
    expect((body.messages[1]!.content as unknown[]).length).toBe(20_000)
    expect(performance.now() - started).toBeLessThan(5_000)
  })
})

describe('for an upstream with an alphabet for ids', () => {
  it('ids of another upstream are spelt in it, in calls and results', async () => {
    const given = [assistant(use('functions.Read:0')), user(result('functions.Read:0'))]
    const { body } = await sent(given, { toolIdCharacters: 'a-zA-Z0-9_-' })
    expect(body.messages).toEqual([assistant(use('functions_Read_0')), user(result('functions_Read_0'))])
  })
})

describe('modes', () => {
  const broken = [assistant(use('a'))]
  it('auto leaves it to the upstream where nothing is known', async () => {
    expect((await sent(broken, {})).body.messages).toEqual(broken)
  })
  it('always and never do not ask the upstream', async () => {
    expect((await sent(broken, {}, 'always')).body.messages).toHaveLength(2)
    expect((await sent(broken, STRICT, 'never')).body.messages).toEqual(broken)
  })
})
