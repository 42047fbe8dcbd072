import type { Accounts } from '../contract/accounts.js'
import type { HttpClient, Logger, ServerInfo, Token, Transport, Upstreams } from '../contract/services.js'

const token = <T>(name: string) => Symbol.for(`agproxy.${name}`) as Token<T>

/** What a plugin's constructor may ask for: `constructor(@inject(tokens.logger) private logger: Logger)`. */
export const tokens = {
  /** The plugin's own options, validated. */
  options: token<unknown>('options'),
  /** A logger that puts the plugin's name on every line. */
  logger: token<Logger>('logger'),
  /** The accounts and their state: chooses which one serves. */
  accounts: token<Accounts>('accounts'),
  /** The upstreams of this chain. */
  upstreams: token<Upstreams>('upstreams'),
  /** For small calls: model lists, token counts, probes (ofetch). */
  http: token<HttpClient>('http'),
  /** For the calls that carry the conversation (undici). */
  transport: token<Transport>('transport'),
  /** Where the gateway listens. */
  server: token<ServerInfo>('server'),
} as const
