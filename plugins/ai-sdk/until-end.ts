import { type ByteSource, StreamEvent } from '../../core/index.js'
import { embeddedError, FrameDecoder, isRecord, PassThrough, parseJson } from '../../core/kit.js'
import type { Attempt } from './attempt.js'

/**
 * Milliseconds that the connection may go on behind the last event. The packages tell the end of an answer at the end of the
 * stream, and a server that keeps it open would hold the client; one that ends it lets its connection be used again.
 */
const LINGER = 1_000

/**
 * A provider's event stream up to its last event, or to the first one that is an error, of any envelope. The attempt gets the
 * error's body: Gemini's package passes over such an event and calls the answer cut, others refuse it as an event that they can't
 * read, and none keeps all of what it says.
 */
export class UntilEnd extends PassThrough {
  readonly #source: ByteSource
  readonly #attempt: Attempt
  readonly #decoder = new FrameDecoder()
  /** Bytes that came, and those of them in events that go on. */
  #came = 0
  #good = 0
  #isOver = false
  #linger: NodeJS.Timeout | undefined

  constructor(source: ByteSource, attempt: Attempt) {
    super(source)
    this.#source = source
    this.#attempt = attempt
    source.pipe(this)
  }

  override data(chunk: Buffer): void {
    if (this.#isOver) return
    this.#came += chunk.length
    try {
      this.#decoder.push(chunk, this.#onFrame)
    } catch (error) {
      this.#source.cancel()
      this.error(error as Error)
      return
    }
    if (!this.#isOver) super.data(chunk)
    else this.#stop(chunk)
  }

  override end(): void {
    clearTimeout(this.#linger)
    if (this.#isOver) return
    this.#isError(this.#decoder.rest()) // some leave out the last blank line
    super.end()
  }

  override error(error: Error): void {
    clearTimeout(this.#linger)
    super.error(error)
  }

  readonly #onFrame = (frame: Buffer): boolean => {
    if (this.#isError(frame)) return true
    this.#good += frame.length
    this.#isOver = LAST.test(frame.toString('latin1', 0, ENOUGH))
    return this.#isOver
  }

  #stop(chunk: Buffer): void {
    if (this.#attempt.error === undefined)
      this.#linger = setTimeout(() => this.#source.cancel(), LINGER).unref()
    else this.#source.cancel()
    const rest = this.#came - this.#good
    if (rest < chunk.length) super.data(chunk.subarray(0, chunk.length - rest))
    super.end()
  }

  #isError(frame: Buffer): boolean {
    if (errorOf(frame) === undefined) return false
    this.#isOver = true
    this.#attempt.error = errorOf(Buffer.from(this.#attempt.call.record.masked(frame.toString('utf8'))))
    return true
  }
}

/** OpenAI's last events: of chat completions, and of responses. */
const LAST = /^(data: ?\[DONE\]|(event: ?|data: ?\{"type": ?")response\.(completed|incomplete)\b)/
const ENOUGH = 64

/** What an event says of itself before it is decoded: decoding each one would cost as much again as this look at all of them. */
const MAY_BE_ERROR = /error|^(?:data: ?|\s)*\[?\s*\{\s*"(?:code|status|message|msg|detail|success|base_resp)/

/** llama.cpp's server has a field of its own for it: `error: {"code":500,…}`. */
const FIELD = /^error: ?(.+)$/m

/** The body of the error that an event is; undefined for any other. */
function errorOf(frame: Buffer): unknown {
  const look = frame.toString('latin1')
  if (!MAY_BE_ERROR.test(look)) return undefined
  const event = StreamEvent.parse(frame)
  if (!event.hasData) {
    const [, field] = FIELD.exec(frame.toString('utf8')) ?? []
    return field && (parseJson(field) ?? field)
  }
  const body = parseJson(event.text) ?? event.text
  if (event.type === 'error') return body
  if (!isRecord(body)) return embeddedError(body) && body
  const { error, response } = body
  // OpenAI's `response.failed`.
  if (isRecord(response) && response.error) return { error: response.error }
  // A chunk of the answer may have more fields than any list knows.
  const isChunk = Array.isArray(body.choices) || Array.isArray(body.candidates)
  return (isChunk ? error : embeddedError(body)) ? body : undefined
}
