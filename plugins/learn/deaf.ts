/** Milliseconds; a request that is wrong in itself must not keep others from being taught for long. */
const PAUSE = 60_000
const KEPT = 200

/** What was left out in vain a moment ago, so that it is not tried with every request. */
export class Deaf {
  readonly #until = new Map<string, number>()

  constructor(private readonly now: () => number = () => performance.now()) {}

  has(what: string): boolean {
    return (this.#until.get(what) ?? 0) > this.now()
  }

  add(what: string): void {
    if (this.#until.size >= KEPT) this.#until.clear()
    this.#until.set(what, this.now() + PAUSE)
  }
}
