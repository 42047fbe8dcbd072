import { describe, expect, it } from 'vitest'
import { makeCall } from '../../testing.js'
import type { Call } from '../contract/call.js'
import type { Change } from '../contract/change.js'
import { withoutItems, withoutMembers } from '../json/edit.js'
import { changesBetween, undeclared } from './changes.js'

const text = (words: string, more: object = {}) => ({ type: 'text', text: words, ...more })
const MESSAGES = [
  { role: 'user', content: [text('one', { cache_control: { type: 'ephemeral' } })] },
  { role: 'assistant', content: [text('two')] },
  { role: 'system', content: 'a reminder' },
  { role: 'user', content: [text('three'), text('four')] },
]
const call = makeCall({ messages: MESSAGES as never, max_tokens: 100, metadata: { user_id: 'canary' } })
const messages = (of: Call) => of.tree.get('messages')!
const paths = (changes: readonly Change[]) => changes.map(({ path }) => path)

/** The same change, made as a splice and as a body of its own. */
const asBody = (changed: Call) => call.with({ body: JSON.parse(changed.bytes.toString()) })

describe('changes between two calls', () => {
  it('are none for the same body, whatever else was made anew', () => {
    expect(changesBetween(call, call)).toEqual([])
    expect(changesBetween(call, call.with({}))).toEqual([])
    expect(changesBetween(call, call.with({ limits: { firstEvent: 1, idle: 2 } }))).toMatchObject([
      { path: 'limits' },
    ])
  })

  it('never take the positions of a body that nobody looked at, nor its bytes', () => {
    const broken = makeCall({}, { bytes: Buffer.from('{') })
    expect(changesBetween(broken, broken.with({ query: '?a' }))).toEqual([
      { path: 'query', before: '', after: '?a' },
    ])
  })

  const removed = call.edit(withoutItems(messages(call), (_, i) => i === 2))
  it.each([
    ['a splice', removed],
    ['a new body', asBody(removed)],
  ])('one removed message is one line, by %s', (_how, changed) => {
    expect(changesBetween(call, changed, { texts: true })).toEqual([
      { path: 'messages[2]', before: '{"role":"system","content":"a reminder"}' },
    ])
  })

  const block = messages(call).items()[0]!.get('content')!.items()[0]!
  const unmarked = call.edit(withoutMembers(block, (key) => key.is('cache_control')))
  it.each([
    ['a splice', unmarked],
    ['a new body', asBody(unmarked)],
  ])('a removed field has its path and its value, by %s', (_how, changed) => {
    expect(changesBetween(call, changed)).toEqual([
      { path: 'messages[0].content[0].cache_control', before: '{"type":"ephemeral"}' },
    ])
  })

  it('new values of fields have both', () => {
    const changed = call.set({ max_tokens: 5, stream: true, temperature: 1 })
    const wanted = [
      { path: 'max_tokens', before: '100', after: '5' },
      { path: 'stream', after: 'true' },
      { path: 'temperature', after: '1' },
    ]
    expect(changesBetween(call, changed)).toEqual(wanted)
    expect(changesBetween(call, asBody(changed))).toEqual(wanted)
    // Of two that were set one after the other, only the second.
    expect(changesBetween(changed, changed.set({ max_tokens: 6 }))).toEqual([
      { path: 'max_tokens', before: '5', after: '6' },
    ])
    expect(changesBetween(call, call.set({ max_tokens: 100 }))).toEqual([])
  })

  it('what is put between, in place of something, or inside of a text', () => {
    const [first, second] = messages(call).items()
    const added = [
      { start: first!.end, end: first!.end, text: ',{"role":"assistant","content":"so"}' },
      { start: second!.get('content')!.start, end: second!.get('content')!.end, text: '"2"' },
    ]
    expect(changesBetween(call, call.edit(added), { texts: true })).toEqual([
      { path: 'messages[1]', after: '{"role":"assistant","content":"so"}' },
      { path: 'messages[1].content', before: '[{"type":"text","text":"two"}]', after: '"2"' },
    ])
    const word = second!.get('content')!.items()[0]!.get('text')!
    const inside = [{ start: word.start + 1, end: word.start + 4, text: 'zwei' }]
    expect(changesBetween(call, call.edit(inside), { texts: true })).toEqual([
      { path: 'messages[1].content[0].text', before: '"two"', after: '"zwei"' },
    ])
  })

  it('headers, without what may be a credential', () => {
    const given = call.with({ headers: { 'anthropic-beta': 'a', 'x-my-token': 'secret-canary' } })
    const changed = given.with({ headers: { 'anthropic-beta': 'a,b' } })
    expect(changesBetween(given, changed)).toEqual([
      { path: 'headers.anthropic-beta', before: 'a', after: 'a,b' },
      { path: 'headers.x-my-token', before: '‹hidden›' },
    ])
  })
})

describe('what is shown', () => {
  const secret = makeCall({
    system: [text('canary-1')] as never,
    metadata: { user_id: 'canary-2' },
    messages: [
      {
        role: 'assistant',
        content: [{ type: 'tool_use', id: 'canary-3', name: 'x', input: { canary4: 1 } }],
      },
      { role: 'user', content: 'canary-5' },
    ] as never,
    'canary-6': 'canary-7',
  })
  const emptied = secret.with({ body: { model: 'm', messages: [] } as never })

  it('is no word of anybody, in values and in paths', () => {
    const changes = changesBetween(secret, emptied)
    expect(paths(changes)).toContain('messages[1]')
    expect(JSON.stringify(changes).replaceAll('canary-6', '')).not.toContain('canary')
    expect(changes.find(({ path }) => path === 'messages[1]')!.before).toBe('{"role":"user","content":‹8›}')
  })

  it('is the words where they are wanted, but never the user’s id', () => {
    const told = JSON.stringify(changesBetween(secret, emptied, { texts: true }))
    for (const n of [1, 3, 4, 5]) expect(told).toMatch(new RegExp(`canary-?${n}`))
    expect(told).not.toContain('canary-2')
  })

  it('is at most 200 characters of a value and 50 changes, however large the bodies', () => {
    const many = Array.from({ length: 20_000 }, (_, i) => ({ role: 'user', content: 'x'.repeat(i % 300) }))
    const large = makeCall({ messages: many })
    const other = large.with({
      body: { ...large.body, messages: many.map((m) => ({ ...m, content: `${m.content}y` })) },
    })
    const dropped = large.edit(withoutItems(messages(large), (_, i) => i % 2 === 0))
    for (const changed of [other, dropped]) {
      const changes = changesBetween(large, changed, { texts: true })
      expect(changes).toHaveLength(51)
      for (const { before = '', after = '' } of changes)
        expect(Math.max(before.length, after.length)).toBeLessThanOrEqual(200)
    }
  })
})

it('what a plugin touches covers all below it, and nothing beside it', () => {
  const touched = (path: string, ...touches: string[]) => undeclared([{ path }], touches).length === 0
  expect(touched('messages[3].content[0].cache_control', 'messages[*].content[*].cache_control')).toBe(true)
  expect(touched('messages[3].content[0].cache_control', 'messages')).toBe(true)
  expect(touched('messages[3]', 'messages[*].content')).toBe(false)
  expect(touched('max_tokens', 'max')).toBe(false)
  expect(touched('messages[3].x', '*')).toBe(true)
  expect(touched('headers.anthropic-beta', 'max_tokens')).toBe(true)
  expect(undeclared([{ path: 'model' }], undefined)).toEqual([])
})
