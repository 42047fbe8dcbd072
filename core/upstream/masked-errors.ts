import { errorInEvent } from '../errors/embedded-error.js'
import { mayHave } from '../stream/marks.js'
import { FrameDecoder } from '../stream/sse-decoder.js'
import { StreamEvent } from '../stream/sse-event.js'

const LF = 0x0a
/**
 * What an answer's own events begin with, by their name and their data, and bytes that show it. Those that begin and end a block wait, so
 * that they come whole.
 */
const OF_ANSWER = /^event: ?(message_(?:start|delta|stop)|content_block_delta|ping)\ndata: ?\{ ?"type": ?"\1"/
const ENOUGH = 72
const BLANK_LINE = Buffer.from('\n\n')
/** A larger event goes on as it comes: it is no error, but for one that says so. */
const EVENT_LIMIT = 1024 * 1024
const SAYS_ERROR = /^\ufeff?event: ?error/
/** What an error event has before it is decoded, in whatever envelope. Inside of an answer's text the quotes are escaped. */
const MAY_BE_ERROR =
  /(^|[\r\n])\ufeff?event: ?error|"(errors?|code|status|statusCode|msg|detail|success|base_resp)"\s*:|"message"\s*:\s*"|"(type|object)"\s*:\s*"[^"]*(error|exception)"/i
/** What chunks have in which an event may be one. */
const ERROR_MARKS = ['error', 'errorField', 'spacedField', 'detail', 'words'] as const

/**
 * Takes keys out of the error events of a stream, in every envelope in which `errorInEvent` finds one; all else passes byte for byte.
 * A chunk that has no mark of an error and ends behind an event, as nearly all do, is only looked through. Of any other the event that it
 * breaks off in waits for its end, unless it is one of an answer's own.
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
    if (chunk.length === 0) return
    if (this.#decoder || mayHave(chunk, 'return')) this.#pushAny(chunk)
    else this.#pushLF(chunk)
  }

  /** What is held, as the stream has ended or broken off. */
  end(): void {
    const rest = this.#decoder ? this.#decoder.rest() : this.#takeHeld()
    if (rest.length > 0) this.#pass(this.#masked(rest))
  }

  /** In one piece where nothing waits: two would be copied together again on their way out. */
  #pushLF(chunk: Buffer): void {
    if (this.#state === 'holding' || mayHoldError(chunk)) {
      this.#pushPieces(chunk)
      return
    }
    const whole = this.#endOfWhole(chunk)
    if (whole === chunk.length) this.#state = 'between'
    else if (whole > 0 || this.#state === 'between') {
      if (!isOfAnswer(chunk.subarray(whole))) {
        this.#state = 'between'
        if (whole > 0) this.#pass(chunk.subarray(0, whole))
        this.#inside(chunk.subarray(whole))
        return
      }
      this.#state = 'passing'
    }
    this.#endsInLF = chunk[chunk.length - 1] === LF
    this.#pass(chunk)
  }

  /** Where the last event ends of those that end in the chunk; 0: none does. */
  #endOfWhole(chunk: Buffer): number {
    const last = endsInBlankLine(chunk) ? chunk.length - 2 : chunk.lastIndexOf(BLANK_LINE)
    return last < 0 && this.#state === 'passing' ? this.#endOfEvent(chunk) : last < 0 ? 0 : last + 2
  }

  #pushPieces(chunk: Buffer): void {
    let rest = chunk
    if (this.#state !== 'between') {
      const end = this.#endOfEvent(chunk)
      this.#inside(end === 0 ? chunk : chunk.subarray(0, end))
      if (end === 0) return
      this.#over()
      rest = chunk.subarray(end)
    }
    const whole = this.#endOfWhole(rest)
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
    const begin = Buffer.concat(this.#held.slice(0, ENOUGH).map((piece) => piece.subarray(0, ENOUGH)))
    const waits = this.#heldBytes <= EVENT_LIMIT || SAYS_ERROR.test(begin.toString('utf8', 0, ENOUGH))
    if (waits && !isOfAnswer(begin)) return
    this.#state = 'passing'
    this.#pass(this.#takeHeld())
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
    if (!mayHoldError(bytes)) {
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
    // One that broke off, or that has run into the next one, is no event, and may quote a key as well.
    if (event.hasData && !event.malformed && !errorInEvent(event)) return frame
    const masked = this.#mask(text)
    return masked === text ? frame : Buffer.from(masked)
  }
}

function mayHoldError(bytes: Buffer): boolean {
  return ERROR_MARKS.some((mark) => mayHave(bytes, mark))
}

/** By its name and the type that its data begins with: `event: ping` may have an error in it. */
function isOfAnswer(event: Buffer): boolean {
  return OF_ANSWER.test(event.toString('latin1', 0, ENOUGH))
}

function endsInBlankLine(bytes: Buffer): boolean {
  const { length } = bytes
  return length > 1 && bytes[length - 1] === LF && bytes[length - 2] === LF
}
