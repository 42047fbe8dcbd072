/** Milliseconds after which a request that still runs has a line in the log. */
const LONG = 30_000
/** Milliseconds between two looks at all of them: a timer of its own takes 2 µs of each request. */
const LOOK = 2_000

interface Running {
  /** By `performance.now()`. */
  readonly startedAt: number
  /** Its place in the list; -1: it is in none. Only the list changes it. */
  place: number
  /** Called once. */
  runsLong(ms: number): void
}

/** Says of a request that takes long what it is, so that a stall is seen before its end. */
export class LongRequests {
  /**
   * In no order. No Set: V8 leaves the tables that it outgrows behind in the old generation, each of them with its members and with a pointer to
   * the next one, so that every request outlived the collections of young objects (3 times their time).
   */
  readonly #running: Running[] = []
  #timer: NodeJS.Timeout | undefined

  begun(request: Running): void {
    request.place = this.#running.push(request) - 1
    this.#timer ??= setInterval(() => this.#look(), LOOK).unref()
  }

  ended(request: Running): void {
    const { place } = request
    if (place < 0) return
    request.place = -1
    const last = this.#running.pop()!
    if (last === request) return
    this.#running[place] = last
    last.place = place
  }

  #look(): void {
    const now = performance.now()
    const long = this.#running.filter(({ startedAt }) => now - startedAt >= LONG)
    for (const request of long) this.ended(request)
    if (this.#running.length === 0) {
      clearInterval(this.#timer)
      this.#timer = undefined
    }
    // Last, since a logger of one's own may do anything.
    for (const request of long) request.runsLong(now - request.startedAt)
  }
}
