import { describe, expect, it } from 'vitest'
import { retryDelay } from './retry-after.js'

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
