import type { ByteSink } from '../contract/http.js'

const LF = 0x0a
const CR = 0x0d
const BLANK_LINE = Buffer.from('\n\n')
/** Bytes without a `data:` line that are looked at. */
const ENOUGH = 64 * 1024

/** Bytes in which an event may end. */
export function hasBlankLine(bytes: Buffer): boolean {
  return bytes.includes(BLANK_LINE) || (bytes.includes(CR) && /\r\r|\r\n\r\n/.test(bytes.toString('latin1')))
}

/**
 * Some upstreams leave out the blank lines between events. Looks at the beginning of a stream until its first blank line, or
 * until a second event follows without one; then it hands on what came, and `found` the sink for the rest: `sink` itself, or
 * one that puts a blank line after each `data:` line.
 */
export class Spacing implements ByteSink {
  #held: Buffer[] = []
  #bytes = 0
  /** The end of what came before, in which a blank line may have begun. */
  #tail: Buffer = Buffer.alloc(0)

  constructor(
    private readonly sink: ByteSink,
    private readonly found: (sink: ByteSink) => void,
  ) {}

  data(chunk: Buffer): void {
    this.#held.push(chunk)
    this.#bytes += chunk.length
    const bytes = this.#tail.length > 0 ? Buffer.concat([this.#tail, chunk]) : chunk
    this.#tail = bytes.subarray(-3)
    if (hasBlankLine(bytes)) this.#go(this.sink)
    else if (bytes.includes(LF)) this.#look()
  }

  #look(): void {
    const lines = Buffer.concat(this.#held).toString('latin1').split(/\r?\n/).slice(0, -1)
    const data = lines.filter((line) => /^(\xef\xbb\xbf)?data:/.test(line))
    // The data of one event may be spread over several lines; a line that is an object is all of it.
    if (data.length === 0 ? this.#bytes > ENOUGH : !isObject(data[0]!)) this.#go(this.sink)
    else if (data.length > 1) this.#go(new Spaced(this.sink))
  }

  #go(sink: ByteSink): void {
    const held = this.#held
    this.#held = []
    this.found(sink)
    for (const chunk of held) sink.data(chunk)
  }

  end(): void {
    this.#go(this.sink)
    this.sink.end()
  }

  error(error: Error): void {
    this.#go(this.sink)
    this.sink.error(error)
  }
}

function isObject(line: string): boolean {
  return /^\s*\{.*\}\s*$/s.test(line.slice(line.indexOf(':') + 1))
}

/** Puts a blank line after each `data:` line. */
class Spaced implements ByteSink {
  /** Of the line that is not whole yet. */
  #rest: Buffer[] = []

  constructor(private readonly sink: ByteSink) {}

  data(chunk: Buffer): void {
    this.#rest.push(chunk)
    if (!chunk.includes(LF)) return
    const bytes = Buffer.concat(this.#rest)
    const end = bytes.lastIndexOf(LF) + 1
    this.#rest = end < bytes.length ? [bytes.subarray(end)] : []
    const lines = bytes.toString('latin1', 0, end)
    this.sink.data(Buffer.from(lines.replace(/^((?:\xef\xbb\xbf)?data:[^\n]*\n)/gm, '$1\n'), 'latin1'))
  }

  end(): void {
    if (this.#rest.length > 0) this.sink.data(Buffer.concat(this.#rest))
    this.sink.end()
  }

  error(error: Error): void {
    this.sink.error(error)
  }
}
