import type { Cooldown, UpstreamError } from '../../core/index.js'
import { cooldownOf } from '../../core/kit.js'

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
      /** What a plugin further in made of the answer; overrides the status. */
      readonly cooldown?: Cooldown | undefined
    }

/** What to do next, and what happens to the account meanwhile. */
export type Verdict =
  /** The client gets this answer. */
  | { readonly next: 'return'; readonly cooldown?: Cooldown }
  /** Another account at once, while this one cools down; without another, the same one after a pause, or none. */
  | { readonly next: 'other'; readonly cooldown: Cooldown; readonly alone: 'pause' | 'return' }
  /** The same account after a short wait. */
  | { readonly next: 'wait'; readonly ms: number; readonly cooldown?: undefined }
  /** The same account without the thinking that it rejected. */
  | { readonly next: 'strip-thinking'; readonly cooldown?: undefined }

/** A delay up to here is waited out: changing the account would lose its prompt cache. */
const SHORT_DELAY = 2_000

const SERVER_ERROR: Cooldown = { reason: 'server-error' }

/** A cooldown without a time gets one from the pool (core/accounts/backoff.ts). `stream`: the client wants one. */
export function judge(failure: Failure, stream: boolean): Verdict {
  if (failure.kind === 'broken') return afterBreak(failure.error, stream)
  const { status, text, cooldown: told } = failure
  if (!told && status === 400 && rejectsThinking(text)) return { next: 'strip-thinking' }
  const known = told ?? cooldownOf(status)
  if (!known) return { next: 'return' }
  const { reason, ms = isTemporary(status) || told ? failure.delay : undefined } = known
  const cooldown = { ...known, ms }
  if (reason === 'server-error') return { next: 'other', cooldown, alone: afterServerError(ms, told) }
  return ms !== undefined && ms <= SHORT_DELAY
    ? { next: 'wait', ms }
    : { next: 'other', cooldown, alone: 'return' }
}

function afterBreak({ failure, status, message: text }: UpstreamError, stream: boolean): Verdict {
  switch (failure) {
    case 'timeout':
      // The upstream has the request and may be at work on it. A stream that shows no event by then is stuck, so that another
      // account is worth a call; a whole answer would take as long there, and be paid for twice.
      return stream
        ? { next: 'other', cooldown: SERVER_ERROR, alone: 'return' }
        : { next: 'return', cooldown: SERVER_ERROR }
    case 'shape':
      return { next: 'other', cooldown: SERVER_ERROR, alone: 'return' }
    case 'error-event': // of a plugin that reads the stream itself
      return judge({ kind: 'status', status, text, delay: undefined }, stream)
    default:
      return { next: 'other', cooldown: SERVER_ERROR, alone: 'pause' }
  }
}

/** A later attempt may succeed, so an upstream's `retry-after` counts. */
export function isTemporary(status: number): boolean {
  return status === 429 || status >= 500
}

/** Asking again at once mends a passing failure: not one that is to last, nor one that a plugin has looked at. */
function afterServerError(ms: number | undefined, told: Cooldown | undefined): 'pause' | 'return' {
  if (ms === undefined) return told ? 'return' : 'pause'
  return ms <= SHORT_DELAY ? 'pause' : 'return'
}

/** "messages.1.content.0: Invalid `signature` in `thinking` block" and its kin. */
function rejectsThinking(text: string): boolean {
  return (
    (/signature/i.test(text) && /thinking/i.test(text)) || /bound to a different conversation/i.test(text)
  )
}

/** Before the same account is tried again: 200 ms, 400, 800, …, each between half and the whole of it. */
export function pause(retry: number, random: () => number = Math.random): number {
  return 200 * 2 ** retry * (0.5 + random() / 2)
}
