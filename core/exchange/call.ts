import type { MessagesRequest } from '../contract/messages.js'
import type { Target } from '../contract/upstream.js'
import type { Edit } from '../json/edit.js'
import type { JsonNode } from '../json/node.js'
import { type Cancellation, ClientCancellation, SignalCancellation } from './cancellation.js'
import { type Headers, header } from './headers.js'
import { ExchangeRecord } from './record.js'
import { RequestBody } from './request-body.js'

/** What the client asked for, by meaning: `/v1/v1/messages` and `/messages` are `messages` too. */
export type RouteName =
  | 'messages'
  | 'count-tokens'
  | 'models' // GET /v1/models, the Anthropic list
  | 'models-claude' // GET /v1/models/claude, the OpenAI-shaped list
  | 'model' // GET /v1/models/{id}
  | 'health'
  | 'hello' // HEAD / and HEAD /api/hello
  | 'telemetry'
  | 'accounts' // GET /_agproxy/api/accounts, the operator's
  | 'account-cooldowns' // DELETE /_agproxy/api/accounts/{id}/cooldowns
  | 'not-found'

/** A call before its body is read: all that `onHeaders` may look at. */
export interface CallHead {
  /** The gateway's id for this request: `req_` and 24 characters. */
  readonly id: string
  readonly route: RouteName
  readonly method: string
  /** The canonical path, `/v1/messages` and not what a client with a doubled base URL sent. */
  readonly path: string
  /** With its `?`, or empty. Travels on as it came. */
  readonly query: string
  readonly headers: Headers
  /** The path's variable parts, decoded: `{ id }` for the route `model`. */
  readonly params: Readonly<Record<string, string>>
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal
  /** Facts for the log line of this request; the one thing here that grows. */
  readonly record: ExchangeRecord
}

/** What a call can be made of; the rest is filled in. */
export type CallInit = Partial<CallHead> &
  Pick<CallHead, 'id'> & { readonly bytes?: Buffer; readonly target?: Target; readonly limits?: StreamLimits }

/** How long an upstream may keep silent, in milliseconds; set by `stream-guard`, kept by transport and dispatcher. */
export interface StreamLimits {
  /** For response headers and for the first event of a stream. */
  readonly firstEventTimeout: number
  /** Between two chunks of a body. */
  readonly idleTimeout: number
  /** Gets the comments and pings before a stream's first event, whole frames; false: they are kept until it comes. */
  readonly passOn?: (frame: Buffer) => boolean
}

/** What `with` can change. A new `body` makes the bytes anew, new `bytes` make the body anew. */
export interface CallPatch {
  readonly body?: MessagesRequest
  readonly bytes?: Buffer
  readonly headers?: Headers
  readonly query?: string
  readonly target?: Target
  readonly limits?: StreamLimits
  /** A tighter one than the client's, for a call that the plugin gives up before the client does. */
  readonly signal?: AbortSignal
}

/**
 * One request on its way down the chain. Immutable: `with` returns a new call that shares what it doesn't change,
 * so a retry starts again from the call as it stood, and an untouched body leaves as the very bytes that came.
 */
export class Call implements CallHead {
  readonly query: string
  readonly headers: Headers
  /** Where this attempt goes; known inside `retry-rotate` (phase `attempt`), undefined outside. */
  readonly target: Target | undefined
  /** Without limits nobody waits for a stream's first event, and silence is borne for ever. */
  readonly limits: StreamLimits | undefined
  /** Who waits for the answer; `signal` for those who need no AbortSignal. */
  readonly cancellation: Cancellation
  readonly #head: CallHead
  readonly #body: RequestBody

  /** For those that receive requests; `Call.of` fills in what is not given. */
  constructor(
    head: CallHead,
    cancellation: Cancellation,
    body: RequestBody,
    query = head.query,
    headers = head.headers,
    target?: Target,
    limits?: StreamLimits,
  ) {
    this.#head = head
    this.cancellation = cancellation
    this.#body = body
    this.query = query
    this.headers = headers
    this.target = target
    this.limits = limits
  }

  static of(init: CallInit): Call {
    const cancellation = init.signal ? new SignalCancellation(init.signal) : new ClientCancellation()
    const head: CallHead = {
      id: init.id,
      route: init.route ?? 'messages',
      method: init.method ?? 'POST',
      path: init.path ?? '/v1/messages',
      query: init.query ?? '',
      headers: init.headers ?? {},
      params: init.params ?? {},
      record: init.record ?? new ExchangeRecord(),
      signal: cancellation.signal,
    }
    const { target, limits } = init
    return new Call(
      head,
      cancellation,
      RequestBody.ofBytes(init.bytes),
      head.query,
      head.headers,
      target,
      limits,
    )
  }

  get id(): string {
    return this.#head.id
  }

  get route(): RouteName {
    return this.#head.route
  }

  get method(): string {
    return this.#head.method
  }

  get path(): string {
    return this.#head.path
  }

  get params(): Readonly<Record<string, string>> {
    return this.#head.params
  }

  get record(): ExchangeRecord {
    return this.#head.record
  }

  get signal(): AbortSignal {
    return this.cancellation.signal
  }

  /** The body as it will leave: the client's own bytes until a plugin changes the body. */
  get bytes(): Buffer {
    return this.#body.bytes
  }

  /**
   * The body, each part decoded when it is read: a look at the last message costs that message. Throws a 400 when it is not
   * a JSON object with a model and messages.
   */
  get body(): MessagesRequest {
    return this.#body.object
  }

  /** How much of the body plugins have had decoded by reading `body`, from 0 to 1. */
  get decodedShare(): number {
    return this.#body.share
  }

  /** Where everything in the body stands, for plugins that look at much and change little; see `edit`. */
  get tree(): JsonNode {
    return this.#body.tree
  }

  /** The roles of the messages, in order. */
  get roles(): readonly string[] {
    return this.#body.roles
  }

  get model(): string {
    return this.#body.model
  }

  /** Whether the client asked for a stream. Only the body tells: `accept` does not (Claude Code sends application/json). */
  get stream(): boolean {
    return this.#body.stream
  }

  /** The first value of a header; names in lower case. */
  header(name: string): string | undefined {
    return header(this.headers, name)
  }

  with(patch: CallPatch): Call {
    const { query = this.query, headers = this.headers, target = this.target, limits = this.limits } = patch
    const cancellation = patch.signal ? new SignalCancellation(patch.signal) : this.cancellation
    return new Call(this.#head, cancellation, bodyOf(patch) ?? this.#body, query, headers, target, limits)
  }

  /** The call with other values for top-level fields of its body; the rest is not decoded and keeps its bytes. */
  set(fields: Readonly<Partial<MessagesRequest>>): Call {
    return this.#with(this.#body.set(fields))
  }

  /** The call with splices in its body, by positions in `tree`. */
  edit(edits: readonly Edit[]): Call {
    return edits.length === 0 ? this : this.#with(this.#body.edit(edits))
  }

  #with(body: RequestBody): Call {
    const { query, headers, target, limits } = this
    return new Call(this.#head, this.cancellation, body, query, headers, target, limits)
  }
}

function bodyOf({ body, bytes }: CallPatch): RequestBody | undefined {
  if (body) return RequestBody.ofObject(body)
  return bytes && RequestBody.ofBytes(bytes)
}
