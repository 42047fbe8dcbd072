import { describe, expect, it } from 'vitest'
import type { Accepts, MessagesRequest } from '../../core/index.js'
import { makeCall, mount } from '../../testing.js'
import { systemRole } from './index.js'

const user = (content: unknown) => ({ role: 'user', content })
const assistant = (content: unknown) => ({ role: 'assistant', content })
const system = (content: unknown, more: object = {}) => ({ role: 'system', content, ...more })
const text = (value: string, more: object = {}) => ({ type: 'text', text: value, ...more })
const reminder = (value: string, more: object = {}) =>
  text(`<system-reminder>\n${value}\n</system-reminder>`, more)
const result = (id: string) => ({ type: 'tool_result', tool_use_id: id, content: 'ok' })
const use = (id: string) => ({ type: 'tool_use', id, name: 'Bash', input: {} })
const MARK = { cache_control: { type: 'ephemeral' } }

async function sent(
  body: object,
  systemMessages: Accepts['systemMessages'] = false,
  mode: 'auto' | 'always' | 'never' = 'auto',
) {
  const plugin = await mount(systemRole({ mode }), { accepts: { systemMessages } })
  const call = makeCall(body as Partial<MessagesRequest>)
  await plugin.send(call)
  const [out] = plugin.calls
  return { call, bytes: out!.bytes, body: out!.body, notes: call.record.notes }
}
const messages = async (...given: object[]) => (await sent({ messages: given })).body.messages

describe('an entry becomes text', () => {
  it('at the end of the user message before it', async () => {
    expect(await messages(user([text('a')]), system('b'), assistant('c'))).toEqual([
      user([text('a'), reminder('b')]),
      assistant('c'),
    ])
  })

  it('with the string before it as a block', async () => {
    expect(await messages(user('a'), system('b'))).toEqual([user([text('a'), reminder('b')])])
    expect(await messages(user(''), system('b'))).toEqual([user([reminder('b')])])
  })

  it('of the user message behind it, where none stands before it', async () => {
    expect(await messages(user('a'), assistant('b'), system('c'), user('d'))).toEqual([
      user('a'),
      assistant('b'),
      user([reminder('c'), text('d')]),
    ])
  })

  it('behind tool results, which must come first', async () => {
    expect(
      await messages(
        user('a'),
        assistant([use('1'), use('2')]),
        system('b'),
        user([result('1'), result('2'), text('c')]),
      ),
    ).toEqual([
      user('a'),
      assistant([use('1'), use('2')]),
      user([result('1'), result('2'), reminder('b'), text('c')]),
    ])
    expect(
      await messages(user('a'), assistant([use('1')]), system('b'), user([result('1')]), system('c')),
    ).toEqual([user('a'), assistant([use('1')]), user([result('1'), reminder('b'), reminder('c')])])
  })

  it('of a message of its own between two of the assistant, and at the end', async () => {
    expect(await messages(user('a'), assistant('b'), system('c'), assistant('d'), system('e'))).toEqual([
      user('a'),
      assistant('b'),
      user([reminder('c')]),
      assistant('d'),
      user([reminder('e')]),
    ])
  })

  it('beside messages whose content is neither text nor blocks', async () => {
    expect(await messages(user(7), system('a'), user(null))).toEqual([
      user(7),
      user([reminder('a')]),
      user(null),
    ])
  })

  it('each of several, in order', async () => {
    expect(await messages(user('a'), system('b'), system('c'), user('d'), system('e'))).toEqual([
      user([text('a'), reminder('b'), reminder('c')]),
      user([text('d'), reminder('e')]),
    ])
  })

  it('one text for a list of texts, with the last cache_control', async () => {
    expect(await messages(user('a'), system([text('b'), text(''), text('c', MARK)]))).toEqual([
      user([text('a'), reminder('b\n\nc', MARK)]),
    ])
  })

  it('without a second reminder around what is one', async () => {
    const own = '<system-reminder>x</system-reminder>'
    expect(await messages(user('a'), system(own))).toEqual([user([text('a'), text(own)])])
  })

  it('or nothing, where it says nothing', async () => {
    expect(await messages(user('a'), system(''), system([]), { role: 'system' })).toEqual([user('a')])
  })
})

