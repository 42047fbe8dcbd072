import type { $Fetch } from 'ofetch'
import type { Upstream } from './call.js'
import type { Cancellation, HeaderList } from './http.js'
import type { Reply } from './reply.js'

declare const typed: unique symbol
/** A key for a service. From `Symbol.for`, so that two copies of agproxy in one process name the same service. */
export type Token<T> = symbol & { readonly [typed]?: T }

interface LogMethod {
  (fields: object, message?: string): void
  (message: string): void
}

/** The part of pino that plugins see. Prompts and keys never go in; a field is an id, a name, a number or a time. */
export interface Logger {
  readonly debug: LogMethod
  readonly info: LogMethod
  readonly warn: LogMethod
  readonly error: LogMethod
  child(fields: object): Logger
}

/** Where the gateway listens. */
export interface ServerInfo {
  readonly host: string
  readonly port: number
  /** Only this machine can reach it. */
  readonly loopback: boolean
}

/** ofetch over the gateway's connections, for small calls. No retries, no redirects; error statuses are answers. */
export type HttpClient = $Fetch

export interface SendRequest {
  readonly method: string
  /** Scheme, host and port: `https://api.z.ai`. */
  readonly origin: string
  /** Path with query. */
  readonly path: string
  readonly headers: HeaderList | Record<string, string | string[]>
  readonly body: Buffer
  /** Cancels the call; without it and `signal` the answer is awaited in any case. */
  readonly cancellation?: Cancellation
  readonly signal?: AbortSignal
  /** Milliseconds to wait for headers, and between two chunks of the body; beyond, the call fails with `timeout`. */
  readonly headersTimeout?: number | undefined
  readonly idleTimeout?: number | undefined
}

/** The calls that carry the conversation. Follows no redirect, so that a key never goes to another host. */
export interface Transport {
  /** Resolves with the response's headers; its body flows when the reply is read. Rejects with an UpstreamError. */
  send(request: SendRequest): Promise<Reply>
}

/** The upstreams of one chain, in the order of the list. */
export interface Upstreams {
  get(name: string): Upstream | undefined
  /** Throws a GatewayError that names those that exist. */
  expect(name: string): Upstream
  list(): readonly Upstream[]
  readonly size: number
}
