import type { ByteSink } from '../contract/http.js'
import { LineCutter } from './lines.js'
import { SseEvent, saysNothing } from './sse-event.js'

const LF = 0x0a
const CR = 0x0d
const BLANK_LINE = Buffer.from('\n\n')
const LINE_END = Buffer.from('\n')
const RETURN = Buffer.from('\r')
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
 * Some upstreams leave out the blank lines between events. Looks at the beginning of a stream until the first event that says
 * something has its blank line, or a second one follows without; comments and pings before it may have theirs. Then it hands
 * on what came, and `found` the sink for the rest: `sink` itself, or one that puts a blank line after each `data:` line.
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
      else this.#next = this.sink
    } else if (!isData(line)) {
      this.#beside += line.length
      if (this.#beside > ENOUGH) this.#next = this.sink
    } else if (this.#data) {
      // The data of one event may be spread over several lines; a line that is an object is all of it.
      this.#next = isObject(this.#data) ? new Spaced(this.sink) : this.sink
    } else this.#data = line
    return this.#next !== undefined
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

function isBlank(line: Buffer): boolean {
  return line[0] === LF || line[0] === CR
}

/** Also behind a byte order mark. */
function isData(line: Buffer): boolean {
  return /^(\xef\xbb\xbf)?data:/.test(line.toString('latin1', 0, 8))
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

/** Puts a blank line after each `data:` line that has none. */
class Spaced implements ByteSink {
  readonly #lines = new LineCutter()
  #added = false
  #out: Buffer[] = []

  constructor(private readonly sink: ByteSink) {}

  data(chunk: Buffer): void {
    this.#lines.push(chunk, this.#onLine)
    this.#flush()
  }

  end(): void {
    this.#out.push(this.#lines.end(this.#onLine))
    this.#flush()
    this.sink.end()
  }

  error(error: Error): void {
    this.sink.error(error)
  }

  readonly #onLine = (line: Buffer): void => {
    const hasOne = this.#added && isBlank(line)
    this.#added = isData(line)
    // After a CR alone an LF would be half of the same line end.
    const added = line.at(-1) === CR ? RETURN : LINE_END
    if (this.#added) this.#out.push(line, added)
    else this.#out.push(hasOne ? line.subarray(line[0] === CR && line[1] === LF ? 2 : 1) : line)
  }

  #flush(): void {
    const out = Buffer.concat(this.#out)
    this.#out = []
    if (out.length > 0) this.sink.data(out)
  }
}