it('the same bytes, whether the client sends a list of one text or a string', async () => {
  const said = 'über\n"x"'
  const list = await sent({ messages: [user([text('a')]), system([text(said)]), assistant('b')] })
  const string = await sent({ messages: [user([text('a')]), system(said), assistant('b')] })
  expect(list.bytes).toEqual(string.bytes)
})

describe('entries at the beginning', () => {
  const begin = [system('a'), system([text('b')]), user('c'), assistant('d'), user('e'), system('f')]

  it('join system, where a beginning is what is refused, and the others stay', async () => {
    const { body } = await sent({ system: 's', messages: begin }, 'not-first')
    expect(body.system).toEqual([text('s'), text('a'), text('b')])
    expect(body.messages).toEqual(begin.slice(2))
  })

  it('join system where the role is refused', async () => {
    const { body, notes } = await sent({ system: [text('s', MARK)], messages: begin })
    expect(body.system).toEqual([text('s', MARK), text('a'), text('b')])
    expect(body.messages).toEqual([user('c'), assistant('d'), user([text('e'), reminder('f')])])
    expect(notes).toEqual([
      {
        plugin: 'system-role',
        text: "1 system messages became text of the user's, 2 joined system: the upstream takes no such role",
      },
    ])
  })

  it('make a system where there is none', async () => {
    const { body } = await sent({ messages: begin.slice(0, 3) })
    expect(body.system).toEqual([text('a'), text('b')])
  })

  it('leave one message to a conversation of nothing else', async () => {
    const { body } = await sent({ messages: [system('a'), system('b')] }, 'not-first')
    expect(body.system).toEqual([text('a')])
    expect(body.messages).toEqual([user([reminder('b')])])
  })
})

describe('tools of an entry', () => {
  const defines = (name: string) => ({
    type: 'tool_addition',
    tool: { type: 'tool_definition', definition: { name, input_schema: { type: 'object' } } },
  })
  const names = { type: 'tool_addition', tool: { type: 'tool_reference', name: 'known' } }

  it('that it defines are declared, each once', async () => {
    const { body } = await sent({
      tools: [{ name: 'known' }],
      messages: [user('a'), system([text('b'), defines('new'), names, defines('known'), defines('new')])],
    })
    expect(body.tools).toEqual([{ name: 'known' }, { name: 'new', input_schema: { type: 'object' } }])
    expect(body.messages).toEqual([user([text('a'), reminder('b')])])
  })

  it('that it defines are declared where none were', async () => {
    const { body } = await sent({ messages: [system([defines('new')]), user('a')] })
    expect(body.tools).toEqual([{ name: 'new', input_schema: { type: 'object' } }])
    expect(body.messages).toEqual([user('a')])
    expect(body.system).toBeUndefined()
  })
})

describe('in the chain', () => {
  const body = { messages: [user('a'), system('b')] }

  it('auto acts for an upstream that refuses the role, and not for one that takes it', async () => {
    const untouched = await sent(body, true)
    expect(untouched.bytes).toBe(untouched.call.bytes)
    const notFirst = await sent(body, 'not-first')
    expect(notFirst.bytes).toBe(notFirst.call.bytes)
    expect(notFirst.notes).toEqual([])
  })

  it('always and never do not ask the upstream', async () => {
    expect((await sent(body, true, 'always')).body.messages).toHaveLength(1)
    expect((await sent(body, false, 'never')).body.messages).toHaveLength(2)
  })

  it("keeps the client's bytes where there is no such entry", async () => {
    const { bytes, call } = await sent({ messages: [user('a'), assistant('b')] })
    expect(bytes).toBe(call.bytes)
  })

  it('has each entry in the same place, as a conversation grows', async () => {
    const turns = [
      user('a'),
      system([text('s1')]),
      assistant([use('1')]),
      user([result('1'), text('b')]),
      system([text('s2')]),
      assistant([text('c')]),
      system('s3'),
      user('d'),
      assistant([text('e')]),
      user([text('f')]),
      system('s4'),
    ]
    let before: string[] = []
    for (let end = 1; end <= turns.length; end++) {
      const { body } = await sent({ messages: turns.slice(0, end) })
      const now = body.messages.flatMap(({ role, content }) =>
        (typeof content === 'string' ? [text(content)] : content).map((block) =>
          JSON.stringify([role, block]),
        ),
      )
      expect(now.slice(0, before.length)).toEqual(before)
      before = now
    }
    expect(before).toHaveLength(12)
  })
})
