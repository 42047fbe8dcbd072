import type {
  Call as CallContract,
  CallHead,
  CallPatch,
  Preference,
  RouteName,
  StreamLimits,
  Target,
} from '../contract/call.js'
import type { Cancellation, Headers } from '../contract/http.js'
import type { Edit, JsonNode } from '../contract/json.js'
import type { MessagesRequest } from '../contract/messages.js'
import type { ExchangeRecord as RecordContract } from '../contract/record.js'
import { ClientCancellation, SignalCancellation } from './cancellation.js'
import { header, lowerCased } from './headers.js'
import type { InnerCall } from './inner.js'
import { ExchangeRecord } from './record.js'
import { RequestBody } from './request-body.js'

/** What a call can be made of; the rest is filled in. */
export type CallInit = Partial<CallHead> &
  Pick<CallHead, 'id'> & { readonly bytes?: Buffer; readonly target?: Target; readonly limits?: StreamLimits }

/** Claude Code gives up after 360 s without headers and after 300 s without a byte. */
const DEFAULT_LIMITS: StreamLimits = { firstEvent: 300_000, idle: 270_000 }

/**
 * One request on its way down the chain. Immutable: `with` returns a new call that shares what it doesn't change,
 * so a retry starts again from the call as it stood, and an untouched body leaves as the very bytes that came.
 */
export class RequestCall implements InnerCall {
  readonly query: string
  readonly headers: Headers
  readonly target: Target | undefined
  readonly limits: StreamLimits
  readonly preference: Preference | undefined
  readonly cancellation: Cancellation
  readonly #head: CallHead
  readonly #body: RequestBody
  readonly #answer: 'stream' | 'message' | undefined

  /** For those that receive requests; `Call.of` fills in what is not given. */
  constructor(
    head: CallHead,
    cancellation: Cancellation,
    body: RequestBody,
    query = head.query,
    headers = head.headers,
    target?: Target,
    limits = DEFAULT_LIMITS,
    answer?: 'stream' | 'message',
    preference?: Preference,
  ) {
    this.#head = head
    this.cancellation = cancellation
    this.#body = body
    this.query = query
    this.headers = headers
    this.target = target
    this.limits = limits
    this.preference = preference
    this.#answer = answer
  }

  static of(init: CallInit): RequestCall {
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
    return new RequestCall(
      head,
      cancellation,
      RequestBody.ofBytes(init.bytes),
      head.query,
      head.headers,
      target,
      limits,
    )
  }

  /** For those that compare calls. Undefined for a call of another copy of the class. */
  static bodyOf(call: CallContract): RequestBody | undefined {
    return #body in call ? (call as RequestCall).#body : undefined
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

  get record(): RecordContract {
    return this.#head.record
  }

  get signal(): AbortSignal {
    return this.cancellation.signal
  }

  get bytes(): Buffer {
    return this.#body.bytes
  }

  get body(): MessagesRequest {
    return this.#body.object
  }

  get decodedShare(): number {
    return this.#body.share
  }

  get tree(): JsonNode {
    return this.#body.tree
  }

  get roles(): readonly string[] {
    return this.#body.roles
  }

  get model(): string {
    return this.#body.model
  }

  get stream(): boolean {
    return this.#body.stream
  }

  get answer(): 'stream' | 'message' {
    return this.#answer ?? (this.stream ? 'stream' : 'message')
  }

  header(name: string): string | undefined {
    return header(this.headers, name)
  }

  with(patch: CallPatch): RequestCall {
    const { query = this.query, target = this.target, limits = this.limits } = patch
    const headers = patch.headers ? lowerCased(patch.headers) : this.headers
    const cancellation = patch.signal
      ? new SignalCancellation(patch.signal, this.cancellation)
      : this.cancellation
    return new RequestCall(
      this.#head,
      cancellation,
      bodyOf(patch) ?? this.#body,
      query,
      headers,
      target,
      limits,
      patch.answer ?? this.#answer,
      this.preference,
    )
  }

  set(fields: Readonly<Partial<MessagesRequest>>): RequestCall {
    return this.#with(this.#body.set(fields))
  }

  edit(edits: readonly Edit[]): RequestCall {
    return edits.length === 0 ? this : this.#with(this.#body.edit(edits))
  }

  prefer({
    account,
    upstream,
    only,
    model,
  }: Preference & { readonly model?: string | undefined }): RequestCall {
    const wish = account !== undefined || upstream !== undefined
    const preference = wish ? { account, upstream, only } : this.preference
    return this.#with(model === undefined ? this.#body : this.#body.set({ model }), preference)
  }

  #with(body: RequestBody, preference = this.preference): RequestCall {
    const { query, headers, target, limits } = this
    const answer = this.#answer
    return new RequestCall(
      this.#head,
      this.cancellation,
      body,
      query,
      headers,
      target,
      limits,
      answer,
      preference,
    )
  }
}

/** One name for the type and its maker, as users know it. */
export type Call = CallContract
export const Call: { of(init: CallInit): CallContract } = RequestCall

function bodyOf({ body, bytes }: CallPatch): RequestBody | undefined {
  if (body) return RequestBody.ofObject(body)
  return bytes && RequestBody.ofBytes(bytes)
}
