import type { Call } from '../../core/index.js'

/** An attempt that is under way. */
export interface Attempt {
  readonly call: Call
  /** The body of an error that came in its stream. */
  error?: unknown
}

/** Attempts by the signal that their provider package hands on to `fetch`. */
export type Attempts = WeakMap<AbortSignal, Attempt>
