import type { ByteSource, EventMapper, Headers, StreamEvent, StreamMapper } from './http.js'
import type { Cooldown } from './upstream.js'

export interface ReplyInit {
  readonly status?: number
  readonly headers?: Headers
  /** Of an error answer: what it says about the account, where that is more than its status tells. Clients never see it. */
  readonly cooldown?: Cooldown | undefined
}

/**
 * One answer on its way up the chain: a status, headers, and bytes that are decoded only on demand. Immutable, except
 * that a stream can be read once: after `events()` or `source()` the reply is spent; `bytes()`, `text()` and `json()`
 * keep what they read.
 */
export interface Reply {
  readonly status: number
  /** What an error answer says about the account; overrides its status. */
  readonly cooldown: Cooldown | undefined
  /** A status from 200 to 299. */
  readonly ok: boolean
  /** True for an event stream; its events are what `onEvent` sees. */
  readonly isEventStream: boolean
  readonly headers: Headers
  /** The first value of a header; names in lower case. */
  header(name: string): string | undefined
  /** The same answer under another status or with more headers (`undefined` removes one). */
  with(patch: ReplyInit): Reply
  /** The same event stream, seen through a mapper. Other answers stay as they are. */
  mapEvents(mapper: EventMapper | StreamMapper): Reply
  /** The whole body. Rejects when the stream breaks before its end. */
  bytes(limit?: number): Promise<Buffer>
  text(): Promise<string>
  json<T = unknown>(): Promise<T>
  /** The events, one at a time; leaving the loop early cancels the stream. Comments are left out. */
  events(): AsyncGenerator<StreamEvent>
  /** The bytes as a source, with all mappers applied. Spends the reply unless its bytes are held. */
  source(): ByteSource
  /** Discards an answer that will not be read: its stream is aborted. */
  discard(): void
}
