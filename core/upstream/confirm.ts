import type { Call } from '../contract/call.js'
import type { ByteSink, ByteSource } from '../contract/http.js'
import type { MessageReply } from '../contract/messages.js'
import type { AttemptRecord } from '../contract/record.js'
import type { Reply } from '../contract/reply.js'
import { embeddedError } from '../errors/embedded-error.js'
import { ClientGoneError, UpstreamError } from '../errors/gateway-errors.js'
import { noteUsage, tapped, UsageTap } from '../exchange/usage.js'
import { isRecord, parseJson } from '../json/plain.js'
import { isMessage } from '../message/first-event.js'
import { MessageReader } from '../message/read.js'
import { Spacing } from '../stream/spacing.js'
import { EventStream } from './event-stream.js'
import { bytesReply, errorReply, foldedReply, streamReply, unfoldedReply } from './replies.js'
import { CUT_JSON, describeBody, NOTHING, type Shape, shapeOf } from './shape.js'

/** No honest answer that is held in memory is larger. */
const WHOLE_LIMIT = 64 * 1024 * 1024

/**
 * Makes sure that a good answer is one, and returns it in the form that was asked for (`call.answer`): a stream once it has
 * shown its first event, a message once it is whole. An answer is read by its shape, whatever its content type says: a stream
 * where a message is wanted is folded, a message where a stream is wanted becomes one, and an error becomes a reply with the
 * status that it means. Rejects with an UpstreamError for what is neither. What the answer says of its tokens goes into
 * `attempt`, to the end of its body.
 */
export function confirm(reply: Reply, call: Call, attempt: AttemptRecord): Promise<Reply> | Reply {
  if (!reply.ok) return reply
  const { held } = reply
  if (held && !reply.isEventStream && shapeOf(held, false) === 'json')
    return ofWhole(held, reply, call, attempt)
  return new Promise((resolve, reject) => new Confirmation(reply, call, attempt, resolve, reject).start())
}

/** One answer while it is not known to be one. */
class Confirmation implements ByteSink {
  readonly #source: ByteSource
  readonly #tap: UsageTap
  #timer: NodeJS.Timeout | undefined
  #sink: ByteSink | undefined
  /** What came before its shape was known, and all of a body that is no stream. */
  #chunks: Buffer[] = []
  #bytes = 0
  #shape: Shape | undefined
  #settled = false

  constructor(
    private readonly reply: Reply,
    private readonly call: Call,
    private readonly attempt: AttemptRecord,
    private readonly resolve: (reply: Reply) => void,
    private readonly reject: (error: unknown) => void,
  ) {
    this.#source = reply.source()
    this.#tap = new UsageTap(attempt)
  }

  start(): void {
    const { cancellation, stream, limits } = this.call
    cancellation.on(this.#onGone) // calls it at once for a client that has gone
    if (this.#settled) return
    if (stream) this.#timer = setTimeout(this.#onTimeout, limits.firstEvent)
    this.#source.pipe(this)
  }

  data(chunk: Buffer): void {
    if (this.#sink) this.#sink.data(chunk)
    else if (!this.#settled) this.#look(chunk)
  }

  #look(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    this.#shape ??= shapeOf(this.#body, this.reply.isEventStream)
    if (this.#shape === 'events') this.#flow()
    else if (this.#shape === 'json') clearTimeout(this.#timer) // it is on its way, and bounded by the idle timeout
    if (this.#shape === 'other' || this.#bytes > WHOLE_LIMIT) this.#fail(notAnswer(this.#body, this.call))
  }

  end(): void {
    if (this.#sink) this.#sink.end()
    else if (!this.#settled) this.#whole(this.#body)
  }

  #whole(bytes: Buffer): void {
    try {
      this.#done(ofWhole(bytes, this.reply, this.call, this.attempt))
    } catch (error) {
      this.#fail(error)
    }
  }

  error(error: Error): void {
    if (this.#sink) this.#sink.error(error)
    else this.#fail(error)
  }

  get #body(): Buffer {
    return this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks)
  }

  /** The events go where they are wanted: to the client as they come, or into a message. */
  #flow(): void {
    const { reply, call } = this
    const fail = this.#fail
    const whole = (message: string) => this.#whole(Buffer.from(message))
    let sink: ByteSink
    if (call.answer === 'stream') {
      const stream: EventStream = new EventStream(this.#source, this.#tap, {
        done: (first) => this.#done(streamReply(reply, stream, first)),
        whole,
        fail,
      })
      sink = stream
    } else {
      const begun = () => clearTimeout(this.#timer)
      const done = (json: string) => this.#done(foldedReply(reply, json))
      sink = tapped(new MessageReader(this.#source, { begun, done, whole, fail }), this.#tap)
    }
    this.#sink = new Spacing(sink, (found) => {
      this.#sink = found
    })
    const came = this.#chunks
    this.#chunks = []
    for (const chunk of came) this.#sink!.data(chunk)
  }

  #done(reply: Reply): void {
    if (this.#settle()) this.resolve(reply)
  }

  readonly #fail = (error: unknown): void => {
    if (this.#settled) return
    this.#source.cancel()
    if (UpstreamError.is(error) && error.failure === 'error-event') {
      this.#done(errorReply(error, this.call, this.reply))
    } else if (this.#settle()) this.reject(error)
  }

  readonly #onGone = (): void => this.#fail(new ClientGoneError())

  readonly #onTimeout = (): void => {
    const { firstEvent } = this.call.limits
    this.#fail(new UpstreamError('timeout', `the upstream sent no event for ${firstEvent / 1000} s`))
  }

  /** True the first time. */
  #settle(): boolean {
    if (this.#settled) return false
    this.#settled = true
    clearTimeout(this.#timer)
    this.call.cancellation.off(this.#onGone)
    return true
  }
}

/** A body that is no stream. Throws an UpstreamError for what is no answer. */
function ofWhole(bytes: Buffer, reply: Reply, call: Call, attempt: AttemptRecord): Reply {
  const body = parseJson(bytes)
  const error = embeddedError(body)
  if (error) return errorReply(error, call, reply, bytes)
  if (call.route !== 'messages' && isRecord(body)) return bytesReply(reply, bytes)
  if (!isMessage(body)) throw notAnswer(bytes, call)
  const { usage, stop_reason } = body as unknown as MessageReply
  noteUsage(attempt, usage, stop_reason)
  return call.answer === 'message' ? bytesReply(reply, bytes) : unfoldedReply(reply, bytes)
}

function notAnswer(bytes: Buffer, { answer, route }: Call): UpstreamError {
  const what = describeBody(bytes)
  const wanted = route !== 'messages' ? 'a count' : answer === 'stream' ? 'an event stream' : 'a message'
  const message = `the upstream answered with ${what} instead of ${wanted}`
  // What broke off may be whole the next time; what is of another kind stays so.
  const isCut = what === NOTHING || what === CUT_JSON
  return new UpstreamError(isCut ? 'truncated' : 'shape', message)
}
