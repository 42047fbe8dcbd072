import type { Services, Token } from '../contract/services.js'

const token = <Name extends keyof Services>(name: Name) =>
  Symbol.for(`agproxy.${name}`) as Token<Services[Name]>

/** What a plugin's constructor may ask for: `constructor(@inject(tokens.logger) private logger: Logger)`. */
export const tokens = {
  /** The plugin's own options, validated. */
  options: Symbol.for('agproxy.options') as Token<unknown>,
  /** A logger that puts the plugin's name on every line. */
  logger: token('logger'),
  /** What this gateway, and those that it shares its state with, know: of accounts, and whatever a plugin keeps there. */
  state: token('state'),
  /** Where the gateway listens. */
  server: token('server'),
  /** For the calls that carry the conversation (undici). */
  transport: token('transport'),
  /** For small calls: model lists, token counts, probes (ofetch). */
  http: token('http'),
  /** The upstreams of this chain. */
  upstreams: token('upstreams'),
  /** The accounts and their state: chooses which one serves. */
  accounts: token('accounts'),
  /** About how many tokens a call's prompt has: `await estimate(call)`. */
  estimate: token('estimate'),
  /** What tokens cost. */
  prices: token('prices'),
  /** Sends a kept request once more, elsewhere. */
  resend: token('resend'),
} as const
