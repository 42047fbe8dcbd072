import type { ByteSink } from '../contract/http.js'
import { LineCutter } from './lines.js'
import { forgetMarks, type Mark, mayHave } from './marks.js'
import { isBlank, isData, Spaced } from './spaced.js'

const BRACE = 0x7d
const BLANK_LINE = Buffer.from('\n')

/** An object's end, the end of its line and the first letter of `event:` or `data:`: no blank line is between. */
const WORDS = {
  lf: [Buffer.from('}\ne'), Buffer.from('}\nd')],
  crlf: [Buffer.from('}\r\ne'), Buffer.from('}\r\nd')],
}

/**
 * Some upstreams leave out blank lines in the middle of a stream. By the grammar the events on either side are one then: the last name
 * is its name, both objects are its data, and the official SDK fails on it (`Could not parse message into JSON`). No JSON value is two
 * objects one behind the other: a `data:` line that begins one behind a line that ended one gets a blank line before its event, and so
 * has each event from there on. All else passes byte for byte.
 */
export class LateSpacing implements ByteSink {
  readonly #words: readonly Buffer[]
  /** Without it a chunk has no such word. */
  readonly #mark: Mark
  /** The last bytes that came: a word may be cut by chunks. */
  #last: Buffer = Buffer.alloc(0)
  /** Of a stream that has such a word. */
  #lines: Lines | undefined

  constructor(
    private readonly sink: ByteSink,
    crlf: boolean,
  ) {
    this.#words = crlf ? WORDS.crlf : WORDS.lf
    this.#mark = crlf ? 'return' : 'unspaced'
  }

  data(chunk: Buffer): void {
    if (this.#lines) {
      this.#lines.data(chunk)
      return
    }
    forgetMarks()
    const letter = this.#letterIn(chunk)
    if (letter < 0) {
      this.#remember(chunk)
      this.sink.data(chunk)
      return
    }
    if (letter > 0) this.sink.data(chunk.subarray(0, letter))
    this.#lines = new Lines(this.sink)
    this.#lines.data(chunk.subarray(letter))
  }

  end(): void {
    const sink = this.#lines?.ended() ?? this.sink
    sink.end()
  }

  error(error: Error): void {
    const sink = this.#lines?.ended() ?? this.sink
    sink.error(error)
  }

  /** Where the letter of the first such word is; negative: there is none. */
  #letterIn(chunk: Buffer): number {
    const before = this.#words[0]!.length - 1
    if (this.#last.includes(BRACE)) {
      const at = this.#wordIn(Buffer.concat([this.#last, chunk.subarray(0, before)]))
      if (at >= 0) return at + before - this.#last.length
    }
    const at = mayHave(chunk, this.#mark) ? this.#wordIn(chunk) : -1
    return at < 0 ? at : at + before
  }

  #wordIn(bytes: Buffer): number {
    const [event, data] = this.#words.map((word) => bytes.indexOf(word)) as [number, number]
    return event < 0 || data < 0 ? Math.max(event, data) : Math.min(event, data)
  }

  #remember(chunk: Buffer): void {
    const before = this.#words[0]!.length - 1
    this.#last = (chunk.length < before ? Buffer.concat([this.#last, chunk]) : chunk).subarray(-before)
  }
}

/** Bytes of lines behind a brace that are kept. */
const ENOUGH = 64 * 1024
/** Characters at either end of a line that may be white space before its brace. */
const EDGE = 64

/** A stream line by line, from a line on that follows the end of an object. */
class Lines {
  readonly #cutter = new LineCutter()
  /** Behind a line that ended in a brace: those of the next event, if a blank line is missing. */
  #held: Buffer[] | undefined = []
  #heldBytes = 0
  #out: Buffer[] = []

  constructor(private sink: ByteSink) {}

  data(chunk: Buffer): void {
    const rest = this.sink instanceof Spaced ? chunk : this.#cutter.push(chunk, this.#onLine)
    this.#flush()
    if (rest && rest.length > 0) this.sink.data(rest)
  }

  /** What is held goes on: the last line may have no end. Returns the sink that is to know of the end. */
  ended(): ByteSink {
    const rest = this.#cutter.end(this.#onLine)
    if (rest.length > 0) this.#onLine(rest)
    this.#out.push(...(this.#held ?? []))
    this.#flush()
    return this.sink
  }

  /** True once a blank line is missing. */
  readonly #onLine = (line: Buffer): boolean => {
    const held = this.#held ?? []
    if (this.#held && beginsObject(line)) {
      this.#out.push(BLANK_LINE)
      this.#flush()
      this.#held = undefined
      this.sink = new Spaced(this.sink)
      this.sink.data(Buffer.concat([...held, line]))
      return true
    }
    this.#heldBytes += line.length
    if (this.#held && !isBlank(line) && !isData(line) && this.#heldBytes <= ENOUGH) {
      held.push(line)
      return false
    }
    this.#out.push(...held, line)
    this.#held = endsObject(line) ? [] : undefined
    this.#heldBytes = 0
    return false
  }

  #flush(): void {
    if (this.#out.length === 0) return
    const out = Buffer.concat(this.#out)
    this.#out = []
    this.sink.data(out)
  }
}

function beginsObject(line: Buffer): boolean {
  return /^data:\s*\{/.test(line.toString('latin1', 0, EDGE))
}

function endsObject(line: Buffer): boolean {
  return /\}\s*$/.test(line.toString('latin1', Math.max(0, line.length - EDGE)))
}
