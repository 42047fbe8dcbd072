import type { Call } from '../contract/call.js'
import type { ByteSink, ByteSource, EventData } from '../contract/http.js'
import type { MessageReply } from '../contract/messages.js'
import type { AttemptRecord, ExchangeRecord } from '../contract/record.js'
import type { Reply } from '../contract/reply.js'
import { embeddedError } from '../errors/embedded-error.js'
import { ClientGoneError, UpstreamError } from '../errors/gateway-errors.js'
import { cancellationOf, heldBytes } from '../exchange/inner.js'
import { counted, noteEvent, noteUsage, UsageTap } from '../exchange/usage.js'
import { isRecord, parseJson } from '../json/plain.js'
import { isMessage } from '../message/first-event.js'
import { type FoldOutcome, MessageReader } from '../message/read.js'
import { LateSpacing } from '../stream/late-spacing.js'
import { isSpaced, Spacing } from '../stream/spacing.js'
import { EventStream, type FirstEvent } from './event-stream.js'
import { headersLimit } from './limits.js'
import { bytesReply, errorReply, foldedReply, streamReply, unfoldedReply, withToolInputs } from './replies.js'
import { CUT_JSON, describeBody, leadOf, NOTHING, type Shape, shapeOf } from './shape.js'

/** No honest answer that is held in memory is larger. */
const WHOLE_LIMIT = 64 * 1024 * 1024
/** White space before a body that is kept. */
const LEAD_LIMIT = 64 * 1024
const EMPTY = Buffer.alloc(0)

/**
 * Makes sure that a good answer is one, and returns it in the form that was asked for (`call.answer`): a stream once it has
 * shown its first event, a message once it is whole. An answer is read by its shape, whatever its content type says: a stream
 * where a message is wanted is folded, a message where a stream is wanted becomes one, and an error becomes a reply with the
 * status that it means. Rejects with an UpstreamError for what is neither. What the answer says of its tokens goes into
 * `attempt`, to the end of its body.
 */
export function confirm(reply: Reply, call: Call, attempt: AttemptRecord): Promise<Reply> | Reply {
  if (!reply.ok) return reply
  const held = heldBytes(reply)
  if (held && !reply.isEventStream && shapeOf(held.subarray(leadOf(held)), false) === 'json')
    return ofWhole(held, reply, call, attempt)
  return new Promise((resolve, reject) => new Confirmation(reply, call, attempt, resolve, reject).start())
}

/** One answer while it is not known to be one. It is its own sink and outcome: a request makes no closures that it can do without. */
class Confirmation implements ByteSink, FoldOutcome {
  readonly #source: ByteSource
  #timer: NodeJS.Timeout | undefined
  #sink: ByteSink | undefined
  #stream: EventStream | undefined
  /** What came before its shape was known, and all of a body that is no stream. */
  #chunks: Buffer[] = []
  #bytes = 0
  /** What came behind the body's lead, while that is too little to tell its shape. */
  #start: Buffer = EMPTY
  #shape: Shape | undefined
  #settled = false
  /** Until it is settled: a stream keeps its confirmation, and has no use for the body that it answers. */
  #asked: Call | undefined
  readonly #record: ExchangeRecord

  constructor(
    private readonly reply: Reply,
    call: Call,
    private readonly attempt: AttemptRecord,
    private readonly resolve: (reply: Reply) => void,
    private readonly reject: (error: unknown) => void,
  ) {
    this.#asked = call
    this.#record = call.record
    this.#source = reply.source()
  }

