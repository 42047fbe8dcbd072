import type { CooldownReason } from '../contract/upstream.js'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** The first rest and the longest, where the upstream names no time. */
const TIMES: Readonly<Record<CooldownReason, readonly [first: number, longest: number]>> = {
  'rate-limit': [30 * SECOND, 10 * MINUTE],
  'window-used-up': [5 * MINUTE, HOUR],
  overloaded: [8 * SECOND, 2 * MINUTE],
  'server-error': [SECOND, MINUTE],
  forbidden: [10 * MINUTE, 6 * HOUR],
  unauthorised: [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  locked: [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  billing: [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
}

/**
 * Milliseconds of the n-th rest in a row: twice as long each time. From the second on a quarter more or less, so that
 * accounts that failed together don't come back together; Infinity where only a changed config helps.
 */
export function backoff(reason: CooldownReason, n: number, random: () => number): number {
  const [first, longest] = TIMES[reason]
  if (n <= 1) return first
  return Math.min(longest, first * 2 ** (n - 1) * (0.75 + random() / 2))
}
