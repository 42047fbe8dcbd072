import { describe, expect, it } from 'vitest'
import type { Now, Row } from '../api/types.js'
import { leftWords } from '../format.js'
import { noticesOf } from './notices.js'

const until = 1_800_000_041_000
const account = (id: string, usable: boolean) => ({
  id,
  upstream: 'zai',
  usable,
  reason: usable ? undefined : 'rate-limit',
  until: usable ? undefined : until,
  windows: [],
})
const now = (...usable: boolean[]): Now => ({
  inFlight: 0,
  waiting: 0,
  accounts: usable.map((each, i) => account('abcdef'[i]!, each)),
})
const failed = { status: 500, ending: 'complete', error: 'internal' } as Row
const missed = { status: 200, cache: 'expired', lostTokens: 9_000 } as unknown as Row
const words = (...of: Parameters<typeof noticesOf>) => noticesOf(...of).map((notice) => notice.words)

describe('what is to be known', () => {
  it('is nothing while all is well', () => {
    expect(noticesOf([], undefined)).toEqual([])
    expect(noticesOf([], now(true, true))).toEqual([])
  })

  it('begins with what stops requests; what costs money comes next, then what others can do without', () => {
    const rows = [missed, failed, failed, failed]
    expect(words(rows, now(false, true))).toEqual([
      '3 requests failed in the last half hour; internal',
      'The cache missed once: its time had passed; 9k tokens paid again',
      '1 account in cooldown',
    ])
    expect(words(rows, now(false, false))).toMatchObject([
      'No account can serve now',
      expect.stringContaining('failed'),
      expect.stringContaining('missed'),
    ])
  })

  it('names three accounts in cooldown, why, and until when, and counts the others', () => {
    const [notice] = noticesOf([], now(false, false, false, false, false, true))
    expect(notice).toMatchObject({
      words: '5 accounts in cooldown',
      cooldowns: ['a', 'b', 'c'].map((id) => ({ id, why: 'rate limit', until })),
      more: 'and 2 more',
    })
  })
})

it.each([
  [until, until - 41_000, '41 s left'],
  [until, until - 40_999, '41 s left'],
  [until, until - 40_000, '40 s left'],
  [until, until + 5, '0 ms left'],
  [null, 0, 'until the config changes'],
])('what is left until %j at %d: %s', (at, when, left) => {
  expect(leftWords(at, when)).toBe(left)
})
