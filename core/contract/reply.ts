import type { ByteSource, EventData, EventMapper, Headers, StreamEvent, StreamMapper } from './http.js'
import type { Cooldown } from './upstream.js'

export interface ReplyInit {
  readonly status?: number
  readonly headers?: Headers
  /** Of an error answer: what it says about the account, where that is more than its status says. Clients never see it. */
  readonly cooldown?: Cooldown | undefined
}

/** What `with` can change; `headers` are put over those that are there, and `undefined` removes one. */
export interface ReplyPatch extends ReplyInit {
  /** Another body, which carries on what `source()` gave. */
  readonly source?: ByteSource
}

/** How answers are made. Of the status 200, unless `init` says otherwise. */
export interface ReplyMakers {
  /** An answer of these bytes; `init.headers` name their `content-type`. */
  bytes(bytes: Buffer, init?: ReplyInit): Reply
  /** An answer of this value as JSON, `content-type: application/json`. Throws for a value that JSON cannot write (a circle, a bigint). */
  json(value: unknown, init?: ReplyInit): Reply
  /** An answer whose bytes flow; `init.headers` name their `content-type`. */
  stream(source: ByteSource, init?: ReplyInit): Reply
  /** A `text/event-stream` of data objects or events, made as fast as the client reads. */
  events(
    events: Iterable<EventData | StreamEvent> | AsyncIterable<EventData | StreamEvent>,
    init?: ReplyInit,
  ): Reply
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
  /** The same answer under another status, with more headers or with another body. */
  with(patch: ReplyPatch): Reply
  /** The same event stream, seen through a mapper. Other answers stay as they are. */
  mapEvents(mapper: EventMapper | StreamMapper): Reply
  /** The whole body. Rejects with an UpstreamError for a stream that breaks, or that has more bytes than `limit` (64 MB). */
  bytes(limit?: number): Promise<Buffer>
  /** The whole body as UTF-8. */
  text(): Promise<string>
  /** The whole body, decoded. Rejects with a SyntaxError for a body that is no JSON. */
  json<T = unknown>(): Promise<T>
  /** The events, one at a time; leaving the loop early cancels the stream. Comments are left out. */
  events(): AsyncGenerator<StreamEvent>
  /** The bytes as a source, with all mappers applied. Spends the reply unless its bytes are held. */
  source(): ByteSource
  /** Discards an answer that will not be read: its stream is aborted. */
  discard(): void
}
