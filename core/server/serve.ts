import type { IncomingMessage, ServerResponse } from 'node:http'
import type { CallHead } from '../contract/call.js'
import type { HeaderList } from '../contract/http.js'
import type { Reply } from '../contract/reply.js'
import type { Logger } from '../contract/services.js'
import {
  ClientGoneError,
  codeOf,
  GatewayError,
  isKnownError,
  loggable,
  PluginError,
  UpstreamError,
} from '../errors/gateway-errors.js'
import { ClientCancellation } from '../exchange/cancellation.js'
import { noteRefusal } from '../exchange/refusal.js'
import { Connection } from './connection.js'
import type { DeliveryInit, Outcome } from './delivery.js'
import { destroyAnswer } from './destroy-answer.js'
import { type Matched, RequestHandler, type ServeContext } from './handle.js'
import { logLine } from './log-line.js'
import { LongRequests } from './long-requests.js'
import { renderError } from './render-error.js'
import { respond } from './respond.js'

/** Of all gateways of the process. */
const longRequests = new LongRequests()

/** One request from its headers to its last byte. Never rejects: whatever happens, the client gets an answer and the gateway lives on. */
export function serve(
  req: IncomingMessage,
  res: ServerResponse,
  matched: Matched,
  context: ServeContext,
): Promise<void> {
  return new Exchange(req, res, matched, context).run()
}

class Exchange {
  readonly #cancellation = new ClientCancellation()
  readonly #connection: Connection
  readonly #handler: RequestHandler
  readonly #logger: Logger
  /** None for a client that went before it was answered. */
  #status: number | undefined
  #outcome: Outcome | undefined
  #over = false
  #isOwnFault = false
  /** Among those that run. */
  place = -1

  constructor(
    private readonly req: IncomingMessage,
    private readonly res: ServerResponse,
    matched: Matched,
    context: ServeContext,
  ) {
    this.#logger = context.logger
    this.#handler = new RequestHandler(req, matched, this.#cancellation, context)
    this.#cancellation.on(this.#onGone)
    this.#connection = Connection.of(req.socket)
    this.#connection.add(res, this.#cancellation)
    longRequests.begun(this)
  }

  async run(): Promise<void> {
    try {
      const reply = await this.#answer()
      if (this.#cancellation.cancelled) reply.discard()
      else await this.#write(reply)
    } catch (error) {
      this.#logger.error({ id: this.#handler.id, err: error }, 'could not write the answer')
      destroyAnswer(this.res)
    } finally {
      this.#finish()
    }
  }

  /** The answer, or the error in its place. */
  async #answer(): Promise<Reply> {
    try {
      return await this.#handler.answer()
    } catch (error) {
      this.#report(error)
      return renderError(error, this.#handler)
    }
  }

  async #write(reply: Reply): Promise<void> {
    const { res, req } = this
    const handler = this.#handler
    if (reply.status === 408 && !req.complete) res.shouldKeepAlive = false // or the slow upload would hold the connection
    this.#status = reply.status
    const { record, writeTimeout } = handler
    noteRefusal(reply, record)
    handler.answered()
    const init = { cancellation: this.#cancellation, writeTimeout, record }
    try {
      this.#outcome = await respond(res, reply, ownHeaders(handler, reply), init)
    } catch (error) {
      this.#outcome = await this.#unwritable(reply, error, init)
    }
    if (this.#outcome.error) this.#report(this.#outcome.error)
  }

  /** What can't be written (a header with a line break in it, by a plugin) is a 500 as long as nothing was sent. */
  #unwritable(reply: Reply, error: unknown, init: DeliveryInit): Promise<Outcome> {
    const handler = this.#handler
    reply.discard()
    if (this.res.headersSent) throw error
    this.#status = 500
    this.#report(error)
    return respond(this.res, renderError(error, handler), ['request-id', handler.id], init)
  }

  /** A plugin that waits for something of its own would hold the slots of a client that has gone: others get a turn to end. */
  readonly #onGone = (): void => {
    setImmediate(() => this.#finish())
  }

  /** The one end of every request, called once: all that it holds is released, and its record is complete. */
  #finish(): void {
    if (this.#over) return
    this.#over = true
    longRequests.ended(this)
    const handler = this.#handler
    this.#cancellation.off(this.#onGone)
    this.#connection.delete(this.res)
    const ending = this.#outcome?.ending ?? 'gone'
    handler.finish(this.#status, ending)
    handler.over()
    logLine(handler, this.#status, ending, this.#logger, this.#isOwnFault)
  }

  get startedAt(): number {
    return this.#handler.record.startedAt
  }

  runsLong(ms: number): void {
    const { id, method, path, route, record } = this.#handler
    if (route === 'endpoint') return // a stream of events for a page lasts for hours
    const { model, mappedModel, session } = record.facts
    const account = record.attempts.at(-1)?.account
    const line = { id, method, path, session, model, mappedModel, account, attempts: record.attempts.length }
    this.#logger.info(line, `still running after ${Math.round(ms / 1_000)} s`)
  }

  #report(error: unknown): void {
    if (ClientGoneError.is(error)) return
    const { id, record } = this.#handler
    const code = codeOf(error)
    record.facts.error = record.masked(loggable(error))
    record.facts.errorCode = code
    this.#isOwnFault ||= PluginError.is(error) || !isKnownError(error)
    if (PluginError.is(error))
      this.#logger.error(
        { id, code, plugin: error.plugin, hook: error.hook, err: error.cause },
        error.message,
      )
    else if (UpstreamError.is(error)) {
      if (error.detail !== undefined) this.#logger.warn({ id, code }, `${error.message}: ${error.detail}`)
    } else if (!GatewayError.is(error)) this.#logger.error({ id, code, err: error }, 'request failed')
  }
}

/** The upstream's id for the request goes to the client, so that its support can find it; else the gateway's own. */
function ownHeaders({ id, record }: CallHead, reply: Reply): HeaderList {
  const { upstreamMs } = record.facts
  const own = `agproxy;dur=${tenths(record.elapsed() - (upstreamMs ?? 0))}`
  const timing = upstreamMs === undefined ? own : `${own}, upstream;dur=${tenths(upstreamMs)}`
  return ['request-id', reply.header('request-id') ?? id, 'server-timing', timing]
}

/** Milliseconds with one digit behind the point; `toFixed` takes 0.5 µs. */
function tenths(ms: number): number {
  return Math.round(ms * 10) / 10
}