  start(): void {
    cancellationOf(this.#call).on(this.#onGone) // calls it at once for a client that has gone
    if (this.#settled) return
    this.#timer = setTimeout(silent, headersLimit(this.#call), this)
    this.#source.pipe(this)
  }

  data(chunk: Buffer): void {
    if (this.#sink) this.#sink.data(chunk)
    else if (!this.#settled) this.#look(chunk)
  }

  #look(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    this.#shape ??= this.#shapeWith(chunk)
    if (this.#shape === 'events') this.#flow()
    else if (this.#shape === 'json') clearTimeout(this.#timer) // it is on its way, and bounded by the idle timeout
    if (this.#shape === 'other') this.fail(notAnswer(this.#body, this.#call))
    else if (this.#shape !== 'events' && this.#bytes > WHOLE_LIMIT) this.fail(tooLarge())
  }

  #shapeWith(chunk: Buffer): Shape | undefined {
    const hasStart = this.#start.length > 0
    this.#start = hasStart ? Buffer.concat([this.#start, chunk]) : chunk.subarray(leadOf(chunk))
    if (this.#start.length > 0) return shapeOf(this.#start, this.reply.isEventStream)
    if (this.#bytes > LEAD_LIMIT) this.#chunks = []
    return undefined
  }

  end(): void {
    if (this.#sink) this.#sink.end()
    else if (!this.#settled) this.whole(this.#body)
  }

  error(error: Error): void {
    if (this.#sink) this.#sink.error(error)
    else this.fail(error)
  }

  get #call(): Call {
    return this.#asked!
  }

  get #body(): Buffer {
    return this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks)
  }

  /** The events go where they are wanted: to the client as they come, or into a message. */
  #flow(): void {
    const body = this.#body
    this.#chunks = []
    let sink: ByteSink
    if (this.#call.answer === 'stream')
      sink = this.#stream = new EventStream(this.#source, new UsageTap(this.attempt), this, this.#mask)
    else sink = counted(new MessageReader(this.#source, this), this.attempt)
    if (isSpaced(body)) this.#sink = new LateSpacing(sink, false)
    else this.#sink = new Spacing(sink, (found) => (this.#sink = found))
    this.#sink.data(body)
  }

  begun(): void {
    this.attempt.mark('firstEvent')
    clearTimeout(this.#timer)
  }

  saw(data: EventData): void {
    noteEvent(this.attempt, data)
  }

  /** With the first event of a stream, or the message that a stream added up to. */
  done(found: FirstEvent | string): void {
    const { reply } = this
    this.attempt.mark('firstEvent')
    this.#settle(
      typeof found === 'string' ? foldedReply(reply, found) : streamReply(reply, this.#stream!, found),
    )
  }

  whole(body: Buffer): void {
    if (this.#settled) return
    try {
      this.#settle(ofWhole(body, this.reply, this.#call, this.attempt))
    } catch (error) {
      this.fail(error)
    }
  }

  fail(error: unknown): void {
    if (this.#settled) return
    this.#source.cancel()
    const isAnswer = UpstreamError.is(error) && error.failure === 'error-event'
    if (isAnswer) this.#settle(errorReply(error, this.#call, this.reply))
    else this.#settle(undefined, error)
  }

  silent(): void {
    const what = this.#call.stream ? 'event' : 'answer'
    const seconds = headersLimit(this.#call) / 1000
    this.fail(new UpstreamError('timeout', `the upstream sent no ${what} for ${seconds} s`))
  }

  readonly #mask = (text: string): string => this.#record.masked(text)

  readonly #onGone = (): void => this.fail(new ClientGoneError())

  #settle(reply: Reply | undefined, error?: unknown): void {
    if (this.#settled) return
    this.#settled = true
    clearTimeout(this.#timer)
    cancellationOf(this.#call).off(this.#onGone)
    this.#asked = undefined
    if (reply) this.resolve(reply)
    else this.reject(error)
  }
}

function silent(confirmation: Confirmation): void {
  confirmation.silent()
}

/** A body that is no stream. Throws an UpstreamError for what is no answer. */
function ofWhole(bytes: Buffer, reply: Reply, call: Call, attempt: AttemptRecord): Reply {
  if (attempt.bytes === 0) attempt.saw(bytes.length)
  attempt.mark('lastByte')
  const body = parseJson(bytes)
  const error = embeddedError(body)
  if (error) return errorReply(error, call, reply, bytes)
  if (call.route !== 'messages' && isRecord(body)) return bytesReply(reply, bytes)
  if (!isMessage(body)) throw notAnswer(bytes, call)
  const { usage, stop_reason, content } = body as unknown as MessageReply
  noteUsage(attempt, usage, stop_reason)
  const message = withToolInputs(bytes, content)
  return call.answer === 'message' ? bytesReply(reply, message) : unfoldedReply(reply, message)
}

/** Asked again, the upstream would send as much again. */
function tooLarge(): UpstreamError {
  const limit = WHOLE_LIMIT / 1024 / 1024
  return new UpstreamError('shape', `the upstream's answer has more than ${limit} MB, and is no stream`)
}

function notAnswer(bytes: Buffer, { answer, route }: Call): UpstreamError {
  const what = describeBody(bytes)
  const wanted = route !== 'messages' ? 'a count' : answer === 'stream' ? 'an event stream' : 'a message'
  const message = `the upstream answered with ${what} instead of ${wanted}`
  // What broke off may be whole the next time; what is of another kind stays so.
  const isCut = what === NOTHING || what === CUT_JSON
  return new UpstreamError(isCut ? 'truncated' : 'shape', message)
}
