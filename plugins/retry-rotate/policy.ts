import type { Cooldown, UpstreamError } from '../../core/index.js'
import { type Diagnosis, isServerFailure } from '../../core/kit.js'

/** A failed attempt, as the rules look at it. */
export type Failure =
  | { readonly kind: 'broken'; readonly error: UpstreamError }
  | {
      readonly kind: 'status'
      readonly status: number
      /** The error body's text. */
      readonly text: string
      /** Milliseconds that the upstream asks to wait, if it says so. */
      readonly delay: number | undefined
      /** What a plugin further in made of the answer; stands above the status. */
      readonly diagnosis?: Diagnosis | undefined
    }

/** What to do next, and what happens to the account meanwhile. */
export type Verdict =
  /** The client gets this answer. */
  | { readonly next: 'return' }
  /** Another account at once, while this one rests; with none left the same one after a pause, where `alone` says so. */
  | { readonly next: 'other'; readonly rest: Cooldown; readonly alone: 'pause' | 'return' }
  /** The same account after a short wait. */
  | { readonly next: 'wait'; readonly ms: number }
  /** The same account without the thinking that it rejected. */
  | { readonly next: 'strip-thinking' }

/** A delay up to here is waited out: changing the account would lose its prompt cache. */
const SHORT_DELAY = 2_000

const SERVER_ERROR: Verdict = { next: 'other', rest: { reason: 'server-error' }, alone: 'pause' }

/** How long a rest is that names no time is the pool's to say (core/pool/rest-times.ts). */
export function judge(failure: Failure): Verdict {
  if (failure.kind === 'broken') {
    const { error } = failure
    // `event: error` before any content is the status that it would have been a moment earlier.
    if (error.failure !== 'error-event') return SERVER_ERROR
    return judge({ kind: 'status', status: error.status, text: error.message, delay: undefined })
  }
  const { status, text, delay, diagnosis } = failure
  if (diagnosis?.reason) {
    const { reason, scope, restFor: ms = delay } = diagnosis
    return limited({ reason, ms, ...(scope && { scope }) })
  }
  if (isServerFailure(status)) return SERVER_ERROR
  switch (status) {
    case 429:
      return limited({ reason: 'rate-limit', ms: delay })
    case 401:
      return { next: 'other', rest: { reason: 'unauthorised' }, alone: 'return' }
    case 403:
      return { next: 'other', rest: { reason: 'forbidden' }, alone: 'return' }
    case 529:
      return { next: 'other', rest: { reason: 'overloaded' }, alone: 'return' }
    case 400:
      return rejectsThinking(text) ? { next: 'strip-thinking' } : { next: 'return' }
    default:
      return { next: 'return' }
  }
}

function limited(rest: Cooldown): Verdict {
  const { ms } = rest
  return ms !== undefined && ms <= SHORT_DELAY
    ? { next: 'wait', ms }
    : { next: 'other', rest, alone: 'return' }
}

/** "messages.1.content.0: Invalid `signature` in `thinking` block" and its kin. */
function rejectsThinking(text: string): boolean {
  return /signature/i.test(text) && /thinking/i.test(text)
}

/** Before the same account is tried again: 200 ms, 400, 800, …, each between half and the whole of it. */
export function pause(retry: number, random: () => number = Math.random): number {
  return 200 * 2 ** retry * (0.5 + random() / 2)
}
