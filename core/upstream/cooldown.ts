import type { Cooldown } from '../contract/upstream.js'
import { isServerFailure } from '../errors/api-errors.js'

/** Credit comes back with a payment, and OpenRouter says 402 of a single request that is too dear. */
const NO_CREDIT = 600_000

const BY_STATUS: ReadonlyMap<number, Cooldown> = new Map<number, Cooldown>([
  [401, { reason: 'unauthorised' }],
  [402, { reason: 'billing', ms: NO_CREDIT }],
  [403, { reason: 'forbidden' }],
  [429, { reason: 'rate-limit' }],
  [529, { reason: 'overloaded' }],
])

const SERVER_ERROR: Cooldown = { reason: 'server-error' }

/** What an error status alone says about the account; undefined where the request is at fault. */
export function cooldownOf(status: number): Cooldown | undefined {
  return BY_STATUS.get(status) ?? (isServerFailure(status) ? SERVER_ERROR : undefined)
}
