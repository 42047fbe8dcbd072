/** Bytes of comments and pings that are kept until the first event, the newest: an upstream can send them for minutes. */
const QUIET_LIMIT = 64 * 1024

/** The newest frames that say nothing. */
export class Quiet {
  #frames: Buffer[] = []
  /** The first of them that is still wanted: to shift a list of 60,000 for each frame would take 20 µs. */
  #first = 0
  #bytes = 0

  keep(frame: Buffer): void {
    this.#frames.push(frame)
    this.#bytes += frame.length
    while (this.#bytes > QUIET_LIMIT) this.#bytes -= this.#frames[this.#first++]!.length
    if (this.#first <= this.#frames.length / 2) return
    this.#frames = this.frames
    this.#first = 0
  }

  get frames(): Buffer[] {
    return this.#frames.slice(this.#first)
  }
}
