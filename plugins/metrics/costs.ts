import type { Account, Accounts, AttemptRecord, Logger, PriceList, Prices } from '../../core/index.js'
import { loggable } from '../../core/kit.js'

type Counted = (list: PriceList, accounts: ReadonlyMap<string, Account>) => void

/** What is needed to count money: loaded with the first attempt that has tokens. */
export class Costs {
  #list: PriceList | undefined
  #loading: Promise<void> | undefined
  #accounts: ReadonlyMap<string, Account> | undefined

  constructor(
    private readonly prices: Prices,
    private readonly accounts: Accounts,
    private readonly logger: Logger,
  ) {}

  /** Calls `counted`, once prices are there, for attempts that took tokens. Without a price list no money is counted. */
  of(attempts: readonly AttemptRecord[], counted: Counted): void {
    if (!attempts.some(({ inputTokens, outputTokens }) => inputTokens || outputTokens)) return
    this.#accounts ??= new Map(this.accounts.all().map((account) => [account.id, account]))
    const accounts = this.#accounts
    if (this.#list) {
      counted(this.#list, accounts)
      return
    }
    this.#loading ??= this.prices.load().then(
      (list) => {
        this.#list = list
      },
      (error) => this.logger.warn(`no cost is counted: ${loggable(error)}`),
    )
    void this.#loading.then(() => this.#list && counted(this.#list, accounts))
  }
}
