import { type Agent, DecoratorHandler, Dispatcher, Pool, ProxyAgent } from 'undici'
import { UpstreamError } from '../errors/gateway-errors.js'
import { type EnvProxy, faultText, type Proxies } from './proxies.js'

/** Sends each call directly or through a proxy, as the environment says. Errors of a proxy name the proxy. */
export class ProxyDispatcher extends Dispatcher {
  /** By proxy URL. */
  readonly #agents = new Map<string, ProxyAgent>()
  readonly #routes = new Map<string, EnvProxy | undefined>()

  constructor(
    private readonly proxies: Proxies,
    private readonly direct: Dispatcher,
    /** Of the agents for proxies. */
    private readonly settings: Agent.Options,
    /** Milliseconds that a proxy gets to reach an upstream. */
    private readonly tunnelTimeout: number,
  ) {
    super()
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const origin = String(options.origin)
    const proxy = this.#routeTo(origin)
    if (!proxy) return this.direct.dispatch(options, handler)
    const { url } = proxy
    if (url === undefined) {
      failing(handler, () => undefined).onResponseError(undefined as never, unusable(proxy))
      return false
    }
    const headers = Array.isArray(options.headers) ? joined(options.headers) : options.headers
    const named = url.startsWith('socks')
      ? failing(handler, (error) => socksError(error, proxy, new URL(origin).host))
      : handler
    return this.#agentOf(proxy, url).dispatch({ ...options, headers }, named)
  }

  override close(): Promise<void> {
    return this.#each((agent) => agent.close())
  }

  override destroy(): Promise<void> {
    return this.#each((agent) => agent.destroy())
  }

  async #each(end: (agent: Dispatcher) => Promise<void>): Promise<void> {
    await Promise.all([this.direct, ...this.#agents.values()].map(end))
  }

  /** Origins are those of base URLs, so there are few. */
  #routeTo(origin: string): EnvProxy | undefined {
    if (!this.#routes.has(origin)) this.#routes.set(origin, this.proxies.of(origin))
    return this.#routes.get(origin)
  }

  #agentOf(proxy: EnvProxy, url: string): ProxyAgent {
    const { user, password } = proxy
    const key = `${url} ${user}:${password}`
    const found = this.#agents.get(key)
    if (found) return found
    const socks = url.startsWith('socks')
    const token = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
    const credentials = user || password ? (socks ? { username: user, password } : { token }) : {}
    const headersTimeout = this.tunnelTimeout
    const clientFactory = (to: URL, settings: object) =>
      tunneller(proxy, new Pool(to, { ...settings, headersTimeout }))
    const options = { ...this.settings, uri: url, clientFactory, ...credentials }
    const agent = new ProxyAgent(options as ProxyAgent.Options)
    this.#agents.set(key, agent)
    return agent
  }
}

/**
 * The connections to a proxy, over which others are tunnelled. Their errors get their words here: undici tries again without
 * an end and without a pause where a proxy closes each connection before it answers (UND_ERR_SOCKET).
 */
function tunneller(proxy: EnvProxy, pool: Pool): Pool {
  const connect = pool.connect.bind(pool) as (
    options: Dispatcher.ConnectOptions,
  ) => Promise<Dispatcher.ConnectData>
  return Object.assign(pool, {
    async connect(options: Dispatcher.ConnectOptions) {
      const upstream = options.path.replace(/:(80|443)$/, '')
      const answer = await connect(options).catch((error: Error) => {
        throw told(proxy, upstream, whatFailed(codeOf(error)), error)
      })
      if (answer.statusCode === 200) return answer
      answer.socket.on('error', () => {}).destroy()
      throw told(proxy, upstream, ofStatus(answer.statusCode, proxy, upstream))
    },
  }) as Pool
}

/** undici's ProxyAgent keeps the last one of several headers of one name. */
function joined(list: readonly unknown[]): Record<string, string> {
  const headers: Record<string, string> = {}
  for (let i = 0; i < list.length; i += 2) {
    const name = String(list[i]).toLowerCase()
    headers[name] = headers[name] === undefined ? String(list[i + 1]) : `${headers[name]}, ${list[i + 1]}`
  }
  return headers
}

/** A handler whose errors become what `named` makes of them. */
function failing(
  handler: Dispatcher.DispatchHandler,
  named: (error: Error) => Error | undefined,
): Required<Dispatcher.DispatchHandler> {
  // undici declares none of its methods. It hands on to handlers of the old form too, such as that of `fetch`.
  const decorated = new DecoratorHandler(handler) as Required<Dispatcher.DispatchHandler>
  const handOn = decorated.onResponseError.bind(decorated)
  return Object.assign(decorated, {
    onResponseError(controller: Dispatcher.DispatchController, error: Error) {
      handOn(controller, named(error) ?? error)
    },
  })
}

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
])
const TLS = /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/

const codeOf = (error: Error) => (error as NodeJS.ErrnoException).code ?? error.name

function whatFailed(code: string): string {
  if (UNREACHABLE.has(code)) return `can't be reached (${code})`
  if (TLS.test(code)) return `has no certificate that is trusted (${code})`
  return code === 'UND_ERR_HEADERS_TIMEOUT' ? 'did not answer in time' : `broke the connection (${code})`
}

/** All that undici reports of SOCKS5; undefined for an error of the upstream behind it. */
function socksError(error: Error, proxy: EnvProxy, upstream: string): UpstreamError | undefined {
  const { message } = error
  const code = codeOf(error)
  if (UNREACHABLE.has(code)) return told(proxy, upstream, whatFailed(code), error)
  if (code.startsWith('UND_ERR_SOCKS5_AUTH') || message.startsWith('Username and password required'))
    return told(proxy, upstream, ofStatus(407, proxy, upstream), error)
  if (code.startsWith('UND_ERR_SOCKS5') || message.startsWith('SOCKS5'))
    return told(proxy, upstream, `made no way to ${upstream} (${message})`, error)
  return undefined
}

function ofStatus(status: number, { user }: EnvProxy, upstream: string): string {
  if (status !== 407) return `made no way to ${upstream} (${status})`
  return user ? 'refused its user and password (407)' : 'wants a user and a password (407)'
}

function told({ host, variable }: EnvProxy, upstream: string, what: string, cause?: unknown): UpstreamError {
  const message = `the proxy ${host} of ${variable} ${what}; check ${variable}, or exempt ${upstream} by NO_PROXY`
  return new UpstreamError('connect', message, { cause })
}

const unusable = (proxy: EnvProxy) => new UpstreamError('connect', faultText(proxy))
