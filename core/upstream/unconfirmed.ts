/** Bytes of comments and pings that are kept until the first event, the newest: an upstream can send them for minutes. */
const QUIET_LIMIT = 64 * 1024
/** Bytes that tell what a body is. */
const START = 16

/** Bytes in pieces, joined once: an upstream may send one at a time. */
export class Odd {
  length = 0
  readonly #chunks: Buffer[] = []
  #start: Buffer = Buffer.alloc(0)

  keep(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.length += chunk.length
    if (this.#start.length < START) this.#start = Buffer.concat([this.#start, chunk]).subarray(0, START)
  }

  /** As much of it as tells what it is. */
  get start(): string {
    return this.#start.toString('utf8')
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks)
  }
}

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
