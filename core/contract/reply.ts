import type { ByteSource, EventMapper, HeaderList, Headers, StreamEvent } from './http.js'
import type { CooldownReason } from './upstream.js'

export interface ReplyInit {
  readonly status?: number
  readonly headers?: Headers
  readonly diagnosis?: Diagnosis | undefined
}

/** What an error answer says about the account that got it, for whatever chooses accounts; the client never sees it. */
export interface Diagnosis {
  /** Why the account should cool down, where more is known than the status tells. */
  readonly reason?: CooldownReason | undefined
  /** Milliseconds; Infinity: until the config changes. Absent: as long as the answer's `retry-after` says. */
  readonly restFor?: number | undefined
  /** `model`: it is about the model that was asked for, and the account serves others. Default: the whole account. */
  readonly scope?: 'account' | 'model'
}

/**
 * One answer on its way up the chain: a status, headers, and bytes that are decoded only on demand. Immutable, except
 * that a stream can be read once: after `events()` or `source()` the reply is spent; `bytes()`, `text()` and `json()`
 * keep what they read.
 */
export interface Reply {
  readonly status: number
  readonly diagnosis: Diagnosis | undefined
  /** A status from 200 to 299. */
  readonly ok: boolean
  /** True for an event stream; its events are what `onEvent` sees. */
  readonly isEventStream: boolean
  readonly headers: Headers
  /** The first value of a header; names in lower case. */
  header(name: string): string | undefined
  /** The headers that may travel on, as `endToEndList` has them. */
  headerList(drop: ReadonlySet<string>): HeaderList
  /** The same answer under another status or with more headers (`undefined` removes one). */
  with(patch: ReplyInit): Reply
  /** The same answer with another body: `source` carries on what `source()` gave. */
  withSource(source: ByteSource): Reply
  /** The same event stream, seen through a mapper. Other answers stay as they are. */
  mapEvents(mapper: EventMapper): Reply
  /** The whole body. Rejects when the stream breaks before its end. */
  bytes(limit?: number): Promise<Buffer>
  text(): Promise<string>
  json<T = unknown>(): Promise<T>
  /** The events, one at a time; leaving the loop early cancels the stream. Comments are left out. */
  events(): AsyncGenerator<StreamEvent>
  /** The bytes when all of them are here already, else undefined. */
  readonly held: Buffer | undefined
  /** The decoded value of `held`, where a reader left it. Not to be changed. */
  readonly decoded: unknown
  /** Whether it has been confirmed to be an answer. */
  readonly isCertain: boolean
  /** Marks it as confirmed; `decoded` is what its bytes say, if they are held. */
  makeCertain(decoded?: unknown): Reply
  /** The bytes as a source, with all mappers applied. Spends the reply unless its bytes are held. */
  source(): ByteSource
  /** Discards this answer when another one goes out in its place, unless that one is made of it or it is being read. */
  replacedBy(other: Reply): void
  /** Discards an answer that will not be read: its stream is aborted. */
  discard(): void
}
