import type { $Fetch } from 'ofetch'
import type { InjectionToken } from 'tsyringe'
import type { Accounts } from './accounts.js'
import type { Call, Upstream } from './call.js'
import type { Cancellation, HeaderList } from './http.js'
import type { Prices } from './prices.js'
import type { AttemptRecord } from './record.js'
import type { Reply } from './reply.js'
import type { Resend } from './resend.js'
import type { StateStore } from './state.js'
import type { Account } from './upstream.js'

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
  /** Learns when the connection was there, and when the headers came. */
  readonly attempt?: AttemptRecord | undefined
}

/** The calls that carry the conversation. Follows no redirect, so that a key never goes to another host. */
export interface Transport {
  /** Resolves with the response's headers; its body flows when the reply is read. Rejects with an UpstreamError. */
  send(request: SendRequest): Promise<Reply>
  /**
   * A request is about to come, its body is still under way: begins a connection for it where none is free. Where there was no
   * request lately, `likely` is asked for the origin that it may go to.
   */
  prepare?(likely: () => string | undefined): void
}

/** The upstreams of one chain, in the order of the list. */
export interface Upstreams {
  get(name: string): Upstream | undefined
  /** Throws a GatewayError that names those that exist. */
  expect(name: string): Upstream
  list(): readonly Upstream[]
  readonly size: number
}

/**
 * About how many input tokens a call's prompt has; at least 1. 400 kB take 25 ms, in slices that let other requests go on.
 * Rejects with a ClientGoneError when the call's signal aborts.
 */
export interface EstimateTokens {
  (call: Pick<Call, 'body' | 'signal'>): Promise<number>
  /**
   * Corrects later estimates by what a finished answer says that its prompt had: `tokens` in all, cached ones too, counted by
   * `model`, as its upstream calls it.
   */
  learn?(call: Pick<Call, 'body' | 'signal'>, model: string, tokens: number): Promise<void>
}

/** What a plugin can ask for, by the names of `tokens`. */
export interface Services {
  readonly logger: Logger
  readonly state: StateStore
  readonly server: ServerInfo
  readonly transport: Transport
  readonly http: HttpClient
  readonly upstreams: Upstreams
  readonly accounts: Accounts
  readonly estimate: EstimateTokens
  readonly prices: Prices
  readonly resend: Resend
}

/**
 * The factories of a config's or a preset's `services`: each one's product takes the place of the service of that name. A
 * product with a method `dispose` is disposed of after its last use.
 *
 * `logger` and `state` are made once, when the gateway starts; the others once for each chain, so again at a reload.
 */
export interface ServiceFactories {
  readonly logger?: (
    context: GatewayContext & {
      builtIn(): Logger
      /** Takes the secrets of the config in force out of a text. The built-in logger does so with each line that it writes. */
      redact(text: string): string
    },
  ) => Logger
  readonly state?: (context: GatewayContext & { readonly logger: Logger }) => StateStore
  readonly transport?: (context: ServiceContext<Transport>) => Transport
  readonly http?: (context: ServiceContext<HttpClient>) => HttpClient
  readonly accounts?: (context: ServiceContext<Accounts>) => Accounts
  readonly estimate?: (context: ServiceContext<EstimateTokens>) => EstimateTokens
  readonly prices?: (context: ServiceContext<Prices>) => Prices
}

/** What is known before a chain is built. */
export interface GatewayContext {
  readonly config: {
    /** The accounts of the config or of the environment. Upstreams that are not in the chain may be among theirs. */
    readonly accounts: readonly Account[]
  }
  readonly server: ServerInfo
}

/** What a service of a chain is made with. Another service is made when it is asked for; in a circle this throws. */
export interface ServiceContext<T> extends GatewayContext, Omit<Services, 'server'> {
  /** The gateway's own service, for one that wraps it. */
  builtIn(): T
  /** Any service, by its token. */
  resolve<S>(token: Token<S> | InjectionToken<S>): S
}
