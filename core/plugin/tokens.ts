import type { AccountPool } from '../accounts/pool.js'
import type { Logger } from '../contract/services.js'
import type { ServerInfo } from '../exchange/loopback.js'
import type { HttpClient } from '../upstream/http.js'
import type { Upstreams } from '../upstream/registry.js'
import type { Transport } from '../upstream/transport.js'

declare const typed: unique symbol
/** A key for a service. From `Symbol.for`, so that two copies of agproxy in one process name the same service. */
export type Token<T> = symbol & { readonly [typed]?: T }

const token = <T>(name: string) => Symbol.for(`agproxy.${name}`) as Token<T>

/** What a plugin's constructor may ask for: `constructor(@inject(tokens.logger) private logger: Logger)`. */
export const tokens = {
  /** The plugin's own options, validated. */
  options: token<unknown>('options'),
  /** A logger that puts the plugin's name on every line. */
  logger: token<Logger>('logger'),
  /** The accounts and their state. */
  pool: token<AccountPool>('pool'),
  /** The upstreams of this chain; a forwarder registers its own in `setup`. */
  upstreams: token<Upstreams>('upstreams'),
  /** For small calls: model lists, token counts, probes (ofetch). */
  http: token<HttpClient>('http'),
  /** For the calls that carry the conversation (undici). */
  transport: token<Transport>('transport'),
  /** Where the gateway listens. */
  server: token<ServerInfo>('server'),
} as const
