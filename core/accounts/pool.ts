import type { Origin } from '../config/resolved.js'
import type { Account, RestReason } from '../contract/upstream.js'
import type { GatewayError } from '../errors/gateway-errors.js'
import type { Call } from '../exchange/call.js'
import type { Awaitable } from '../plugin/define.js'
import type { Upstreams } from '../upstream/registry.js'
import { modelScope, stateIdOf } from './candidate.js'
import type { Rest } from './cooldowns.js'
import type { Lease } from './lease.js'
import { Seating } from './picker.js'
import { PoolState } from './pool-state.js'
import { isWaiting } from './queue.js'
import { QUEUE_TIMEOUT, STORE_PATIENCE, type Wish, wishOf } from './request.js'
import { Ranks } from './tiers.js'
import { exhausted, noAccount } from './unavailable.js'

export interface AccountStatus {
  readonly account: Account
  readonly upstream: string
  /** Milliseconds until it can serve again: 0 when it can, Infinity when only a change of the config helps. */
  readonly restsFor: number
  /** Why, as long as it rests. */
  readonly reason: RestReason | undefined
  /** All that is held against it, for every model or for one. */
  readonly rests: readonly Rest[]
  /** Requests under way, as far as is known here. */
  readonly inFlight: number
}

export interface PoolInit {
  readonly state?: PoolState
  /** Where the accounts came from; several keys of one environment variable are equal. */
  readonly from?: Origin
}

/** The accounts of a chain, and which of them serves next. */
export class AccountPool {
  readonly #state: PoolState
  readonly #ranks: Ranks
  readonly #seating: Seating

  constructor(
    accounts: readonly Account[],
    upstreams: Upstreams,
    { state = new PoolState(), from = 'config' }: PoolInit = {},
  ) {
    this.#state = state
    this.#ranks = new Ranks(accounts, upstreams, state.seats, from)
    this.#seating = new Seating(state, this.#ranks, upstreams)
  }

  /** Every account whose upstream is in the chain; a stand-in upstream counts only while there is no other. */
  all(): readonly Account[] {
    return this.#ranks.all()
  }

  /** What `acquire` needs to know of a request; make one and use it for all of the request's attempts. */
  wish(call: Call, queueTimeout = QUEUE_TIMEOUT): Wish {
    return wishOf(call, queueTimeout)
  }

  /**
   * A place on the account that serves next, after a wait in turn where all that could serve are full. Undefined when nobody
   * can. Rejects when the client goes. The lease must be released, or the reply that came of it held.
   */
  acquire(wish: Wish): Awaitable<Lease | undefined> {
    const found = this.#seating.look(wish, false)
    if (found instanceof Promise) return found.then((later) => (isWaiting(later) ? this.#wait(wish) : later))
    return isWaiting(found) ? this.#wait(wish) : found
  }

  #wait(wish: Wish): Promise<Lease | undefined> {
    const look = (late: boolean) => {
      // It waits for an account now, and the store's answers cost it nothing more; out of patience it would trust its
      // own copy, and several gateways together would give more places than there are.
      wish.patience = { left: STORE_PATIENCE }
      return this.#seating.look(wish, late)
    }
    return this.#state.queue.wait(look, wish.queueTimeout, wish.call.presence)
  }

  /** What to tell a client that nobody can serve now: each account, why it can't, and when to come back. */
  exhausted(call: Call): GatewayError {
    const { all } = this.#ranks.of(call.model)
    if (all.length === 0) return noAccount(call.model, this.all())
    return exhausted(all.map((c) => ({ id: c.account.id, rest: this.#state.rests.obstacle(c) })))
  }

  /** Milliseconds until the first of the call's accounts returns; undefined when none will by itself. */
  soonest(call: Call): number | undefined {
    const { all } = this.#ranks.of(call.model)
    const least = Math.min(...all.map((c) => this.#state.rests.obstacle(c)?.ms ?? 0))
    return Number.isFinite(least) ? least : undefined
  }

  /** Takes an account out of service for `ms`, or as long as the reason says; Infinity: until the config changes. */
  rest(account: Account, ms: number | undefined, reason: RestReason, model?: string): void {
    const id = stateIdOf(account)
    this.#state.rests.rest(model === undefined ? id : modelScope(id, model), reason, ms)
  }

  /** Forgets all that is held against an account. Returns how many rests that were; undefined for an unknown id. */
  clear(id: string): number | undefined {
    const account = this.all().find((a) => a.id === id)
    if (!account) return undefined
    const cleared = this.#state.rests.clear(this.#state.rests.scopesOf(stateIdOf(account)))
    this.#state.queue.changed()
    return cleared
  }

  /** Requests that wait for an account. */
  get waiting(): number {
    return this.#state.queue.length
  }

  /** Milliseconds that it still rests, whatever the model. */
  restsFor(account: Account): number {
    return this.#statusOf(account).restsFor
  }

  status(): readonly AccountStatus[] {
    return this.all().map((account) => this.#statusOf(account))
  }

  #statusOf(account: Account): AccountStatus {
    const id = stateIdOf(account)
    const rests = this.#state.rests.of(id)
    const whole = rests.find((rest) => rest.model === undefined && rest.reason !== 'server-error')
    const { taken } = this.#state.seats.of(id)
    return {
      account,
      upstream: account.upstream,
      restsFor: whole?.ms ?? 0,
      reason: whole?.reason,
      rests,
      inFlight: taken,
    }
  }
}
