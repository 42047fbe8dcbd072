import { describe, expect, test } from 'vitest'
import { UpstreamError } from '../../core/index.js'
import { type Failure, judge, pause } from './policy.js'

const status = (code: number, delay?: number, text = ''): Failure => ({
  kind: 'status',
  status: code,
  text,
  delay,
})

const serverError = { next: 'other', rest: { reason: 'server-error' }, alone: 'pause' }

describe('what comes after a failed attempt', () => {
  test.each([408, 500, 502, 503, 504, 520, 527])(
    '%i: another account at once, or the same after a pause',
    (code) => {
      expect(judge(status(code))).toEqual(serverError)
    },
  )

  test.each(['connect', 'reset', 'timeout', 'protocol', 'truncated'] as const)(
    'no answer (%s): the same',
    (failure) => {
      expect(judge({ kind: 'broken', error: new UpstreamError(failure, '') })).toEqual(serverError)
    },
  )

  test('429 with a delay of up to 2 s is waited out on the same account', () => {
    expect(judge(status(429, 0))).toEqual({ next: 'wait', ms: 0 })
    expect(judge(status(429, 2_000))).toEqual({ next: 'wait', ms: 2_000 })
  })

  test('429 otherwise: another account, this one rests for the delay, if there is one', () => {
    const rests = (ms?: number) => ({ next: 'other', rest: { ms, reason: 'rate-limit' }, alone: 'return' })
    expect(judge(status(429, 2_001))).toEqual(rests(2_001))
    expect(judge(status(429))).toEqual(rests())
  })

  test.each([
    [401, 'unauthorised'],
    [403, 'forbidden'],
    [529, 'overloaded'],
  ] as const)('%i: another account, this one rests as %s', (code, reason) => {
    expect(judge(status(code))).toEqual({ next: 'other', rest: { reason }, alone: 'return' })
  })

  test.each([400, 402, 404, 413, 422, 501, 519, 528])('%i goes back to the client', (code) => {
    expect(judge(status(code))).toEqual({ next: 'return' })
  })

  test('400 about a thinking signature is tried once more without thinking', () => {
    const text = 'messages.1.content.0: Invalid `signature` in `thinking` block'
    expect(judge(status(400, undefined, text))).toEqual({ next: 'strip-thinking' })
  })

  test('`event: error` before any content counts as its status', () => {
    const error = new UpstreamError('error-event', 'Overloaded', { status: 529, type: 'overloaded_error' })
    expect(judge({ kind: 'broken', error })).toMatchObject({ next: 'other', rest: { reason: 'overloaded' } })
  })

  test('a diagnosis stands above the status', () => {
    const failure: Failure = {
      kind: 'status',
      status: 402,
      text: '',
      delay: undefined,
      diagnosis: { reason: 'billing', restFor: 5_000 },
    }
    expect(judge(failure)).toEqual({ next: 'other', rest: { ms: 5_000, reason: 'billing' }, alone: 'return' })
    const model: Failure = { ...failure, diagnosis: { reason: 'overloaded', scope: 'model' } }
    expect(judge(model)).toMatchObject({ rest: { reason: 'overloaded', scope: 'model' } })
  })
})

test('pauses double from 200 ms, with jitter down to half', () => {
  expect([0, 1, 2].map((n) => pause(n, () => 1))).toEqual([200, 400, 800])
  expect(pause(0, () => 0)).toBe(100)
})
