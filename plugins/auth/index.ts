import { inject } from 'tsyringe'
import { z } from 'zod'
import {
  type CallHead,
  definePlugin,
  GatewayError,
  type Logger,
  type Plugin,
  type ServerInfo,
  tokens,
} from '../../core/index.js'
import { clientKeyOption, foreignSource, KeyRing, presentedKeys } from '../../core/kit.js'

const options = z.strictObject({
  /** Who must show a key. `auto`: no one on a loopback address, else as `all-except-health`; `strict`: every route; `off`. Default: `auto`. */
  mode: z.enum(['auto', 'off', 'strict', 'all-except-health']).default('auto'),
  /** Keys that let a client in; any one of them. Default: those of `AGPROXY_API_KEY`. */
  keys: z.array(clientKeyOption()).default([]).meta({ secret: true }),
  /** Host names besides localhost by which a gateway on a loopback address may be called. Default: none. */
  allowedHosts: z.array(z.string()).default([]),
})

const NO_KEYS =
  'this gateway demands a key and none is configured: set AGPROXY_API_KEY or plugins.auth.keys, and restart'

type AuthOptions = z.output<typeof options>

/** Lets in who may use the gateway, before anything else of a request is read. */
class Auth implements Plugin {
  readonly #ring: KeyRing
  readonly #mode: Exclude<AuthOptions['mode'], 'auto'>
  readonly #loopback: boolean
  readonly #allowedHosts: ReadonlySet<string>
  /** The `Host` that passed last: a client's is always the same, and looking an address up costs 5 µs. */
  #familiarHost: string | readonly string[] | undefined

  constructor(
    @inject(tokens.options) options: AuthOptions,
    @inject(tokens.server) server: ServerInfo,
    @inject(tokens.logger) private readonly logger: Logger,
  ) {
    this.#ring = new KeyRing(options.keys)
    this.#mode = options.mode === 'auto' ? (server.loopback ? 'off' : 'all-except-health') : options.mode
    this.#loopback = server.loopback
    this.#allowedHosts = new Set(options.allowedHosts.map((h) => h.toLowerCase()))
  }

  setup(): void {
    if (this.#mode !== 'off' && this.#ring.empty) this.logger.warn(NO_KEYS)
  }

  onHeaders(head: CallHead): void {
    if (this.#loopback) this.#refuseForeign(head)
    if (this.#mode === 'off' || this.#exempt(head)) return
    const keys = presentedKeys(head.headers)
    if (this.#ring.holdsAny(keys)) return
    throw new GatewayError('authentication_error', this.#reason(keys), {
      code: 'AGP_CLIENT_KEY',
      retry: false,
    })
  }

  #refuseForeign(head: CallHead): void {
    const { host, origin } = head.headers
    if (origin === undefined && host === this.#familiarHost) return
    const source = foreignSource(head.headers, this.#allowedHosts)
    if (source === undefined) {
      this.#familiarHost = host
      return
    }
    const message = `refused: ${source} is not this machine. Web pages may not use the local gateway; for a name of your own, add it to plugins.auth.allowedHosts`
    throw new GatewayError('permission_error', message, { code: 'AGP_FOREIGN_ORIGIN', retry: false })
  }

  #exempt({ route, method }: CallHead): boolean {
    if (route === 'hello') return true // clients ask it before they have a key, and it reveals nothing
    return this.#mode !== 'strict' && (route === 'health' || method === 'OPTIONS')
  }

  #reason(keys: readonly string[]): string {
    if (this.#ring.empty) return NO_KEYS
    const where = 'Authorization, x-api-key or x-goog-api-key'
    return keys.length === 0
      ? `no key: send one of the gateway's keys in ${where} (Claude Code: ANTHROPIC_AUTH_TOKEN)`
      : `the key in ${where} is none of this gateway's (AGPROXY_API_KEY, plugins.auth.keys)`
  }
}

export const auth = definePlugin({
  name: 'auth',
  phase: 'request',
  routes: 'all',
  options,
  env: { keys: 'AGPROXY_API_KEY' },
  use: Auth,
})
