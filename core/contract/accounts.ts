import type { Awaitable } from './awaitable.js'
import type { Call, Target } from './call.js'
import type { Reply } from './reply.js'
import type { Patience } from './state.js'
import type { Account, Cooldown, CooldownReason } from './upstream.js'

/** The conversation that a call belongs to. */
export interface SessionKey {
  readonly own: string
  /** For a sub-agent: the session that started it. Sub-agents have prompts of their own, so they may go elsewhere. */
  readonly parent: string | undefined
}

/** What a request wants of the accounts: made once a request, and updated by the plugin that makes its attempts. */
export interface AccountRequest {
  call: Call
  /** Accounts that were tried, by id. */
  readonly tried: Set<string>
  /** The number of the attempt that the next account is for. */
  attempt: number
  /** Milliseconds that it may wait its turn, each time it needs an account. */
  readonly queueTimeout: number
  readonly session: SessionKey
  /** For a shared store, of the whole request apart from its time in the queue. */
  patience: Patience
}

/** A request's slot on an account, for as long as its answer flows, and never longer than the request. */
export interface Lease {
  readonly target: Target
  /** The account answered: clears the cooldown that this request was probing. */
  served(): void
  /** The account could not serve: starts its cooldown. */
  failed(cooldown: Cooldown): void
  /** Returns the reply to pass on; frees the place when its body ends, breaks or is cancelled. */
  hold(reply: Reply): Reply
  /** Frees the place. May be called again. */
  release(): void
}

/** A cooldown in force. */
export interface ActiveCooldown {
  readonly reason: CooldownReason
  /** Milliseconds left; Infinity: until the config changes. */
  readonly ms: number
  /** The model that it is about; undefined: all. */
  readonly model: string | undefined
  /** Failures in a row. */
  readonly failures: number
}

/** How much of a plan's window is used, as the account's last answer said. */
export interface PlanWindow {
  /** As the upstream calls it: `5h`, `7d`. */
  readonly name: string
  /** 1: all of it. */
  readonly used: number
  /** Milliseconds since 1970. */
  readonly resets?: number
}

export interface AccountStatus {
  readonly account: Account
  readonly upstream: string
  /** Milliseconds until it can serve again: 0 when it can, Infinity when only a change of the config helps. */
  readonly cooldownMs: number
  /** Why, while it cools down. */
  readonly reason: CooldownReason | undefined
  /** All cooldowns in force, for every model or for one. */
  readonly cooldowns: readonly ActiveCooldown[]
  /** Requests in flight, as far as this process knows. */
  readonly inFlight: number
  /** Of an account that is paid by a plan, where its upstream reports it. */
  readonly windows?: readonly PlanWindow[]
}

/** The accounts of a chain, and which of them serves next. Replace it by `services: { accounts: () => new Mine() }`. */
export interface Accounts {
  /** Every account whose upstream is in the chain; an offline upstream counts only while there is no other. */
  all(): readonly Account[]
  /** What `acquire` needs to know of a request; make one and use it for all of the request's attempts. */
  request(call: Call, queueTimeout?: number): AccountRequest
  /**
   * A slot on the account that serves next, after a wait in turn where all that could serve are full. Undefined when none
   * can. Throws or rejects when the request is cancelled. Release the lease, or hold the reply that came of it, as soon as
   * the account is done; at the latest it is released with its request.
   */
  acquire(request: AccountRequest): Awaitable<Lease | undefined>
  /** The error for a client that no account can serve now: each account, why it can't, and when to come back. */
  exhausted(call: Call): Error
  /** Milliseconds until the first of the call's accounts returns; undefined when none returns without a change of the config. */
  soonest(call: Call): number | undefined
  /** Starts a cooldown of `ms`, or as long as the reason says; Infinity: until the config changes. */
  coolDown(account: Account, ms: number | undefined, reason: CooldownReason, model?: string): void
  /** Clears all cooldowns of an account. Returns how many there were; undefined for an unknown id. */
  clear(id: string): number | undefined
  /** Milliseconds that it still cools down, whatever the model. */
  cooldownMs(account: Account): number
  status(): readonly AccountStatus[]
  /** Requests that wait for an account. */
  readonly waiting: number
}
