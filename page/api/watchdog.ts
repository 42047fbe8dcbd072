/** Milliseconds without a sign of life; the gateway gives one every 4 s. */
const SILENCE = 10_000

/** Aborts what is asked of a gateway that says nothing: one that hangs keeps its connections open, and they never fail. */
export class Watchdog {
  /** Milliseconds since 1970. */
  heardAt = Date.now()
  readonly #silent = new AbortController()
  /** Aborted by silence, or with the signal that was given. */
  readonly signal: AbortSignal
  #timer = this.#started()

  constructor(signal: AbortSignal) {
    this.signal = AbortSignal.any([signal, this.#silent.signal])
  }

  heard(): void {
    this.heardAt = Date.now()
    clearTimeout(this.#timer)
    this.#timer = this.#started()
  }

  end(): void {
    clearTimeout(this.#timer)
  }

  #started(): ReturnType<typeof setTimeout> {
    return setTimeout(() => this.#silent.abort(), SILENCE)
  }
}
