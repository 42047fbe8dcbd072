import { describe, expect, it } from 'vitest'
import { growth, LINEAR } from '../../test/support/growth.js'
import { decodedShare, makeCall } from '../../testing.js'
import type { Content } from '../contract/messages.js'
import { sessionOf } from './session-id.js'
import { sessionKey } from './session-key.js'

const keyOf = (first: Content, system?: Content) =>
  sessionKey(
    makeCall({ ...(system !== undefined && { system }), messages: [{ role: 'user', content: first }] }),
  ).own
const reminder = (text: string) => `<system-reminder>${text}</system-reminder>`

describe('the key of a conversation without an id', () => {
  it.each<[string, Content, Content]>([
    ['reminders', `${reminder('10:00')}hello${reminder('a')}`, `${reminder('10:01')}hello${reminder('b')}`],
    [
      'a marker on an image',
      [{ type: 'image', source: { type: 'base64', data: 'AAAA' } }],
      [{ type: 'image', source: { type: 'base64', data: 'AAAA' }, cache_control: { type: 'ephemeral' } }],
    ],
    ['a marker on a text', [{ type: 'text', text: 'a' }], [{ cache_control: {}, type: 'text', text: 'a' }]],
    [
      'the billing line',
      [
        { type: 'text', text: 'x-anthropic-billing-header: 1' },
        { type: 'text', text: 'a' },
      ],
      [
        { type: 'text', text: 'x-anthropic-billing-header: 2' },
        { type: 'text', text: 'a' },
      ],
    ],
  ])('is the same whatever %s', (_what, one, other) => {
    expect(keyOf(one)).toBe(keyOf(other))
    expect(keyOf('hi', one)).toBe(keyOf('hi', other))
  })

  it.each<[string, Content, Content]>([
    ['texts', 'hello', 'hullo'],
    ['text behind a reminder', `${reminder('a')}b`, `${reminder('a')}c`],
    ['text behind a reminder without an end', `a<system-reminder>b`, `a<system-reminder>c`],
    ['images', [{ type: 'image', source: { data: 'AAAA' } }], [{ type: 'image', source: { data: 'AAAB' } }]],
  ])('differs with %s', (_what, one, other) => {
    expect(keyOf(one)).not.toBe(keyOf(other))
  })

  it.each<[string, (size: number) => Content]>([
    ['openings of reminders', (size) => '<system-reminder>'.repeat(size)],
    ['ends of reminders', (size) => `<system-reminder>${'</system-reminder>'.repeat(size)}`],
    ['reminders', (size) => reminder('a').repeat(size)],
    ['blocks', (size) => Array.from({ length: size }, () => ({ type: 'text', text: 'a' }))],
    [
      'markers',
      (size) => [Object.fromEntries(Array.from({ length: size }, (_, i) => [`k${i}`, {}]))] as never,
    ],
  ])('takes time in proportion to the number of %s', (_what, content) => {
    const calls = (size: number) => {
      const call = makeCall({ messages: [{ role: 'user', content: content(size) }] })
      void call.tree
      return call
    }
    // A text of more than 64 kB costs V8 five times as much a byte: both sizes are beyond that.
    expect(growth(16_000, calls, sessionKey)).toBeLessThan(LINEAR)
  })
})

it('a list of a hundred thousand items is not looked at one by one', () => {
  const call = makeCall({ messages: [{ role: 'user', content: Array(100_000).fill(0) as never }] })
  const other = makeCall({ messages: [{ role: 'user', content: Array(100_001).fill(0) as never }] })
  const time = (run: () => unknown) => {
    const started = process.cpuUsage()
    run()
    const { user, system } = process.cpuUsage(started)
    return user + system
  }
  const scan = Math.min(...[1, 2, 3].map(() => time(() => call.with({ bytes: call.bytes }).tree)))
  const key = Math.min(...[1, 2, 3].map(() => time(() => sessionKey(call))))
  expect(key).toBeLessThan(scan) // item by item it took fifty times as long
  expect(sessionKey(call).own).not.toBe(sessionKey(other).own)
})

it.each([
  ['{"session_id":"one"}', 'one'],
  ['user_a_account__session_two', 'two'],
  ['user_a', undefined],
  [`{"session_id":"${'x'.repeat(1_000)}"}`, undefined],
  [7, undefined],
  [undefined, undefined],
])('the session inside of metadata.user_id is read without the rest of the body: %j', (user_id, session) => {
  const call = makeCall({
    metadata: { other: Array(100).fill(0), ...(user_id !== undefined && { user_id: user_id as string }) },
  })
  const bare = call.with({ bytes: call.bytes })
  expect(sessionOf(bare)).toBe(session)
  expect(decodedShare(bare)).toBe(0)
})
