import type { ByteSink, ByteSource, EventData } from '../contract/http.js'
import { isKnownError, UpstreamError } from '../errors/gateway-errors.js'
import { FrameDecoder } from '../stream/sse-decoder.js'
import { SseEvent, saysNothing } from '../stream/sse-event.js'
import { DeltaRun } from './delta-run.js'
import { Beginnings } from './first-event.js'
import { MessageFold } from './fold.js'
import { protocolError } from './protocol-error.js'

/** Bytes that one answer's stream may have. A million tokens, one an event, are about 150 MB; memory holds only the message. */
const STREAM_LIMIT = 512 * 1024 * 1024

/**
 * Milliseconds that a stream may go on after `message_stop`. Reading it to its end lets the connection be used again,
 * and a cancelled one costs the next request a TLS handshake; an upstream that never ends it is cut off.
 */
const LINGER = 1_000

const OPEN_BRACE = 0x7b
const DATA = Buffer.from('data: ')

/** `done`, `whole` or `fail`, once; `begun` before it, with the first event of an answer. */
export interface Outcome<T> {
  begun(): void
  done(value: T): void
  /** The stream is one event that is a whole message. */
  whole(message: Buffer): void
  fail(error: unknown): void
}

export interface FoldOutcome extends Outcome<string> {
  /** Each event of the answer, before it counts, but for deltas that go on where the one before stopped. */
  saw(data: EventData): void
}

/**
 * Folds the stream of a source into its message, as JSON text, which is done at `message_stop`. Fails with an UpstreamError
 * when the stream breaks, lies or ends early; the source is cancelled then.
 */
export class MessageReader implements ByteSink {
  readonly #fold = new MessageFold()
  readonly #decoder = new FrameDecoder()
  readonly #beginnings = new Beginnings()
  /** The deltas that come now. */
  #run: DeltaRun | undefined
  #size = 0
  #begun = false
  #settled = false
  #linger: NodeJS.Timeout | undefined

  constructor(
    private readonly source: ByteSource,
    private readonly outcome: FoldOutcome,
  ) {}

  data(chunk: Buffer): void {
    if (this.#settled) return
    this.#size += chunk.length
    if (this.#size > STREAM_LIMIT) this.#fail(protocolError(`a stream of more than ${STREAM_LIMIT} bytes`))
    else this.#try(() => this.#decoder.push(chunk, this.#take))
  }

  end(): void {
    clearTimeout(this.#linger)
    if (this.#settled) return
    this.#try(() => {
      // Some upstreams leave out the last blank line. A frame that was cut is no JSON, and so no `message_stop`.
      const bytes = this.#decoder.rest()
      const isBare = bytes[0] === OPEN_BRACE // an error that is no event
      const rest = SseEvent.parse(isBare ? Buffer.concat([DATA, bytes]) : bytes)
      if (rest.hasData && !rest.malformed) this.#take(rest.raw)
      if (this.#settled) return
      if (!this.#begun) throw this.#beginnings.ended
      this.#fold.result()
    })
  }

  error(error: Error): void {
    clearTimeout(this.#linger)
    const cause = { cause: error }
    this.#fail(
      isKnownError(error) ? error : new UpstreamError('reset', 'the upstream broke its stream', cause),
    )
  }

  readonly #take = (frame: Buffer): void => {
    if (this.#settled) return
    const piece = this.#run?.pieceOf(frame)
    if (piece !== undefined) {
      this.#fold.goOn(this.#run!.key, piece)
      return
    }
    this.#run = undefined
    const event = SseEvent.parse(frame)
    if (saysNothing(event) || !(this.#begun || this.#begins(event))) return
    this.outcome.saw(event.data)
    this.#fold.push(event)
    if (event.data.type === 'content_block_delta') this.#run = DeltaRun.from(frame)
    if (!this.#fold.done) return
    const message = this.#fold.result()
    this.#settled = true
    this.#linger = setTimeout(() => this.source.cancel(), LINGER).unref()
    this.outcome.done(message)
  }

  #begins(event: SseEvent): boolean {
    const beginning = this.#beginnings.judge(event)
    if (beginning === undefined) return false
    if (beginning === 'stream') {
      this.#begun = true
      this.outcome.begun()
      return true
    }
    if (beginning !== 'message') throw beginning
    this.#settled = true
    this.source.cancel()
    this.outcome.whole(Buffer.from(event.text))
    return false
  }

  #try(run: () => void): void {
    try {
      run()
    } catch (error) {
      this.#fail(isKnownError(error) ? error : protocolError('a stream that cannot be read', error))
    }
  }

  #fail(error: unknown): void {
    if (this.#settled) return
    this.#settled = true
    this.source.cancel()
    this.outcome.fail(error)
  }
}
