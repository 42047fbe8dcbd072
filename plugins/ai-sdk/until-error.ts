import { type ByteSource, StreamEvent } from '../../core/index.js'
import { embeddedError, FrameDecoder, isRecord, PassThrough, parseJson } from '../../core/kit.js'
import type { Attempt } from './attempt.js'

/**
 * A provider's event stream up to the first event that is an error, of any envelope. The attempt gets the error's body, and the
 * stream ends there: Gemini's package passes over such an event and calls the answer cut, others refuse it as an event that they
 * can't read, and none keeps all of what it says.
 */
export class UntilError extends PassThrough {
  readonly #source: ByteSource
  readonly #attempt: Attempt
  readonly #decoder = new FrameDecoder()
  #over = false

  constructor(source: ByteSource, attempt: Attempt) {
    super(source)
    this.#source = source
    this.#attempt = attempt
    source.pipe(this)
  }

  override data(chunk: Buffer): void {
    if (this.#over) return
    let good = 0
    try {
      this.#decoder.push(chunk, (frame) => {
        if (this.#isError(frame)) return true
        good += frame.length
        return false
      })
    } catch (error) {
      this.#source.cancel()
      this.error(error as Error)
      return
    }
    if (!this.#over) super.data(chunk)
    else this.#stop(chunk, good)
  }

  override end(): void {
    if (this.#over) return
    this.#isError(this.#decoder.rest()) // some leave out the last blank line
    super.end()
  }

  #stop(chunk: Buffer, good: number): void {
    this.#source.cancel()
    if (good > 0) super.data(chunk.subarray(0, good))
    super.end()
  }

  #isError(frame: Buffer): boolean {
    if (errorOf(frame) === undefined) return false
    this.#over = true
    this.#attempt.error = errorOf(Buffer.from(this.#attempt.call.record.masked(frame.toString('utf8'))))
    return true
  }
}

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
