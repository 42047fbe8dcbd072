import { type Dispatcher, errors } from 'undici'
import type { Cancellation, Headers } from '../contract/http.js'
import type { AttemptRecord } from '../contract/record.js'
import type { SendRequest } from '../contract/services.js'
import { ClientGoneError, UpstreamError } from '../errors/gateway-errors.js'
import { Reply } from '../exchange/reply.js'
import { PassThrough } from '../stream/pass-through.js'
import type { Carried, Connection } from './connection.js'
import { brokeOff, connectionError } from './connection-errors.js'
import { decompressed } from './decompress.js'

/** Milliseconds for headers where the request names none, as the connection has it. */
const HEADERS_LIMIT = 300_000

/**
 * One answer of an upstream as undici delivers it: headers to the waiting caller, then a body that flows to
 * its reader.
 *
 * What comes in one tick is joined into one chunk. undici hands on an HTTP chunk at a time, and a burst of events is hundreds
 * of them in one read of the socket: joined first, each layer behind works once instead of 500 times (1,050 µs of CPU for
 * such a burst became 330). Nothing waits for a later tick.
 */
export class ResponseHandler extends PassThrough implements Dispatcher.DispatchHandler, Carried {
  #waiting: Buffer[] = []
  #answered = false
  #gone = false
  #abort: (() => void) | undefined
  #sentAt = 0
  #connection: Connection | undefined
  #upload: Buffer[] | undefined
  readonly #origin: string
  readonly #attempt: AttemptRecord | undefined
  readonly #headersLimit: number

  constructor(
    { origin, attempt, headersTimeout }: Pick<SendRequest, 'origin' | 'attempt' | 'headersTimeout'>,
    private readonly cancellation: Cancellation | undefined,
    private readonly resolve: (reply: Reply) => void,
    private readonly reject: (error: Error) => void,
    /** Sends the same request again; for the first connection only. */
    private sendAgain?: () => void,
  ) {
    super()
    this.#origin = origin
    this.#attempt = attempt
    this.#headersLimit = headersTimeout || HEADERS_LIMIT
    // Until the last byte: an abort reaches the reader of the body too, not only the caller that waits for headers.
    cancellation?.on(this.#onGone)
  }

  /** Emptied once the answer has begun. */
  sends(upload: Buffer[]): void {
    this.#upload = upload
  }

  carriedBy(connection: Connection): void {
    this.#connection = connection
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    const cancel = () => controller.abort(new Error('cancelled'))
    this.#abort = cancel
    this.#sentAt = performance.now()
    this.#attempt?.mark('connected')
    this.control({ pause: () => controller.pause(), resume: () => controller.resume(), cancel })
    if (this.#gone) cancel()
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: object): void {
    if (status < 200) {
      this.#boundHints(controller)
      return
    }
    this.#answered = true
    this.sendAgain = undefined
    if (this.#upload) this.#upload.length = 0
    this.#attempt?.mark('headers')
    const reply = Reply.stream(this, { status, headers: headers as Headers })
    try {
      this.resolve(decompressed(reply, this))
    } catch (error) {
      this.cancel()
      this.reject(error as Error)
    }
  }

  /** Each answer of 1xx starts undici's clock again: with hints without an end the client waited without one. */
  #boundHints(controller: Dispatcher.DispatchController): void {
    if (performance.now() - this.#sentAt > this.#headersLimit)
      controller.abort(new errors.HeadersTimeoutError())
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#waiting.push(chunk) === 1) process.nextTick(flush, this)
  }

  onResponseEnd(): void {
    this.cancellation?.off(this.#onGone)
    this.flush()
    this.end()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#tryFreshConnection(error)) return
    const failure = UpstreamError.is(error) ? error : connectionError(error, this.#origin)
    this.cancellation?.off(this.#onGone)
    this.flush()
    if (this.#answered) this.error(failure)
    else this.reject(this.#gone ? new ClientGoneError() : failure)
  }

  /**
   * An upstream may close an idle connection in the very moment in which a request is written to it. That says nothing of the
   * upstream or the account, so it is no failed attempt: the request goes out once more, at once, over a new connection.
   */
  #tryFreshConnection(error: Error): boolean {
    const connection = this.#connection
    const again = this.sendAgain
    this.sendAgain = undefined
    if (!again || !connection?.stale || this.#answered || this.#gone || !brokeOff(error)) return false
    this.#abort = undefined
    process.nextTick(() => {
      if (this.#gone) return
      connection.dropIdle()
      again()
    })
    return true
  }

  flush(): void {
    const chunks = this.#waiting
    if (chunks.length === 0) return
    this.#waiting = []
    this.data(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks))
  }

  /** The reader can't go on. */
  fail(error: Error): void {
    try {
      this.error(error)
    } finally {
      this.#abort?.()
    }
  }

  readonly #onGone = (): void => {
    this.#gone = true
    if (this.#answered) this.error(new ClientGoneError())
    else this.reject(new ClientGoneError())
    this.#abort?.() // last: undici reports it as an error of the connection, which it is not
  }
}

/** Outside of every promise: a reader that throws would leave its request without an end. */
function flush(answer: ResponseHandler): void {
  try {
    answer.flush()
  } catch (error) {
    answer.fail(error as Error)
  }
}
