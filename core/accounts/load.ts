import type { StateStore } from '../contract/state.js'

/** After this long a session that was given to an account counts for 1/e in the balance. */
const MEMORY = 30 * 60_000

/** What an account carries: requests in flight here, and places taken by all gateways where its number is limited. */
export class AccountLoad {
  inFlight = 0
  #recentSessions = 0
  #placedAt = 0

  constructor(
    readonly id: string,
    private readonly store: StateStore,
    private readonly now: () => number,
  ) {}

  /** Requests under way, as far as is known here. */
  get active(): number {
    return Math.max(this.inFlight, this.store.slots(this.id))
  }

  /** Sessions given to it lately. */
  get recentSessions(): number {
    return this.#recentSessions * Math.exp((this.#placedAt - this.now()) / MEMORY)
  }

  sessionPinned(): void {
    this.#recentSessions = this.recentSessions + 1
    this.#placedAt = this.now()
  }
}

/** All seats, by the account's state id; they outlive a reload of the config, as the requests on them do. */
export class Loads {
  readonly #byId = new Map<string, AccountLoad>()

  constructor(
    private readonly store: StateStore,
    private readonly now: () => number,
  ) {}

  of(id: string): AccountLoad {
    let load = this.#byId.get(id)
    if (!load) {
      load = new AccountLoad(id, this.store, this.now)
      this.#byId.set(id, load)
    }
    return load
  }
}
