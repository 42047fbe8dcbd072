import type { Call } from '../exchange/call.js'
import type { Patience } from '../state/store.js'
import { type SessionKey, sessionKey } from './session-key.js'

/** What a request wants of the pool; made once a request, and kept up to date by whoever makes its attempts. */
export interface AccountRequest {
  call: Call
  /** Accounts that it was at already, by id. */
  readonly tried: Set<string>
  /** The number of the attempt that the next account is for. */
  attempt: number
  /** Milliseconds that it may wait its turn, each time it needs an account. */
  readonly queueTimeout: number
  readonly session: SessionKey
  /** For a shared store, of the whole request apart from its time in the queue. */
  patience: Patience
}

/** Milliseconds that a request may wait its turn when nobody says otherwise. */
export const QUEUE_TIMEOUT = 10_000
/** A request never waits longer than this for a shared store, however many questions it has. */
export const STORE_PATIENCE = 50

export function accountRequest(call: Call, queueTimeout: number): AccountRequest {
  const session = sessionKey(call)
  return { call, tried: new Set(), attempt: 1, queueTimeout, session, patience: { left: STORE_PATIENCE } }
}
