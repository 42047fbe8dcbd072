import { expect, it } from 'vitest'
import type { Details, Row, UsageRow } from '../api/types.js'
import { duration, money, percent, tokens, wasteWords } from '../format.js'
import { errorWords } from './error-words.js'
import { RecentRows } from './recent.js'
import { stackOf } from './stack.js'
import { lanesOf } from './waterfall.js'

it.each([
  [tokens, 840, '840'],
  [tokens, 31_400, '31k'],
  [tokens, 999_499, '999k'],
  [tokens, 2_140_000, '2.1M'],
  [money, 0.00005, '<$0.0001'],
  [money, 0.0123, '$0.0123'],
  [money, 4.126, '$4.13'],
  [money, undefined, '–'],
  [duration, 0.42, '0.4 ms'],
  [duration, 1_240, '1.2 s'],
  [duration, 200_000, '3 min 20 s'],
  [duration, 7_500_000, '2 h 5 min'],
  [percent, 0.9999, '>99 %'],
  [percent, Number.NaN, '–'],
] as const)('%o of %d is %s', (format, value, words) => {
  expect((format as (value: number | undefined) => string)(value)).toBe(words)
})

it('what was paid again is told in tokens, and in money where it has a price', () => {
  expect(wasteWords(39_200, 0.0447)).toBe('39k tokens, $0.0447')
  expect(wasteWords(39_200, 0)).toBe('39k tokens')
})

const usage = (time: string, name: string, cost: number) => ({ time, name, cost, listCost: 0 }) as UsageRow

it('a plot has a place for every day, also for those on which nothing was spent', () => {
  const [since, now] = ['2026-11-24T15:00:00', '2026-11-27T09:00:00'].map((text) => new Date(text).getTime())
  const rows = [
    usage('2026-11-24', 'a', 1),
    usage('2026-11-26', 'b', 5),
    usage('2026-11-26', 'a', 2),
    usage('2020-01-01', 'a', 9),
  ]
  const { times, series } = stackOf(rows, 'cost', 'day', since!, now!)
  expect(times.map((time) => new Date(time * 1000).getDate())).toEqual([24, 25, 26, 27])
  expect(series).toEqual([
    { name: 'b', values: [0, 0, 5, 0] },
    { name: 'a', values: [1, 0, 2, 0] },
  ])
})

it('a waterfall has each stretch once, ends with the request, and marks what failed', () => {
  const attempts = [
    {
      account: 'a',
      status: 429,
      error: 'rate_limit_error (429)',
      ms: 30,
      times: { started: 10, connected: 12, headers: 40, lastByte: 41 },
    },
    {
      account: 'b',
      status: 200,
      times: { started: 45, connected: 46, headers: 90, firstEvent: 95, firstContent: 100, lastByte: 300 },
    },
  ]
  const { lanes, total } = lanesOf({
    times: { admitted: 1, bodyRead: 2, finished: 310 },
    attempts,
  } as unknown as Details)
  expect(total).toBe(310)
  expect(
    lanes.map(({ name, pieces }) => [name, pieces.map(({ kind, from, to }) => [kind, from, to])]),
  ).toEqual([
    [
      'gateway',
      [
        ['wait', 0, 1],
        ['wait', 1, 2],
        ['own', 2, 10],
      ],
    ],
    [
      'attempt 1',
      [
        ['connect', 10, 12],
        ['failed', 12, 40],
        ['failed', 40, 41],
      ],
    ],
    [
      'attempt 2',
      [
        ['connect', 45, 46],
        ['upstream', 46, 90],
        ['upstream', 90, 100],
        ['content', 100, 300],
      ],
    ],
  ])
})

it('the last half hour forgets what is older, and a request is counted once', () => {
  const now = Date.parse('2026-11-26T10:00:00Z')
  const recent = new RecentRows()
  const row = (id: string, minutes: number, firstContentMs: number) =>
    ({
      id,
      route: 'messages',
      at: new Date(now - minutes * 60_000).toISOString(),
      ms: 2_000,
      firstContentMs,
      outputTokens: 100,
      inputTokens: 50,
      cacheReadTokens: 50,
    }) as Row
  recent.add([row('old', 40, 9_000), row('a', 20, 1_000), row('b', 1, 500)], now)
  recent.add([row('a', 20, 1_000)], now)
  expect(recent.sum(now)).toMatchObject({ requests: 2, p50: 1_000, p95: 1_000, speed: 100, cache: 0.5 })
  expect(recent.sum(now).caches.filter((share) => share !== undefined)).toHaveLength(2)
  expect(recent.sum(now + 15 * 60_000).requests).toBe(1)
})

it('an account’s error has its status, its type and the upstream’s own words, or else what the status means', () => {
  const error = { account: 'a', upstream: 'zai', model: 'm', request: 'r', at: '' }
  const words = (status: number, type: string, said?: string | null) =>
    errorWords({ ...error, failure: undefined, status, error: `${type} (${status})`, words: said })
  expect(words(429, 'rate_limit_error', 'Rate limit reached (1302)')).toBe(
    '429 rate_limit_error: “Rate limit reached (1302)”',
  )
  expect(words(429, 'rate_limit_error', null)).toBe(
    '429 rate_limit_error: too many requests, or a limit is used up',
  )
  expect(words(502, 'api_error')).toBe('502 api_error: it failed inside')
  expect(words(422, 'invalid_request_error')).toBe('422 invalid_request_error: it refused the request')
  expect(
    errorWords({
      ...error,
      status: undefined,
      failure: 'connect',
      error: 'zai refused the connection',
      words: null,
    }),
  ).toBe('zai refused the connection')
})
