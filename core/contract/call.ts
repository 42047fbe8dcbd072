import type { Accepts, AcceptsInit, KnownFact } from './accepts.js'
import type { Awaitable } from './awaitable.js'
import type { Choice } from './choice.js'
import type { Headers } from './http.js'
import type { Edit, JsonNode } from './json.js'
import type { MessagesRequest } from './messages.js'
import type { ExchangeRecord } from './record.js'
import type { Reply } from './reply.js'
import type { Account, Address, ModelInfo, Precedence } from './upstream.js'

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
  | 'endpoint' // what a plugin's `endpoints` or the operator's API answer
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
  /** Aborts when the client disconnects, or the request is over. */
  readonly signal: AbortSignal
  /** Facts about this request, for the log and the `onFinish` hooks; the one mutable thing here. */
  readonly record: ExchangeRecord
}

/** How long an upstream may keep silent, in milliseconds. */
export interface StreamLimits {
  /** For a stream's headers and its first event. */
  readonly firstEvent: number
  /** Between two chunks of a body. */
  readonly idle: number
  /** For the headers of an answer without a stream. Default: 600 s. */
  readonly answer?: number
}

/** The accounts that a plugin wants a call to go to: one of this id, those of this upstream, or both at once. */
export interface Preference {
  readonly account?: string | undefined
  readonly upstream?: string | undefined
  /** No other account serves the call: `now`, and they do so at once or not at all; `true`, and it waits for them as usual. */
  readonly only?: boolean | 'now' | undefined
}

/** What `with` can change. A new `body` replaces the bytes, new `bytes` replace the body. */
export interface CallPatch {
  readonly body?: MessagesRequest
  readonly bytes?: Buffer
  readonly headers?: Headers
  readonly query?: string
  readonly target?: Target
  readonly limits?: StreamLimits
  readonly answer?: 'stream' | 'message'
  /** Ends this part of the request before the request itself ends: `AbortSignal.timeout(5000)`. */
  readonly signal?: AbortSignal
}

/**
 * One request on its way down the chain. Immutable: `with` returns a new call that shares what it doesn't change,
 * so a retry starts again from the call as it was, and an untouched body leaves as the very bytes that came.
 *
 * A call can be read for as long as it is kept, and keeps its body in memory. The gateway keeps none once the answer has begun, as
 * nothing is tried again then: what a plugin needs later it takes out before, or holds the call and so the body.
 */
export interface Call extends CallHead {
  /** Where this attempt goes; known inside `retry-rotate` (phase `attempt`), undefined outside. */
  readonly target: Target | undefined
  /** Set by `prefer`; honoured where the account is chosen. */
  readonly preference: Preference | undefined
  /** The attempt keeps them. Default: 300 s to the first event, 270 s idle. */
  readonly limits: StreamLimits
  /** The body as it will leave: the client's own bytes until a plugin changes the body. */
  readonly bytes: Buffer
  /**
   * The body, each part decoded when it is read: reading the last message costs that message. Throws a 400 unless it is
   * a JSON object with a model and messages.
   */
  readonly body: MessagesRequest
  /** The positions of everything in the body, for plugins that look at much and change little; see `edit`. */
  readonly tree: JsonNode
  /** The roles of the messages, in order. */
  readonly roles: readonly string[]
  readonly model: string
  /** Whether the client asked for a stream. Read from the body: `accept` does not say (Claude Code sends application/json). */
  readonly stream: boolean
  /**
   * The form in which the attempt returns the upstream's answer, whatever form it came in: what `stream` asks for, unless a
   * plugin asks the upstream for something else (`call.set({ stream: true }).with({ answer: 'message' })`).
   */
  readonly answer: 'stream' | 'message'
  /** The first value of a header; names in lower case. */
  header(name: string): string | undefined
  with(patch: CallPatch): Call
  /**
   * The call with other values for top-level fields of its body, `undefined` takes one out; the rest is not decoded and keeps
   * its bytes. Throws a TypeError for `model` or `messages` as undefined.
   */
  set(fields: Readonly<Partial<MessagesRequest>>): Call
  /**
   * The call with a wish for the account or the upstream that serves it, in place of an earlier one, and with another model.
   * A wish counts where one of its accounts can serve at once; else the choice is the usual one, with the model as it is here.
   * With `only` there is no other choice.
   * It neither sets nor moves the account that the session is pinned to. Of use outside of `retry-rotate` (phase `request`).
   */
  prefer(to: Preference & { readonly model?: string | undefined }): Call
  /** The call with splices in its body, by positions in `tree`. */
  edit(edits: readonly Edit[]): Call
}

/** What an upstream can do, as `create` of `defineUpstream` returns it. */
export interface UpstreamHooks {
  /** What is known of it; the rest is passed on as it is. Of several parts each overrules those before it. */
  readonly accepts?: AcceptsInit | readonly AcceptsInit[]
  /** Default `pooled`. */
  readonly precedence?: Precedence
  /** False: accounts without a key can serve. Default true. */
  readonly needsKey?: boolean
  /**
   * One attempt: sends the call and returns the answer as the upstream gave it; errors by status are answers too. Throw an
   * UpstreamError when there is none. `call.target` has the account.
   */
  send(call: Call): Awaitable<Reply>
  /** What it calls a client's model; undefined: the same. */
  mappedModel?(model: string): string | undefined
  /** Models that clients may ask for, by the upstream's mapping; no call is made. */
  models?(): readonly ModelInfo[]
  /** The upstream's own list, where it has one. */
  listModels?(account: Account, signal: AbortSignal): Promise<readonly ModelInfo[]>
  /** Tokens that a prompt may have with this model (a client's name or its own), where it is known. */
  contextWindow?(model: string): number | undefined
  /** Where an account's calls go, for errors that lead to the option to correct. */
  address?(account: Account): Address
  /**
   * For `agproxy check --probe`, where `send` with one short message would be dear or wrong: one cheap call with the
   * account's key. Throws what went wrong.
   */
  probe?(account: Account, signal: AbortSignal): Promise<void>
  /** Once, before the chain takes requests. An error keeps the chain from starting. */
  setup?(): Awaitable<void>
  /** Once, after the chain's last request. */
  dispose?(): Awaitable<void>
}

/** An upstream of a chain, its defaults filled in. */
export interface Upstream extends Omit<UpstreamHooks, 'setup' | 'dispose'> {
  readonly name: string
  /** Whatever the model. */
  readonly accepts: Accepts
  /** Where that is known from; what comes later overrules. */
  readonly known: readonly KnownFact[]
  readonly precedence: Precedence
  readonly needsKey: boolean
  /** What it calls a client's model. */
  modelFor(model: string): string
  /** What it takes with a model, by its own name for it. */
  acceptsFor(model: string): Accepts
}

/** Where one attempt goes. */
export interface Target {
  readonly upstream: Upstream
  readonly account: Account
  /** With the model of this attempt. */
  readonly accepts: Accepts
  /** 1 for the first. */
  readonly attempt: number
  /** The account's own name for the model, where its `models` give one. */
  readonly model?: string
  /** Why this account. */
  readonly choice?: Choice
}
