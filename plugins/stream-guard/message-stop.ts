const MARKER = Buffer.from('message_stop')
/** The event has about 50 bytes; some upstreams add their metrics to it. */
const WINDOW = 1024
/** At the start of a line, so that an answer about `message_stop` is not taken for one, and with its closing blank line. */
const STOP = /[\r\n]event: ?message_stop(?:\r\n|\n|\r(?!\n))(?:.+(?:\r\n|\n|\r(?!\n)))+(?:\r\n|\n|\r(?!\n))/
const NOTHING: Buffer = Buffer.alloc(0)

/** Tells when `message_stop` has gone by, wherever the chunks break. */
export class MessageStop {
  #tail = NOTHING
  #seen = false

  saw(chunk: Buffer): boolean {
    if (this.#seen) return true
    const bytes = chunk.length >= WINDOW ? chunk : Buffer.concat([this.#tail, chunk])
    this.#tail = bytes.subarray(-WINDOW)
    this.#seen = this.#tail.includes(MARKER) && STOP.test(this.#tail.toString('latin1'))
    return this.#seen
  }
}
