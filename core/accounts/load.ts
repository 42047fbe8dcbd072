import type { StateStore } from '../state/store.js'

/** After this long a session that was given to an account counts for 1/e in the balance. */
const MEMORY = 30 * 60_000

/** What an account carries: requests in flight here, and places taken by all gateways where its number is limited. */
export class Seat {
  inFlight = 0
  #placed = 0
  #placedAt = 0

  constructor(
    readonly id: string,
    private readonly store: StateStore,
    private readonly now: () => number,
  ) {}

  /** Requests under way, as far as is known here. */
  get taken(): number {
    return Math.max(this.inFlight, this.store.leases(this.id))
  }

  /** Sessions given to it lately. */
  get placed(): number {
    return this.#placed * Math.exp((this.#placedAt - this.now()) / MEMORY)
  }

  place(): void {
    this.#placed = this.placed + 1
    this.#placedAt = this.now()
  }
}

/** All seats, by the account's state id; they outlive a reload of the config, as the requests on them do. */
export class Seats {
  readonly #byId = new Map<string, Seat>()

  constructor(
    private readonly store: StateStore,
    private readonly now: () => number,
  ) {}

  of(id: string): Seat {
    let seat = this.#byId.get(id)
    if (!seat) {
      seat = new Seat(id, this.store, this.now)
      this.#byId.set(id, seat)
    }
    return seat
  }
}
