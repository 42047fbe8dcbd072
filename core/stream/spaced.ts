import type { ByteSink } from '../contract/http.js'
import { LineCutter } from './lines.js'

const LF = 0x0a
const CR = 0x0d
const LINE_END = Buffer.from('\n')
const RETURN = Buffer.from('\r')

export function isBlank(line: Buffer): boolean {
  return line[0] === LF || line[0] === CR
}

/** Also behind a byte order mark. */
export function isData(line: Buffer): boolean {
  return /^(\xef\xbb\xbf)?data:/.test(line.toString('latin1', 0, 8))
}

/** Puts a blank line after each `data:` line that has none. */
export class Spaced implements ByteSink {
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
