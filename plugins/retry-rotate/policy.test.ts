import { describe, expect, test } from 'vitest'
import { UpstreamError } from '../../core/index.js'
import { type Failure, judge as judged, pause } from './policy.js'

const judge = (failure: Failure, stream = true) => judged(failure, stream)

const status = (code: number, delay?: number, text = ''): Failure => ({
  kind: 'status',
  status: code,
  text,
  delay,
})

const serverError = { next: 'other', cooldown: { reason: 'server-error' }, alone: 'pause' }

describe('what comes after a failed attempt', () => {
  test.each([408, 500, 502, 503, 504, 520, 527])(
    '%i: another account at once, or the same after a pause',
    (code) => {
      expect(judge(status(code))).toEqual(serverError)
    },
  )

  test.each(['connect', 'reset', 'protocol', 'truncated'] as const)('no answer (%s): the same', (failure) => {
    expect(judge({ kind: 'broken', error: new UpstreamError(failure, '') })).toEqual(serverError)
  })

  test('a timeout of a stream: another account, and never the same, which may be at work on it', () => {
    const error = new UpstreamError('timeout', '')
    expect(judge({ kind: 'broken', error })).toEqual({ ...serverError, alone: 'return' })
  })

  test('a timeout of a whole answer goes back to the client: another would take as long', () => {
    const error = new UpstreamError('timeout', '')
    expect(judge({ kind: 'broken', error }, false)).toEqual({
      next: 'return',
      cooldown: { reason: 'server-error' },
    })
  })

  test('an answer of another kind: another account, and never the same, which would say the same', () => {
    const error = new UpstreamError('shape', '')
    expect(judge({ kind: 'broken', error })).toEqual({ ...serverError, alone: 'return' })
  })

  test('429 with a delay of up to 2 s is waited out on the same account', () => {
    expect(judge(status(429, 0))).toEqual({ next: 'wait', ms: 0 })
    expect(judge(status(429, 2_000))).toEqual({ next: 'wait', ms: 2_000 })
  })

  test('429 otherwise: another account, this one rests for the delay, if there is one', () => {
    const rests = (ms?: number) => ({
      next: 'other',
      cooldown: { ms, reason: 'rate-limit' },
      alone: 'return',
    })
    expect(judge(status(429, 2_001))).toEqual(rests(2_001))
    expect(judge(status(429))).toEqual(rests())
  })

  test.each([
    [401, 'unauthorised'],
    [403, 'forbidden'],
    [529, 'overloaded'],
  ] as const)('%i: another account, this one rests as %s', (code, reason) => {
    expect(judge(status(code))).toEqual({ next: 'other', cooldown: { reason }, alone: 'return' })
  })

  test('402: another account, this one rests for 10 minutes', () => {
    const cooldown = { reason: 'billing', ms: 600_000 }
    expect(judge(status(402))).toEqual({ next: 'other', cooldown, alone: 'return' })
  })

  test('a server failure that asks to wait: another account; the same one only after a short delay', () => {
    const after = (ms: number, alone: string) => ({
      next: 'other',
      cooldown: { reason: 'server-error', ms },
      alone,
    })
    expect(judge(status(503, 2_000))).toEqual(after(2_000, 'pause'))
    expect(judge(status(503, 2_001))).toEqual(after(2_001, 'return'))
  })

  test('what is no failure of the moment is not asked for again at the same account', () => {
    const failure: Failure = { ...status(502), cooldown: { reason: 'server-error' } } as Failure
    expect(judge(failure)).toMatchObject({ next: 'other', alone: 'return' })
  })

  test('a delay does not shorten what only a changed config mends', () => {
    expect(judge(status(401, 1_000))).toMatchObject({ next: 'other', cooldown: { ms: undefined } })
  })

  test.each([400, 404, 413, 422, 501, 519, 528])('%i goes back to the client', (code) => {
    expect(judge(status(code))).toEqual({ next: 'return' })
  })

  test('400 about a thinking signature is tried once more without thinking', () => {
    const text = 'messages.1.content.0: Invalid `signature` in `thinking` block'
    expect(judge(status(400, undefined, text))).toEqual({ next: 'strip-thinking' })
  })

  test('`event: error` before any content counts as its status', () => {
    const error = new UpstreamError('error-event', 'Overloaded', { status: 529, type: 'overloaded_error' })
    expect(judge({ kind: 'broken', error })).toMatchObject({
      next: 'other',
      cooldown: { reason: 'overloaded' },
    })
  })

  test('a cooldown of the answer stands above its status', () => {
    const failure: Failure = {
      kind: 'status',
      status: 402,
      text: '',
      delay: undefined,
      cooldown: { reason: 'billing', ms: 5_000 },
    }
    expect(judge(failure)).toEqual({
      next: 'other',
      cooldown: { ms: 5_000, reason: 'billing' },
      alone: 'return',
    })
    const model: Failure = { ...failure, cooldown: { reason: 'overloaded', scope: 'model' } }
    expect(judge(model)).toMatchObject({ cooldown: { reason: 'overloaded', scope: 'model' } })
  })
})

test('pauses double from 200 ms, with jitter down to half', () => {
  expect([0, 1, 2].map((n) => pause(n, () => 1))).toEqual([200, 400, 800])
  expect(pause(0, () => 0)).toBe(100)
})
