import type { ByteSink } from '../contract/http.js'
import { LateSpacing } from './late-spacing.js'
import { LineCutter } from './lines.js'
import { isBlank, isData, Spaced } from './spaced.js'
import { SseEvent, saysNothing } from './sse-event.js'

const BLANK_LINE = Buffer.from('\n\n')
const CRLF = Buffer.from('\r\n')
/** Bytes of one event, beside its data, that are looked at. */
const ENOUGH = 64 * 1024
/** Real pings have 20 to 60 bytes. */
const LONGEST_NOTHING = 4 * 1024
const NOTHING = Buffer.alloc(0)

/** Whether bytes begin with a whole event that says something, in the usual spelling: a stream that has its blank lines. */
export function isSpaced(bytes: Buffer): boolean {
  const end = bytes.indexOf(BLANK_LINE)
  if (end < 0) return false
  const event = SseEvent.parse(bytes.subarray(0, end + BLANK_LINE.length))
  return !saysNothing(event) && !event.text.includes('\n')
}

/**
 * Some upstreams leave out the blank lines between events, all of them or those in the middle of a stream (`LateSpacing`). Looks at the beginning of a stream until the first event that says
 * something has its blank line, or a second one follows without; comments and pings before it may have theirs. Then it hands
 * on what came, and `found` the sink for the rest: one that puts a blank line after each `data:` line, or one that does so as soon
 * as a blank line is missing.
 */
export class Spacing implements ByteSink {
  readonly #lines = new LineCutter()
  /** The lines of the event that is looked at. */
  #event: Buffer[] = []
  /** Bytes of its lines that are no data. */
  #beside = 0
  /** Its first `data:` line. */
  #data: Buffer | undefined
  #next: ByteSink | undefined

  constructor(
    private readonly sink: ByteSink,
    private readonly found: (sink: ByteSink) => void,
  ) {}

  data(chunk: Buffer): void {
    if (this.#next) {
      this.#next.data(chunk)
      return
    }
    const rest = this.#lines.push(chunk, this.#onLine)
    if (this.#next) this.#go(this.#next, rest)
  }

  end(): void {
    const rest = this.#lines.end(this.#onLine)
    this.#go(this.#next ?? this.sink, rest)
    this.#next!.end()
  }

  error(error: Error): void {
    const rest = this.#lines.end(this.#onLine)
    this.#go(this.#next ?? this.sink, rest)
    this.#next!.error(error)
  }

  /** True once it is known what stream it is. */
  readonly #onLine = (line: Buffer): boolean => {
    this.#event.push(line)
    if (isBlank(line)) {
      if (this.#saysNothing) this.#pass()
      else this.#next = this.#watched(line)
    } else if (!isData(line)) {
      this.#beside += line.length
      if (this.#beside > ENOUGH) this.#next = this.#watched(line)
    } else if (this.#data) {
      // The data of one event may be spread over several lines; a line that is an object is all of it.
      this.#next = isObject(this.#data) ? new Spaced(this.sink) : this.#watched(line)
    } else this.#data = line
    return this.#next !== undefined
  }

  #watched(line: Buffer): ByteSink {
    return new LateSpacing(this.sink, line.includes(CRLF))
  }

  get #saysNothing(): boolean {
    if (!this.#data) return true
    return this.#data.length < LONGEST_NOTHING && saysNothing(SseEvent.parse(Buffer.concat(this.#event)))
  }

  /** What says nothing is not waited with: an upstream can send it for minutes. */
  #pass(): void {
    const event = Buffer.concat(this.#event)
    this.#event = []
    this.#beside = 0
    this.#data = undefined
    this.sink.data(event)
  }

  #go(sink: ByteSink, rest: Buffer = NOTHING): void {
    const held = Buffer.concat([...this.#event, rest])
    this.#event = []
    this.#next = sink
    this.found(sink)
    if (held.length > 0) sink.data(held)
  }
}

function isObject(line: Buffer): boolean {
  const text = line.subarray(line.indexOf(':') + 1)
  return (
    /^\s*\{/.test(text.toString('latin1', 0, EDGE)) &&
    /\}\s*$/.test(text.toString('latin1', Math.max(0, text.length - EDGE)))
  )
}

/** Characters at either end of a line that may be white space before its bracket. */
const EDGE = 64
