import type { Account, Accounts, AttemptRecord, Logger, PriceList, Prices } from '../../core/index.js'
import { costOf, loggable, type RequestCost } from '../../core/kit.js'
import type { CacheVerdict } from './cache-doctor.js'
import type { Entry } from './entry.js'

/** What requests cost, in US dollars: computed when they are read, since the price list takes 20 ms to load. */
export class Money {
  #list: PriceList | undefined
  #loading: Promise<void> | undefined
  readonly #known = new WeakMap<Entry, RequestCost>()
  #accounts: ReadonlyMap<string, Account> | undefined

  constructor(
    private readonly prices: Prices,
    private readonly accounts: Accounts,
    private readonly logger: Logger,
  ) {}

  /** Without a price list nothing has a cost; the log says so once. */
  load(): Promise<void> {
    this.#loading ??= this.prices.load().then(
      (list) => {
        this.#list = list
      },
      (error) => this.logger.warn(`no costs of requests: ${loggable(error)}`),
    )
    return this.#loading
  }

  /** Reckoned once: 200 rows and their sessions took 40 ms. */
  of(entry: Entry): RequestCost {
    let cost = this.#known.get(entry)
    if (!cost) {
      cost = costOf(entry, this.#byId(), this.#list)
      this.#known.set(entry, cost)
    }
    return cost
  }

  /** What a missed cache cost above what its hit would have. */
  lost(verdict: CacheVerdict | undefined, answer: AttemptRecord | undefined): number | undefined {
    const lost = verdict?.lostTokens
    if (lost === undefined || !answer || this.#byId().get(answer.account)?.plan) return undefined
    const cacheCreationTokens = Math.min(lost, answer.cacheCreationTokens ?? 0)
    const again = { inputTokens: lost - cacheCreationTokens, cacheCreationTokens }
    const paid = this.#list?.cost(answer.model, again, answer.upstream)
    const hit = this.#list?.cost(answer.model, { cacheReadTokens: lost }, answer.upstream)
    return paid === undefined || hit === undefined ? undefined : paid - hit
  }

  #byId(): ReadonlyMap<string, Account> {
    this.#accounts ??= new Map(this.accounts.all().map((account) => [account.id, account]))
    return this.#accounts
  }
}
