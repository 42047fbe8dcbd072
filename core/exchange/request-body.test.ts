import { describe, expect, it } from 'vitest'
import { growth, LINEAR } from '../../test/support/growth.js'
import { makeCall } from '../../testing.js'
import { sessionOf } from '../accounts/session-id.js'
import type { Message } from '../contract/messages.js'
import { withoutMembers } from '../json/edit.js'
import { RequestCall } from './call.js'

const without = (call: ReturnType<typeof makeCall>, name: string) =>
  call.edit(withoutMembers(call.tree, (key) => key.is(name)))

it('a field that was cut out and then set again leaves valid JSON with the new value', () => {
  const call = without(makeCall({ metadata: { user_id: 'x' }, stream: true }), 'metadata')
  const { bytes } = call.set({ metadata: { user_id: 'y' }, stream: false })
  expect(JSON.parse(bytes.toString())).toMatchObject({ metadata: { user_id: 'y' }, stream: false })
})

it('a scalar that was cut out is gone at once, before anybody reads the bytes', () => {
  expect(without(makeCall({ stream: true }), 'stream').stream).toBe(false)
})

it.each(['zai:a\r\nx: 1', 'a\u0000', 'a\u007f', 'a'.repeat(257)])(
  'a model name with control characters, or too long, is a 400: %j',
  (model) => {
    expect(() => makeCall({ model }).tree).toThrow(/model: Input should be at most 256 characters/)
  },
)

it.each(['zai:\u017e', 'モデル', 'a b', '🦊'.repeat(256)])(
  'a model name may be in any script: %j',
  (model) => {
    expect(makeCall({ model }).model).toBe(model)
  },
)

it('a long user id made to be slow is passed over', () => {
  const call = makeCall({ metadata: { user_id: `${'_session_'.repeat(40_000)}!` } })
  const before = performance.now()
  expect(sessionOf(call)).toBeUndefined()
  expect(performance.now() - before).toBeLessThan(500)
})

it('an undefined value takes a field out, in a body of bytes, an edited one and one that a plugin made', () => {
  const came = makeCall({ temperature: 1, top_k: 3, stream: true })
  const calls = [
    came,
    came.set({ top_k: 4, temperature: 0 }),
    without(came, 'stream'),
    came.with({ body: { ...came.body } }),
  ]
  for (const call of calls) {
    const next = call.set({ temperature: undefined, top_k: 5, top_p: undefined })
    const sent = JSON.parse(next.bytes.toString())
    expect(sent).toEqual({ ...JSON.parse(call.bytes.toString()), temperature: undefined, top_k: 5 })
    expect('temperature' in sent).toBe(false)
    expect(next.body.temperature).toBeUndefined()
    expect(JSON.parse(next.set({ temperature: 2 }).bytes.toString())).toEqual({ ...sent, temperature: 2 })
  }
  expect(() => came.set({ model: undefined })).toThrow(/needs 'model'/)
  expect(() => came.set({ messages: undefined, top_k: 1 })).toThrow(/needs 'messages'/)
})

describe('time grows in proportion', () => {
  const marked = (size: number) => {
    const content = [{ type: 'text', text: 'a', cache_control: {} }]
    const roles = ['user', 'assistant']
    const messages = Array.from({ length: size }, (_, i) => ({ role: roles[i % 2]!, content }))
    const call = makeCall({ messages: messages as Message[] })
    const edits = call.tree
      .get('messages')!
      .items()
      .map((message) => message.get('content')!.items()[0]!)
      .flatMap((block) => withoutMembers(block, (key) => key.is('cache_control')))
    return { call, edits }
  }

  it('to the messages that were edited, for their roles', () => {
    const roles = ({ call, edits }: ReturnType<typeof marked>) => call.edit(edits).roles
    const { call, edits } = marked(3)
    expect(roles({ call, edits })).toEqual(['user', 'assistant', 'user'])
    expect(growth(2_000, marked, roles)).toBeLessThan(LINEAR)
  })

  it('to the edits within one message, for the roles', () => {
    const crowded = (size: number) => {
      const blocks = Array.from({ length: size }, () => ({ type: 'text', text: 'a', cache_control: {} }))
      const fields = Object.fromEntries(Array.from({ length: size }, (_, i) => [`k${i}`, 0]))
      const call = makeCall({ messages: [{ role: 'user', content: blocks, ...fields }] })
      const edits = call.tree
        .get('messages')!
        .items()[0]!
        .get('content')!
        .items()
        .flatMap((block) => withoutMembers(block, (key) => key.is('cache_control')))
      return { call, edits }
    }
    expect(growth(1_000, crowded, ({ call, edits }) => call.edit(edits).roles)).toBeLessThan(LINEAR)
  })

  it('to the edits of a field that is then replaced, and of those behind it', () => {
    const filled = (size: number) => {
      const blocks = Array.from({ length: size }, () => ({ type: 'text', text: 'a' }))
      const call = makeCall({ messages: [{ role: 'user', content: blocks }], tools: blocks as never })
      const lists = [call.tree.get('messages')!.items()[0]!.get('content')!, call.tree.get('tools')!]
      const edits = lists
        .flatMap((list) => list.items())
        .map((block) => block.get('text')!)
        .map(({ start, end }) => ({ start, end, text: '"b"' }))
      return { call, edits }
    }
    const replaced = ({ call, edits }: ReturnType<typeof filled>) =>
      call.edit(edits).set({ messages: [] }).bytes
    const { messages, tools } = JSON.parse(replaced(filled(2)).toString())
    expect([messages, tools[1]]).toEqual([[], { type: 'text', text: 'b' }])
    expect(growth(4_000, filled, replaced)).toBeLessThan(LINEAR)
  })
})

it('edits that leave the messages’ own fields change the roles', () => {
  const call = makeCall({
    messages: [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b' },
      { role: 'user', content: 'c' },
    ],
  })
  const [first, second, third] = call.tree.get('messages')!.items()
  const rename = (role: string, { start, end }: { start: number; end: number }) =>
    call.edit([{ start, end, text: `"${role}"` }]).roles
  expect(rename('system', second!.get('role')!)).toEqual(['user', 'system', 'user'])
  expect(rename('x', third!.get('content')!)).toEqual(['user', 'assistant', 'user'])
  const edits = [
    { start: second!.end, end: third!.end, text: '' },
    { start: first!.get('content')!.start, end: first!.get('content')!.end, text: '"z"' },
  ]
  expect(call.edit(edits).roles).toEqual(['user', 'assistant'])
})

it('what was compacted is made again, the same', () => {
  const call = makeCall({ system: 'one', messages: [{ role: 'user', content: 'hi' }] })
  const first = call.edit([
    { start: call.tree.get('system')!.start, end: call.tree.get('system')!.end, text: '"two"' },
  ])
  const second = first
    .edit([...withoutMembers(first.tree, (key) => key.is('max_tokens'))])
    .set({ model: 'other' })
  const seen = () =>
    [first, second].map(({ bytes, body, model, roles }) => [String(bytes), { ...body }, model, roles])
  const before = seen()
  const { system } = first.body
  RequestCall.bodyOf(second)!.compact()
  expect(seen()).toEqual(before)
  expect(first.body.system).toBe(system)
})
