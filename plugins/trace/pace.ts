/** Requests a second that are watched, and as many more at once. A gateway under load has no need of each, and no time. */
const RATE = 20
const BURST = 50

/** Which requests are watched: all, up to a rate. */
export class Pace {
  #credit = BURST
  #at = 0

  allows(now = performance.now()): boolean {
    this.#credit = Math.min(BURST, this.#credit + ((now - this.#at) / 1000) * RATE)
    this.#at = now
    if (this.#credit < 1) return false
    this.#credit--
    return true
  }
}
