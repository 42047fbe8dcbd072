import type { AccountRequest } from '../contract/accounts.js'
import type { Call } from '../contract/call.js'
import { sessionKey } from './session-key.js'

/** Milliseconds that a request may wait its turn by default. */
export const QUEUE_TIMEOUT = 10_000
/** A request never waits longer than this for a shared store, however many questions it has. */
export const STORE_PATIENCE = 50

/** What `request` of `Accounts` returns: a call's first attempt, with the session that it belongs to. */
export function accountRequest(call: Call, queueTimeout = QUEUE_TIMEOUT): AccountRequest {
  const session = sessionKey(call)
  return { call, tried: new Set(), attempt: 1, queueTimeout, session, patience: { left: STORE_PATIENCE } }
}
