import type { ByteSource } from '../contract/http.js'
import { errorBody } from '../errors/api-errors.js'
import { embeddedError, errorInEvent } from '../errors/embedded-error.js'
import { UpstreamError } from '../errors/gateway-errors.js'
import type { UsageTap } from '../exchange/usage.js'
import { BlockIndexes } from '../message/block-indexes.js'
import { Beginnings } from '../message/first-event.js'
import type { Outcome } from '../message/read.js'
import { PassThrough } from '../stream/pass-through.js'
import { FrameDecoder } from '../stream/sse-decoder.js'
import { SseEvent, StreamEvent } from '../stream/sse-event.js'
import { MaskedErrors } from './masked-errors.js'
import { Quiet } from './quiet.js'

/** The last event of a stream has about 50 bytes; some upstreams add their metrics to it, or end in an error. */
const TAIL = 4096
/** Events at the end among which an error is looked for: `data: [DONE]` may follow it. */
const LAST = 3
const BLANK_LINE = Buffer.from('\n\n')

export interface FirstEvent {
  /** It came with an `event:` line. Clients see no event without one. */
  readonly isNamed: boolean
}

const NAMED: FirstEvent = { isNamed: true }
const UNNAMED: FirstEvent = { isNamed: false }

/**
 * An upstream's stream on its way to the client. It is held back until it has shown a real event, so that one which never
 * does is a failed attempt and not an answer; comments and pings that came before go first. Fails with an UpstreamError for a
 * stream that is empty, begins with an error or speaks another API, or breaks before.
 */
export class EventStream extends PassThrough {
  readonly #decoder = new FrameDecoder()
  readonly #quiet = new Quiet()
  readonly #beginnings = new Beginnings()
  /** Bytes that came, and those of them in frames that were looked at. */
  #came = 0
  #seen = 0
  #state: 'waiting' | 'flowing' | 'over' = 'waiting'
  #isNamed = true
  readonly #tail: Buffer[] = []
  #tailBytes = 0
  readonly #masked: MaskedErrors
  readonly #indexes = new BlockIndexes((bytes) => super.data(bytes))

  /** `mask` takes the keys out of what an error event says. */
  constructor(
    private readonly source: ByteSource,
    private readonly tap: UsageTap,
    private readonly outcome: Outcome<FirstEvent>,
    private readonly mask: (text: string) => string,
  ) {
    super(source)
    this.#masked = new MaskedErrors(mask, (bytes) => this.#indexes.push(bytes))
  }

  override data(chunk: Buffer): void {
    if (this.#state === 'over') return
    this.tap.saw(chunk)
    this.#remember(chunk)
    if (this.#state === 'flowing') this.#masked.push(chunk)
    else this.#decode(chunk)
  }

  /** Keeps the last bytes of the stream, as they came: they are looked at when it has ended. */
  #remember(chunk: Buffer): void {
    this.#tail.push(chunk)
    this.#tailBytes += chunk.length
    while (this.#tailBytes - this.#tail[0]!.length >= TAIL) this.#tailBytes -= this.#tail.shift()!.length
  }

  override end(): void {
    if (this.#state === 'waiting') {
      this.#judge(this.#decoder.rest()) // some upstreams leave out the last blank line
      this.#fail(this.#beginnings.ended)
    }
    if (this.#state === 'over') return
    this.tap.ended()
    this.#ended()
    const frames = this.#lastFrames()
    if (lacksBlankLine(frames)) super.data(BLANK_LINE)
    const error = this.#isNamed ? unseenError(frames) : undefined
    if (error) super.data(Buffer.from(this.mask(errorEvent(error).raw.toString('utf8'))))
    super.end()
  }

  override error(error: Error): void {
    this.tap.ended()
    this.#fail(error)
    this.#ended()
    super.error(error)
  }

  /** What is held goes on. */
  #ended(): void {
    this.#masked.end()
    this.#indexes.end()
  }

  #decode(chunk: Buffer): void {
    this.#came += chunk.length
    try {
      this.#decoder.push(chunk, this.#onFrame)
    } catch (cause) {
      this.#fail(new UpstreamError('protocol', 'the upstream sent an event that is too large', { cause }))
      return
    }
    // The first event was in this chunk; what follows it was not cut into frames.
    const rest = this.#came - this.#seen
    if (this.#flows && rest > 0) this.#masked.push(chunk.subarray(chunk.length - rest))
  }

  get #flows(): boolean {
    return this.#state === 'flowing'
  }

  readonly #onFrame = (frame: Buffer): boolean => {
    this.#seen += frame.length
    if (this.#judge(frame)) return true
    this.#quiet.keep(frame)
    return false
  }

  /** False for a frame that says nothing yet. */
  #judge(frame: Buffer): boolean {
    const event = SseEvent.parse(frame)
    const beginning = this.#beginnings.judge(event)
    if (beginning === undefined) return false
    if (beginning === 'stream') {
      this.#state = 'flowing'
      for (const each of this.#quiet.frames) super.data(each)
      super.data(frame)
      this.#isNamed = event.isNamed
      this.outcome.done(event.isNamed ? NAMED : UNNAMED)
    } else if (beginning === 'message') {
      this.#state = 'over'
      this.source.cancel()
      this.outcome.whole(Buffer.from(event.text))
    } else this.#fail(beginning)
    return true
  }

  #fail(error: Error): void {
    if (this.#state !== 'waiting') return
    this.#state = 'over'
    this.source.cancel()
    this.outcome.fail(error)
  }

  /** What the tail holds: texts between blank lines. The first one may be cut, the last one is empty in a stream that has its blank line. */
  #lastFrames(): string[] {
    const tail = Buffer.concat(this.#tail.map((chunk) => chunk.subarray(-TAIL)))
    return tail.toString('latin1').split(/\r\n\r\n|\n\n|\r\r/)
  }
}

/** The stream ended in a whole event without its blank line, and clients would not see the event. One that was cut stays so. */
function lacksBlankLine(frames: readonly string[]): boolean {
  const last = parsed(frames.at(-1)!)
  return (
    frames.length > 1 &&
    last.hasData &&
    !last.malformed &&
    (last.type !== '' || embeddedError(last.data) !== undefined)
  )
}

/**
 * An error in whose place clients see nothing, as it has another name or none: z.ai ends a stream in `data: {"error":{…}}`. Undefined
 * after the message's end.
 */
function unseenError(frames: readonly string[]): UpstreamError | undefined {
  const events = frames
    .filter((frame) => frame.trim() !== '')
    .slice(-LAST)
    .map(parsed)
  if (events.some(({ type }) => type === 'message_stop' || type === 'error')) return undefined
  return events.map((event) => errorInEvent(event)).find((error) => error !== undefined)
}

/** Some upstreams end in an error that is bare JSON. */
function parsed(frame: string): SseEvent {
  const isBare = frame.startsWith('{')
  return SseEvent.parse(Buffer.from(isBare ? `data: ${frame}` : frame, 'latin1'))
}

/** An error in the form in which clients see it. */
export function errorEvent({ type, message }: UpstreamError): StreamEvent {
  return StreamEvent.of({ ...errorBody(type, message) })
}
