import type { IncomingMessage } from 'node:http'
import { noteClient } from '../accounts/client-facts.js'
import { answerFrom, type EndpointMatch } from '../chain/endpoints.js'
import type { ChainHandle, Gateway } from '../chain/gateway.js'
import type { CallHead, RouteName } from '../contract/call.js'
import type { Headers } from '../contract/http.js'
import type { Ending } from '../contract/record.js'
import type { Reply } from '../contract/reply.js'
import type { Logger } from '../contract/services.js'
import { RequestCall } from '../exchange/call.js'
import type { ClientCancellation } from '../exchange/cancellation.js'
import { ChainEndpointRequest } from '../exchange/endpoint-request.js'
import { ExchangeRecord } from '../exchange/record.js'
import { RequestBody } from '../exchange/request-body.js'
import { requestId } from '../exchange/request-id.js'
import { FORWARDED_ROUTES, isQuiet, type Route } from '../plugin/routes.js'
import type { Admission } from './admission.js'
import { bodyIsOver } from './collect-garbage.js'
import { checkHeaders } from './header-limits.js'
import { readBody } from './read-body.js'
import { noHost, notFound, otherMethod } from './refusals.js'
import { requestIsOver } from './young-generation.js'

/** What a matched request brings. */
export interface Matched {
  readonly route: Route | undefined
  readonly path: string
  readonly params: Readonly<Record<string, string>>
}

export interface ServeContext {
  readonly gateway: Gateway
  readonly logger: Logger
  readonly admission: Admission
}

/** Their bodies must be Messages requests before anything is done with them. */
const WITH_MESSAGES: ReadonlySet<RouteName> = new Set(FORWARDED_ROUTES)

/** A connection to the upstream is begun at their headers: Claude Code's first word is a `HEAD`, long before its first message. */
const ANNOUNCING: ReadonlySet<RouteName> = new Set([...FORWARDED_ROUTES, 'hello'])

/**
 * Milliseconds that upstreams get to end their answers after the request is over: force-stream answers at `message_stop`,
 * and the connection can be used again only when the last chunk has been read.
 */
const GRACE = 250

/** A request's way to its answer. */
export class RequestHandler implements CallHead {
  readonly id = requestId()
  readonly route: RouteName
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: Headers
  readonly params: Readonly<Record<string, string>>
  readonly record = new ExchangeRecord()
  readonly #chain: ChainHandle
  /** What the chain's endpoints say of a path that is no route of the gateway's. */
  readonly #endpoint: EndpointMatch | undefined
  #admitted = false
  /** Bytes of its body, until it is answered. */
  #size = 0

  constructor(
    private readonly req: IncomingMessage,
    private readonly matched: Matched,
    private readonly cancellation: ClientCancellation,
    private readonly context: ServeContext,
  ) {
    const url = req.url ?? '/'
    const question = url.indexOf('?')
    this.method = req.method ?? 'GET'
    this.path = matched.path
    this.query = question < 0 ? '' : url.slice(question)
    this.headers = req.headers
    this.#chain = context.gateway.acquire()
    this.#endpoint = matched.route ? undefined : this.#chain.endpoints.find(this.method, this.path)
    this.route = matched.route?.name ?? (this.#endpoint ? 'endpoint' : 'not-found')
    this.params = this.#endpoint?.params ?? matched.params
  }

  get signal(): AbortSignal {
    return this.cancellation.signal
  }

  /** Milliseconds that the client may take nothing of its answer; 0: any time. */
  get writeTimeout(): number {
    const { writeTimeout, requestTimeout } = this.#chain.config.server
    return writeTimeout ?? requestTimeout
  }

  /** Its record is complete: the plugins' `onFinish` hooks run, and nothing waits for them. */
  finish(status: number | undefined, ending: Ending): void {
    this.#chain.finish(this.record.finish(status, ending), this)
  }

  /** Releases all that the request holds. What is still in use gets a moment to end. */
  over(): void {
    if (this.#admitted) this.context.admission.leave()
    if (this.cancellation.idle) this.#release()
    else setTimeout(() => this.#release(), GRACE).unref()
    this.answered()
    requestIsOver()
  }

  /** Its body is of no more use: no other attempt will be made. */
  answered(): void {
    bodyIsOver(this.#size)
    this.#size = 0
  }

  #release(): void {
    try {
      this.cancellation.cancel()
    } catch (error) {
      this.context.logger.error({ id: this.id, err: error }, 'a stream failed when it was cancelled')
    }
    this.#chain.release()
  }

  async answer(): Promise<Reply> {
    const chain = this.#chain
    const { route } = this.matched
    const { server } = chain.config
    checkHeaders(this.req, server)
    if (this.headers.host === undefined && this.req.httpVersion === '1.1') throw noHost()
    const access = this.#endpoint?.access ?? 'client'
    if (access === 'admin') chain.requireAdmin(this.headers)
    const early = access === 'client' ? chain.head(this) : undefined
    // Not awaited when it is there: on the way of every request a promise is one too many.
    const refused = early instanceof Promise ? await early : early
    if (refused) return refused
    if (this.#endpoint) return this.#fromEndpoint(this.#endpoint)
    if (!route) throw notFound(this, chain.endpoints.list)
    if (!route.methods.includes(this.method)) return otherMethod(this, route.methods)
    if (ANNOUNCING.has(this.route)) chain.prepare()
    if (!isQuiet(this.route)) {
      const waiting = this.context.admission.enter(this.cancellation)
      if (waiting) await waiting
      this.#admitted = true
      this.record.times.admitted = this.record.elapsed()
    }
    if (!WITH_MESSAGES.has(this.route)) {
      this.req.resume() // whatever comes is thrown away: ten callers of /healthz could fill the memory with bodies
      return chain.run(new RequestCall(this, this.cancellation, RequestBody.ofBytes()))
    }
    const bytes = await this.#body()
    this.#size = bytes.length
    this.record.times.bodyRead = this.record.elapsed()
    const call = new RequestCall(this, this.cancellation, RequestBody.ofBytes(bytes, server))
    const { facts } = this.record
    facts.requestBytes = bytes.length
    facts.model = call.model // throws the 400 for a body that is no Messages request
    noteClient(call)
    return chain.run(call)
  }

  /**
   * A body is admitted like a call's; what has none costs little, and the operator and their monitoring must get through when
   * the gateway is busy.
   */
  async #fromEndpoint({ found, methods, access }: EndpointMatch): Promise<Reply> {
    if (!found) return otherMethod(this, methods)
    if (found.endpoint.method === 'GET') {
      this.req.resume()
      return answerFrom(found, new ChainEndpointRequest(this, Buffer.alloc(0)))
    }
    if (access !== 'admin') {
      await this.context.admission.enter(this.cancellation)
      this.#admitted = true
    }
    const bytes = await this.#body()
    this.#size = bytes.length
    this.record.times.bodyRead = this.record.elapsed()
    return answerFrom(found, new ChainEndpointRequest(this, bytes))
  }

  #body(): Promise<Buffer> {
    const { bodyLimit, requestTimeout } = this.#chain.config.server
    return readBody(this.req, bodyLimit, requestTimeout)
  }
}
