import { afterEach, describe, expect, it, vi } from 'vitest'
import { retryDelay, withLocalTimes } from './retry-after.js'

const NOW = Date.parse('2026-11-22T12:00:00Z')
const DAY = 24 * 3600_000
const of = (headers: Record<string, string>, body = '') => retryDelay(headers, body, NOW)

describe('an upstream asks to wait by', () => {
  it.each<[string, Record<string, string>, number]>([
    ['seconds', { 'retry-after': '7' }, 7000],
    ['a part of a second', { 'retry-after': '0.25' }, 250],
    ['no time at all', { 'retry-after': '0' }, 0],
    ['milliseconds, which win', { 'retry-after-ms': '1500', 'retry-after': '2' }, 1500],
    ['a date', { 'retry-after': 'Sun, 22 Nov 2026 12:01:30 GMT' }, 90_000],
    ['a date that has passed', { 'retry-after': 'Sun, 22 Nov 2026 11:00:00 GMT' }, 0],
    [
      'the end of a window, in epoch seconds',
      { 'anthropic-ratelimit-unified-reset': String(NOW / 1000 + 60) },
      60_000,
    ],
    ['nothing sensible first', { 'retry-after-ms': 'soon', 'retry-after': '3' }, 3000],
  ])('%s', (_what, headers, ms) => {
    expect(of(headers)).toBe(ms)
  })

  it.each<[string, string, number]>([
    [
      'in Beijing time, as z.ai writes it',
      'Usage limit reached. It will reset at 2026-11-22 20:05:00',
      300_000,
    ],
    ['in Zulu time', 'resets at 2026-11-22T12:05:00Z', 300_000],
    ['with an offset', 'resets at 2026-11-22 13:05:00+01:00', 300_000],
    ['with an offset without a colon', 'resets at 2026-11-22 13:05:00+0100', 300_000],
    ['in UTC, said behind it', 'resets at 2026-11-22 12:05:00 UTC', 300_000],
    ['with the offset in brackets', 'resets at 2026-11-22 20:05:00 (UTC+8)', 300_000],
    ['with half an hour in the offset', 'resets at 2026-11-22 17:35:00 GMT+5:30', 300_000],
    ['with parts of a second', 'resets at 2026-11-22 20:05:00.000', 300_000],
    ['before its code', 'reset at 2026-11-22 20:05:00 (code 1308)', 300_000],
  ])('a reset time in its message %s', (_what, text, ms) => {
    expect(of({}, JSON.stringify({ error: { code: '1308', message: text } }))).toBe(ms)
  })
})

describe('nothing that makes sense is said by', () => {
  it.each<[string, Record<string, string>, string]>([
    ['nothing', {}, ''],
    ['a negative number', { 'retry-after': '-5' }, ''],
    ['words', { 'retry-after': 'later' }, ''],
    ['an empty header', { 'retry-after': '' }, ''],
    ['infinity', { 'retry-after': 'Infinity' }, ''],
    ['a hundred years', { 'retry-after': '3153600000' }, ''],
    ['a date far away', { 'retry-after': 'Fri, 01 Jan 2100 00:00:00 GMT' }, ''],
    ['hexadecimal', { 'retry-after': '0x10' }, ''],
    ['a window that has ended', { 'anthropic-ratelimit-unified-reset': String(NOW / 1000 - 60) }, ''],
    ['a reset time that has passed', {}, 'reset at 2026-11-21 20:05:00'],
    ['a reset time that is none', {}, 'reset at 2026-13-45 99:99:99'],
  ])('%s', (_what, headers, body) => {
    expect(of(headers, body)).toBeUndefined()
  })
})

it('a week is believed, since the longest windows are weeks', () => {
  expect(of({ 'retry-after': String((7 * DAY) / 1000) })).toBe(7 * DAY)
})

describe('a reset time in the words for a client', () => {
  afterEach(() => vi.unstubAllEnvs())

  it.each([
    ['Asia/Tokyo', 'in 3 h 0 min, at Mon 23 Nov, 00:00 GMT+9'],
    ['UTC', 'in 3 h 0 min, at 15:00 UTC'],
    ['America/New_York', 'in 3 h 0 min, at 10:00 GMT-5'],
    ['Asia/Shanghai', 'in 3 h 0 min, at 23:00 GMT+8'],
  ])("is told as a duration and in the user's zone: %s", (zone, told) => {
    vi.stubEnv('TZ', zone)
    expect(withLocalTimes('Your limit will reset at 2026-11-22 23:00:00 (code 1308)', NOW)).toBe(
      `Your limit will reset ${told} (code 1308)`,
    )
  })

  it.each([
    ['reset at 2026-11-22 20:01:30', 'reset in 90 s'],
    ['reset at 2026-11-22 19:59:00', 'reset at 11:59 UTC'],
    ['reset at 2026-11-28 20:00:00', 'reset in 6 d 0 h, at Sat 28 Nov, 12:00 UTC'],
    [
      '\u60a8\u7684\u9650\u989d\u5c06\u5728 2026-11-22 21:00:00 \u91cd\u7f6e',
      '\u60a8\u7684\u9650\u989d\u5c06\u5728 13:00 UTC (in 60 min) \u91cd\u7f6e',
    ],
    [
      'from 2026-11-22T21:00:00 to 2026-11-22 22:00:00',
      'from 13:00 UTC (in 60 min) to 14:00 UTC (in 2 h 0 min)',
    ],
    ['resets at 2026-11-22 13:00:00 UTC', 'resets at 2026-11-22 13:00:00 UTC'],
    ['resets at 2026-11-22T13:00:00Z', 'resets at 2026-11-22T13:00:00Z'],
    ['reset at 2026-13-45 99:99:99', 'reset at 2026-13-45 99:99:99'],
    ['no time', 'no time'],
  ])('%s', (message, told) => {
    vi.stubEnv('TZ', 'UTC')
    expect(withLocalTimes(message, NOW)).toBe(told)
  })
})
