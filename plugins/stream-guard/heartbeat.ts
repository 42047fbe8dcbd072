import type { ByteSink } from '../../core/index.js'

const LF = 0x0a
const CR = 0x0d

/**
 * Beats while nothing comes: a comment, which every client ignores (an event type of our own would break the AI SDK). A
 * comment is a line, so it can go between events and between the lines of one event, and never inside a line.
 */
export class Heartbeat {
  readonly #timer: NodeJS.Timeout | undefined
  #paused = false
  /** The last bytes that went to the client; a stream begins at a line's start. */
  #last = LF
  #beforeLast = LF
  /** After a CR an LF may still come, unless the whole stream has none. */
  #onlyCR = true

  constructor(interval: number, sink: ByteSink, onBeat: () => void) {
    if (interval <= 0) return
    this.#timer = setTimeout(() => {
      if (this.atLineStart && !this.#paused) {
        sink.data(this.#betweenEvents ? BEAT_BETWEEN : BEAT_WITHIN)
        onBeat()
      }
      this.#timer!.refresh()
    }, interval)
    this.#timer.unref()
  }

  saw(chunk: Buffer): void {
    this.#timer?.refresh()
    if (this.#onlyCR && chunk.includes(LF)) this.#onlyCR = false
    if (chunk.length > 1) this.#beforeLast = chunk[chunk.length - 2]!
    else if (chunk.length === 1) this.#beforeLast = this.#last
    else return
    this.#last = chunk[chunk.length - 1]!
  }

  /** The client's buffer is full: comments would only wait there. */
  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  get atLineStart(): boolean {
    return this.#last === LF || (this.#last === CR && this.#onlyCR)
  }

  /** What ends an event that is half sent, so that the next one is not read as a part of it. */
  get closing(): Buffer {
    return this.#betweenEvents ? NOTHING : BLANK_LINE
  }

  /** The last two bytes are two line ends; of `\n\r\n`, `\r\n` is one, so CRLF streams count as within, which is safe. */
  get #betweenEvents(): boolean {
    return this.#last === this.#beforeLast && this.atLineStart
  }
}

const BEAT_BETWEEN = Buffer.from(': keep-alive\n\n')
const BEAT_WITHIN = Buffer.from(': keep-alive\n')
const BLANK_LINE = Buffer.from('\n')
const NOTHING = Buffer.alloc(0)
