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

/** What a derived call can have in place of its original's. */
interface Fields extends Pick<CallHead, 'query' | 'headers'> {
  readonly target?: Target | undefined
  readonly limits?: StreamLimits | undefined
  readonly answer?: 'stream' | 'message' | undefined
  readonly preference?: Preference | undefined
}

/** See the contract; what a derived call doesn't change it shares with its original. */
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
  constructor(head: CallHead, cancellation: Cancellation, body: RequestBody, fields?: Fields) {
    // Not `head` itself: one that is an object of the server's has other things by these names.
    const {
      query,
      headers,
      target,
      limits = DEFAULT_LIMITS,
      answer,
      preference,
    } = fields ?? {
      query: head.query,
      headers: head.headers,
    }
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
    return new RequestCall(head, cancellation, RequestBody.ofBytes(init.bytes)).#derive({ target, limits })
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
    const { signal } = patch
    const cancellation = signal ? new SignalCancellation(signal, this.cancellation) : this.cancellation
    return this.#derive(patch, bodyOf(patch), cancellation)
  }

  set(fields: Readonly<Partial<MessagesRequest>>): RequestCall {
    return this.#derive(NOTHING, this.#body.set(fields))
  }

  edit(edits: readonly Edit[]): RequestCall {
    return edits.length === 0 ? this : this.#derive(NOTHING, this.#body.edit(edits))
  }

  prefer({
    account,
    upstream,
    only,
    model,
  }: Preference & { readonly model?: string | undefined }): RequestCall {
    const wish = account !== undefined || upstream !== undefined
    const preference = wish ? { account, upstream, only } : this.preference
    return this.#derive({ preference }, model === undefined ? this.#body : this.#body.set({ model }))
  }

  #derive(patch: Partial<Fields>, body = this.#body, cancellation = this.cancellation): RequestCall {
    const headers = patch.headers ? lowerCased(patch.headers) : this.headers
    const {
      query = this.query,
      target = this.target,
      limits = this.limits,
      answer = this.#answer,
      preference = this.preference,
    } = patch
    const fields = { query, headers, target, limits, answer, preference }
    return new RequestCall(this.#head, cancellation, body, fields)
  }
}

const NOTHING: Partial<Fields> = {}

/** One name for the type and its maker, as users know it. */
export type Call = CallContract
export const Call: { of(init: CallInit): CallContract } = RequestCall

function bodyOf({ body, bytes }: CallPatch): RequestBody | undefined {
  if (body) return RequestBody.ofObject(body)
  return bytes && RequestBody.ofBytes(bytes)
}
