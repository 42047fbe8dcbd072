import type { AccountRequest, AccountStatus, Accounts, Lease } from '../contract/accounts.js'
import type { Awaitable } from '../contract/awaitable.js'
import type { Call } from '../contract/call.js'
import type { Account, CooldownReason } from '../contract/upstream.js'
import { ClientGoneError, type GatewayError } from '../errors/gateway-errors.js'
import { cancellationOf } from '../exchange/inner.js'
import type { Upstreams } from '../upstream/registry.js'
import { modelScope, stateIdOf } from './candidate.js'
import { Picker } from './picker.js'
import { PoolState } from './pool-state.js'
import { isWaiting } from './queue.js'
import { accountRequest, STORE_PATIENCE } from './request.js'
import { type Tiers, TierTable } from './tiers.js'
import { exhausted, noAccount } from './unavailable.js'

export interface PoolInit {
  readonly state?: PoolState
  /** Where the accounts came from; several keys of one environment variable are equal. */
  readonly from?: string
}

/** The accounts of a chain, and which of them serves next. */
export class AccountPool implements Accounts {
  readonly #state: PoolState
  readonly #tierTable: TierTable
  readonly #picker: Picker

  constructor(
    accounts: readonly Account[],
    upstreams: Upstreams,
    { state = new PoolState(), from = 'config' }: PoolInit = {},
  ) {
    this.#state = state
    this.#tierTable = new TierTable(accounts, upstreams, state.loads, from)
    this.#picker = new Picker(state, this.#tierTable, upstreams)
  }

  all(): readonly Account[] {
    return this.#tierTable.all()
  }

  request(call: Call, queueTimeout?: number): AccountRequest {
    return accountRequest(call, queueTimeout)
  }

  acquire(request: AccountRequest): Awaitable<Lease | undefined> {
    if (cancellationOf(request.call).cancelled) throw new ClientGoneError()
    const found = this.#picker.pick(request, false)
    if (found instanceof Promise)
      return found.then((later) => (isWaiting(later) ? this.#wait(request) : later))
    return isWaiting(found) ? this.#wait(request) : found
  }

  #wait(request: AccountRequest): Promise<Lease | undefined> {
    const look = (late: boolean) => {
      // It waits for an account now, and the store's answers cost it nothing more; out of patience it would trust its
      // own copy, and several gateways together would give more places than there are.
      request.patience = { left: STORE_PATIENCE }
      return this.#picker.pick(request, late)
    }
    return this.#state.queue.wait(look, request.queueTimeout, cancellationOf(request.call))
  }

  #candidates({ model, preference }: Call): Tiers {
    return this.#tierTable.of(model, preference?.only ? preference : undefined)
  }

  exhausted(call: Call): GatewayError {
    const { all } = this.#candidates(call)
    if (all.length === 0) return noAccount(call.model, this.all(), call.headers)
    const unavailable = all.map((c) => ({ id: c.account.id, rest: this.#state.cooldowns.blocking(c) }))
    return exhausted(unavailable, call.headers)
  }

  soonest(call: Call): number | undefined {
    const { all } = this.#candidates(call)
    const least = Math.min(...all.map((c) => this.#state.cooldowns.blocking(c)?.ms ?? 0))
    return Number.isFinite(least) ? least : undefined
  }

  coolDown(account: Account, ms: number | undefined, reason: CooldownReason, model?: string): void {
    const id = stateIdOf(account)
    this.#state.cooldowns.start(model === undefined ? id : modelScope(id, model), reason, ms)
  }

  clear(id: string): number | undefined {
    const account = this.all().find((a) => a.id === id)
    if (!account) return undefined
    const cleared = this.#state.cooldowns.clear(this.#state.cooldowns.scopesOf(stateIdOf(account)))
    this.#state.queue.changed()
    return cleared
  }

  get waiting(): number {
    return this.#state.queue.length
  }

  cooldownMs(account: Account): number {
    return this.#statusOf(account).cooldownMs
  }

  status(): readonly AccountStatus[] {
    return this.all().map((account) => this.#statusOf(account))
  }

  #statusOf(account: Account): AccountStatus {
    const id = stateIdOf(account)
    const cooldowns = this.#state.cooldowns.of(id)
    const whole = cooldowns.find(
      (coolDown) => coolDown.model === undefined && coolDown.reason !== 'server-error',
    )
    const { active } = this.#state.loads.of(id)
    return {
      account,
      upstream: account.upstream,
      cooldownMs: whole?.ms ?? 0,
      reason: whole?.reason,
      cooldowns,
      inFlight: active,
      windows: this.#state.windows.of(id),
    }
  }
}
