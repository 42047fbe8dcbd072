import { errorInEvent } from '../errors/embedded-error.js'
import { FrameDecoder } from '../stream/sse-decoder.js'
import { StreamEvent } from '../stream/sse-event.js'

const LF = 0x0a
const CR = 0x0d
/** What an answer's own events begin with, and bytes that show it. */
const OF_ANSWER = /^event: ?(message_(start|delta|stop)|content_block_(start|delta|stop)|ping)\n/
const ENOUGH = 32
const BLANK_LINE = Buffer.from('\n\n')
/** `error` without its first letter, at whose many others the search would stop. */
const ERROR = Buffer.from('rror')
/** A larger event goes on as it comes: it is no error. */
const EVENT_LIMIT = 1024 * 1024
/** What an error event has before it is decoded. Inside of an answer's text the quotes are escaped. */
const MAY_BE_ERROR = /(^|[\r\n])\ufeff?event: ?error|"errors?"/

/**
 * Takes keys out of the error events of a stream; all else passes byte for byte. A chunk without the word `error` that ends
 * behind an event, as nearly all do, is only looked through. Of any other the event that it breaks off in waits for its end, unless
 * it is one of an answer's own.
 */
export class MaskedErrors {
  readonly #mask: (text: string) => string
  readonly #pass: (bytes: Buffer) => void
  /** Of the event that has not ended. */
  #held: Buffer[] = []
  #heldBytes = 0
  #state: 'between' | 'holding' | 'passing' = 'between'
  #endsInLF = false
  /** Of a stream with other line ends. */
  #decoder: FrameDecoder | undefined

  constructor(mask: (text: string) => string, pass: (bytes: Buffer) => void) {
    this.#mask = mask
    this.#pass = pass
  }

  push(chunk: Buffer): void {
    if (this.#decoder || chunk.includes(CR)) this.#pushAny(chunk)
    else this.#pushLF(chunk)
  }

  /** What is held, as the stream has ended or broken off. */
  end(): void {
    const rest = this.#decoder ? this.#decoder.rest() : this.#takeHeld()
    if (rest.length > 0) this.#pass(this.#masked(rest))
  }

  #pushLF(chunk: Buffer): void {
    let rest = chunk
    if (this.#state !== 'between') {
      const end = this.#endOfEvent(chunk)
      this.#inside(end === 0 ? chunk : chunk.subarray(0, end))
      if (end === 0) return
      this.#over()
      rest = chunk.subarray(end)
    }
    const last = endsInBlankLine(rest) ? rest.length - 2 : rest.lastIndexOf(BLANK_LINE)
    const whole = last < 0 ? 0 : last + 2
    if (whole > 0) this.#frames(whole === rest.length ? rest : rest.subarray(0, whole))
    if (whole < rest.length) this.#inside(rest.subarray(whole))
  }

  /** Where in the chunk the event ends that has begun; 0: it does not. */
  #endOfEvent(chunk: Buffer): number {
    if (this.#endsInLF && chunk[0] === LF) return 1
    const at = chunk.indexOf(BLANK_LINE)
    return at < 0 ? 0 : at + 2
  }

  #inside(part: Buffer): void {
    this.#endsInLF = part[part.length - 1] === LF
    if (this.#state === 'passing') {
      this.#pass(part)
      return
    }
    this.#state = 'holding'
    this.#held.push(part)
    this.#heldBytes += part.length
    if (this.#heldBytes <= EVENT_LIMIT && !this.#isOfAnswer()) return
    this.#state = 'passing'
    this.#pass(this.#takeHeld())
  }

  /** By the first line of the event that is held. */
  #isOfAnswer(): boolean {
    const [first] = this.#held
    const begin = first!.length >= ENOUGH ? first! : Buffer.concat(this.#held.slice(0, ENOUGH))
    return OF_ANSWER.test(begin.toString('latin1', 0, ENOUGH))
  }

  #over(): void {
    if (this.#state === 'holding') this.#pass(this.#masked(this.#takeHeld()))
    this.#state = 'between'
  }

  #takeHeld(): Buffer {
    const bytes = this.#held.length === 1 ? this.#held[0]! : Buffer.concat(this.#held)
    this.#held = []
    this.#heldBytes = 0
    return bytes
  }

  /** Whole events. */
  #frames(bytes: Buffer): void {
    if (!bytes.includes(ERROR)) {
      this.#pass(bytes)
      return
    }
    const out: Buffer[] = []
    let isChanged = false
    new FrameDecoder().push(bytes, (frame) => {
      const masked = this.#masked(frame)
      isChanged ||= masked !== frame
      out.push(masked)
    })
    this.#pass(isChanged ? Buffer.concat(out) : bytes)
  }

  #pushAny(chunk: Buffer): void {
    if (!this.#decoder) {
      this.#decoder = new FrameDecoder(Number.POSITIVE_INFINITY)
      const held = this.#takeHeld()
      if (held.length > 0) this.#pushAny(held)
    }
    const out: Buffer[] = []
    this.#decoder.push(chunk, (frame) => void out.push(this.#masked(frame)))
    if (out.length > 0) this.#pass(out.length === 1 ? out[0]! : Buffer.concat(out))
  }

  #masked(frame: Buffer): Buffer {
    const text = frame.toString('utf8')
    if (!MAY_BE_ERROR.test(text)) return frame
    const event = StreamEvent.parse(frame)
    if (!event.hasData || !errorInEvent(event)) return frame
    const masked = this.#mask(text)
    return masked === text ? frame : Buffer.from(masked)
  }
}

function endsInBlankLine(bytes: Buffer): boolean {
  const { length } = bytes
  return length > 1 && bytes[length - 1] === LF && bytes[length - 2] === LF
}
