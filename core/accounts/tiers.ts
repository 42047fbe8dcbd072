import type { Preference } from '../contract/call.js'
import type { Account } from '../contract/upstream.js'
import { mapModel, matchesModel } from '../upstream/models.js'
import type { Upstreams } from '../upstream/registry.js'
import { type Candidate, modelScope, stateIdOf } from './candidate.js'
import type { Loads } from './load.js'

/** The accounts that may ever serve a model: groups, the preferred one first; within a group all are equal. */
export interface Tiers {
  readonly tiers: readonly (readonly Candidate[])[]
  readonly all: readonly Candidate[]
  readonly byId: ReadonlyMap<string, Candidate>
  /** The same for models that the same accounts serve: a session has one account for each such set. */
  readonly set: string
  /** Those of a preference: they serve if they can do so at once and are well. */
  readonly preferred: boolean
}

/** Clients name models, so the rankings that are kept must have a bound. */
const LIMIT = 500

/**
 * Who may serve, in order of preference: by the upstream's precedence, then by `priority`, lower first.
 *
 * As long as no account names a `priority` or a `weight` the config's list is the preference; as soon as one does, those
 * without count as priority 0 and weight 1. Keys in one environment variable are equal.
 */
export class TierTable {
  readonly #kept = new Map<string, Tiers>()
  #upstreamsThen = 0

  constructor(
    private readonly accounts: readonly Account[],
    private readonly upstreams: Upstreams,
    private readonly loads: Loads,
    private readonly from: string,
  ) {}

  /** Every account whose upstream is in the chain; a stand-in upstream counts only while there is no other. */
  all(): readonly Account[] {
    const listed = this.accounts.filter((a) => {
      const upstream = this.upstreams.get(a.upstream)
      return upstream && (a.apiKey !== undefined || !upstream.needsKey)
    })
    if (listed.length > 0) return listed
    const standIns = this.upstreams.list().filter((u) => u.precedence === 'offline')
    return standIns.map((u) => ({ id: u.name, upstream: u.name }))
  }

  /** Those of a preference alone, where there is one. */
  of(model: string, preference?: Preference): Tiers {
    // Upstreams register while the chain is built; what was ranked before that is out of date.
    const { size } = this.upstreams
    if (size !== this.#upstreamsThen) this.#kept.clear()
    this.#upstreamsThen = size
    const { account, upstream, only } = preference ?? {}
    const key = preference ? [model, account, upstream, only === true].join('\n') : model
    let tiers = this.#kept.get(key)
    if (!tiers) {
      if (this.#kept.size >= LIMIT) this.#kept.clear()
      tiers = this.#build(model, preference)
      this.#kept.set(key, tiers)
    }
    return tiers
  }

  #build(model: string, preference: Preference | undefined): Tiers {
    const accounts = this.all()
    const present = accounts.filter((a) => servesModel(a, model))
    const precedence = (a: Account) => this.upstreams.get(a.upstream)?.precedence ?? 'pooled'
    const only = present.filter((a) => precedence(a) === 'exclusive')
    const usual = only.length > 0 ? only : present
    const eligible = preference ? usual.filter((a) => isPreferred(a, preference)) : usual
    const tiers = new Map<string, { readonly order: readonly number[]; readonly members: Candidate[] }>()
    for (const account of eligible) {
      const order = [precedence(account) === 'fallback' ? 1 : 0, this.#priority(account)]
      const group = tiers.get(order.join()) ?? { order, members: [] }
      group.members.push(this.#candidate(account, model))
      tiers.set(order.join(), group)
    }
    const sorted = [...tiers.values()]
      .sort(({ order: [a, b] }, { order: [c, d] }) => a! - c! || b! - d!)
      .map((group) => group.members)
    const set = eligible.length === accounts.length ? '' : `#${eligible.map((a) => a.id).join()}`
    const all = sorted.flat()
    return {
      tiers: sorted,
      preferred: preference !== undefined && preference.only !== true,
      all,
      byId: new Map(all.map((c) => [c.account.id, c])),
      set,
    }
  }

  #priority(account: Account): number {
    if (this.accounts.some((a) => a.priority !== undefined || a.weight !== undefined))
      return account.priority ?? 0
    const equal = (a: Account) => (this.from === 'env' ? a.upstream === account.upstream : a === account)
    return this.accounts.findIndex(equal)
  }

  #candidate(account: Account, model: string): Candidate {
    const id = stateIdOf(account)
    return {
      account,
      model: ownModel(account, model),
      weight: account.weight ?? 1,
      load: this.loads.of(id),
      scopes: [id, modelScope(id, model)],
    }
  }
}

/** Whether an account's `models` take this one; without `models` it serves all. */
export function servesModel({ models }: Account, model: string): boolean {
  if (!models) return true
  return isList(models) ? models.some((p) => matchesModel(p, model)) : mapModel(models, model) !== undefined
}

/** The account's own name for a model, where its `models` give one. */
export function ownModel({ models }: Account, model: string): string | undefined {
  return !models || isList(models) ? undefined : mapModel(models, model)
}

function isList(models: NonNullable<Account['models']>): models is readonly string[] {
  return Array.isArray(models)
}

function isPreferred(
  { id, upstream }: Account,
  { account = id, upstream: of = upstream }: Preference,
): boolean {
  return id === account && upstream === of
}
