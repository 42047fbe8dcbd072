import type { Call } from '../call.js'
import { GatewayError } from '../errors.js'
import { matchesModel } from './models.js'
import type { Upstreams } from './registry.js'
import { retryAfterSeconds } from './retry-after.js'
import type { Account, RestReason, Target } from './types.js'

interface AccountState {
  /** Clock milliseconds; Infinity until the config changes. */
  restUntil: number
  reason: RestReason | undefined
}

export interface AccountStatus {
  readonly account: Account
  readonly upstream: string
  /** Milliseconds until it can serve again: 0 when it can, Infinity when only a change of the config helps. */
  readonly restsFor: number
  readonly reason: RestReason | undefined
}

/** What is known about accounts; outlives a reload of the config, so that a resting account goes on resting. */
export class PoolState {
  readonly accounts = new Map<string, AccountState>()

  /** A changed config may have mended what no waiting mends. */
  configChanged(): void {
    for (const [id, state] of this.accounts)
      if (state.restUntil === Number.POSITIVE_INFINITY) this.accounts.delete(id)
  }
}

/** The accounts of a chain and which of them can serve. */
export class AccountPool {
  readonly #accounts: readonly Account[]
  readonly #upstreams: Upstreams
  readonly #state: PoolState
  readonly #now: () => number

  constructor(
    accounts: readonly Account[],
    upstreams: Upstreams,
    state = new PoolState(),
    now: () => number = Date.now,
  ) {
    this.#accounts = accounts
    this.#upstreams = upstreams
    this.#state = state
    this.#now = now
  }

  /** The accounts that may ever serve this call, best first, resting or not. */
  candidates(call: Call): readonly Account[] {
    const present = this.all().filter((a) => !a.models || a.models.some((p) => matchesModel(p, call.model)))
    const precedence = (a: Account) => this.#upstreams.get(a.upstream)?.precedence ?? 'listed'
    const only = present.filter((a) => precedence(a) === 'only')
    if (only.length > 0) return only
    return [
      ...present.filter((a) => precedence(a) !== 'last'),
      ...present.filter((a) => precedence(a) === 'last'),
    ]
  }

  /** The next account that can serve now and was not tried yet, as the target of an attempt. */
  pick(call: Call, tried: ReadonlySet<string>, attempt: number): Target | undefined {
    const account = this.candidates(call).find((a) => !tried.has(a.id) && this.restsFor(a) === 0)
    if (!account) return undefined
    const upstream = this.#upstreams.expect(account.upstream)
    return { upstream, account, accepts: upstream.accepts, attempt }
  }

  /** Milliseconds until the first of the call's accounts returns; undefined when none will by itself. */
  soonest(call: Call): number | undefined {
    const rests = this.candidates(call).map((a) => this.restsFor(a))
    const least = Math.min(...rests)
    return Number.isFinite(least) ? least : undefined
  }

  /** What to tell a client that nobody can serve now: each account, why it rests, and when to come back. */
  exhausted(call: Call): GatewayError {
    const candidates = this.candidates(call)
    if (candidates.length === 0) return this.#noAccount(call)
    const resting = this.status().filter((s) => candidates.some((a) => a.id === s.account.id))
    const list = resting.map((s) => `${s.account.id} (${describe(s)})`).join(', ')
    const soonest = this.soonest(call)
    if (soonest === undefined) {
      const message = `no account can serve: ${list}. Correct the keys in agproxy.config.ts or the environment`
      return new GatewayError('authentication_error', message, { retry: false })
    }
    const overloaded = resting.every((s) => s.reason === 'overloaded' || s.reason === 'server-error')
    const headers = { 'retry-after': retryAfterSeconds(soonest) }
    return new GatewayError(
      overloaded ? 'overloaded_error' : 'rate_limit_error',
      `all accounts rest: ${list}`,
      { headers },
    )
  }

  #noAccount(call: Call): GatewayError {
    const all = this.all()
    const message =
      all.length === 0
        ? 'no upstream account is configured: set ZAI_API_KEY or AGPROXY_ANTHROPIC_API_KEY, or `accounts` in the config'
        : `no account serves the model '${call.model}' (accounts: ${all.map((a) => a.id).join(', ')})`
    return new GatewayError(all.length === 0 ? 'api_error' : 'not_found_error', message, { retry: false })
  }

  /** Every account whose upstream is in the chain; a stand-in upstream counts only while there is no other. */
  all(): readonly Account[] {
    const listed = this.#accounts.filter((a) => {
      const upstream = this.#upstreams.get(a.upstream)
      return upstream && (a.apiKey !== undefined || !upstream.needsKey)
    })
    if (listed.length > 0) return listed
    const standIns = this.#upstreams.list().filter((u) => u.precedence === 'stand-in')
    return standIns.map((u) => ({ id: u.name, upstream: u.name }))
  }

  /** Milliseconds that it still rests. */
  restsFor(account: Account): number {
    const state = this.#state.accounts.get(account.id)
    return state ? Math.max(0, state.restUntil - this.#now()) : 0
  }

  /** Takes it out of service for `ms`; Infinity: until the config changes. A longer rest is never cut short. */
  rest(account: Account, ms: number, reason: RestReason): void {
    const until = this.#now() + ms
    const before = this.#state.accounts.get(account.id)
    if (before && before.restUntil > until) return
    this.#state.accounts.set(account.id, { restUntil: until, reason })
  }

  /** It served: whatever was held against it is forgotten. */
  succeeded(account: Account): void {
    this.#state.accounts.delete(account.id)
  }

  status(): readonly AccountStatus[] {
    return this.all().map((account) => ({
      account,
      upstream: account.upstream,
      restsFor: this.restsFor(account),
      reason: this.restsFor(account) > 0 ? this.#state.accounts.get(account.id)?.reason : undefined,
    }))
  }
}

function describe({ reason, restsFor }: AccountStatus): string {
  const why = reason?.replace('-', ' ') ?? 'usable'
  return Number.isFinite(restsFor)
    ? `${why}, ${Math.ceil(restsFor / 1000)} s`
    : `${why}, until its key is changed`
}

/** An account's key; a function is asked each time, for keys that are refreshed. */
export async function keyOf(account: Account): Promise<string | undefined> {
  return typeof account.apiKey === 'function' ? account.apiKey() : account.apiKey
}
