import { GatewayError } from './errors.js'
import { type Headers, header } from './headers.js'
import { Journal } from './journal.js'
import type { MessagesRequest } from './protocol/messages.js'
import type { Target } from './upstream/types.js'

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
  | 'not-found'

/** A call before its body is read: all that `onHead` may look at. */
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
  readonly journal: Journal
}

export type CallInit = Partial<CallHead> & Pick<CallHead, 'id'> & { bytes?: Buffer }

/** How long an upstream may keep silent, in milliseconds; set by `stream-guard`, kept by transport and dispatcher. */
export interface StreamLimits {
  /** For response headers and for the first event of a stream. */
  readonly firstEventTimeout: number
  /** Between two chunks of a body. */
  readonly idleTimeout: number
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

const EMPTY = Buffer.alloc(0)
const NEVER = new AbortController().signal

/**
 * One request on its way down the chain. Immutable: `with` returns a new call that shares what it doesn't change,
 * so a retry starts again from the call as it stood, and an untouched body leaves as the very bytes that came.
 */
export class Call implements CallHead {
  readonly id: string
  readonly route: RouteName
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: Headers
  readonly params: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  readonly journal: Journal
  /** Where this attempt goes; known inside `retry-rotate` (phase `upstream`), undefined outside. */
  readonly target: Target | undefined
  /** Without limits nobody waits for a stream's first event, and silence is borne for ever. */
  readonly limits: StreamLimits | undefined
  #bytes: Buffer | undefined
  #body: MessagesRequest | undefined

  constructor(
    init: CallInit & {
      target?: Target | undefined
      limits?: StreamLimits | undefined
      body?: MessagesRequest | undefined
    },
  ) {
    this.id = init.id
    this.route = init.route ?? 'messages'
    this.method = init.method ?? 'POST'
    this.path = init.path ?? '/v1/messages'
    this.query = init.query ?? ''
    this.headers = init.headers ?? {}
    this.params = init.params ?? {}
    this.signal = init.signal ?? NEVER
    this.journal = init.journal ?? new Journal()
    this.target = init.target
    this.limits = init.limits
    this.#bytes = init.bytes
    this.#body = init.body && freeze(init.body)
  }

  /** The body as it will leave: the client's own bytes until a plugin changes the body. */
  get bytes(): Buffer {
    this.#bytes ??= this.#body ? Buffer.from(JSON.stringify(this.#body)) : EMPTY
    return this.#bytes
  }

  /** The body, decoded on first use. Throws a 400 when it is not a JSON object with a model and messages. */
  get body(): MessagesRequest {
    this.#body ??= freeze(decode(this.bytes))
    return this.#body
  }

  get model(): string {
    return this.body.model
  }

  /** Whether the client asked for a stream. Only the body tells: `accept` does not (Claude Code sends application/json). */
  get stream(): boolean {
    return this.body.stream === true
  }

  /** The first value of a header; names in lower case. */
  header(name: string): string | undefined {
    return header(this.headers, name)
  }

  with(patch: CallPatch): Call {
    const replaced = patch.body !== undefined || patch.bytes !== undefined
    return new Call({
      id: this.id,
      route: this.route,
      method: this.method,
      path: this.path,
      params: this.params,
      signal: patch.signal ?? this.signal,
      journal: this.journal,
      query: patch.query ?? this.query,
      headers: patch.headers ?? this.headers,
      target: patch.target ?? this.target,
      limits: patch.limits ?? this.limits,
      bytes: replaced ? patch.bytes : this.#bytes,
      body: replaced ? patch.body : this.#body,
    })
  }
}

/**
 * A plugin that changed a shared array in place would change every later attempt, so the containers that plugins
 * edit are frozen: such a plugin throws at once, in its author's first test. Blocks below stay unfrozen, the walk
 * would cost more than the request.
 */
function freeze(body: MessagesRequest): MessagesRequest {
  if (Object.isFrozen(body)) return body
  if (Array.isArray(body.messages)) {
    for (const message of body.messages) Object.freeze(message)
    Object.freeze(body.messages)
  }
  if (Array.isArray(body.system)) Object.freeze(body.system)
  if (Array.isArray(body.tools)) Object.freeze(body.tools)
  return Object.freeze(body)
}

function decode(bytes: Buffer): MessagesRequest {
  if (bytes.length === 0) throw bad('the request has no body: send a JSON object with `model` and `messages`')
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
  } catch (error) {
    throw bad(`the body is not valid JSON: ${withoutQuote((error as Error).message)}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw bad(
      `the body must be a JSON object, found ${value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`}`,
    )
  }
  const { model, messages } = value as Record<string, unknown>
  if (typeof model !== 'string' || model === '') throw bad(`model: ${missing(model, 'a string')}`)
  if (!Array.isArray(messages)) throw bad(`messages: ${missing(messages, 'an array')}`)
  const wrong = messages.findIndex((m) => typeof m !== 'object' || m === null || typeof m.role !== 'string')
  if (wrong >= 0) throw bad(`messages.${wrong}: must be an object with \`role\` and \`content\``)
  return value as MessagesRequest
}

/** V8 quotes the text around the mistake, which is the conversation, and this message goes into the log. */
function withoutQuote(message: string): string {
  return message.replace(/, (\.{3})?".*$/s, '')
}

function missing(value: unknown, wanted: string): string {
  return value === undefined
    ? 'Field required'
    : `Input should be ${wanted}, found ${JSON.stringify(value)?.slice(0, 40)}`
}

function bad(message: string): GatewayError {
  return new GatewayError('invalid_request_error', message)
}
