import { Exemptions } from './exemptions.js'

/** A proxy that the environment names. */
export interface EnvProxy {
  /** The variable that names it, as it is spelt. */
  readonly variable: string
  /** Host and port, for messages. */
  readonly host: string
  /** Without user and password. Undefined where it can't be used. */
  readonly url: string | undefined
  readonly user: string
  readonly password: string
  /** Why it can't be used, in words. */
  readonly fault: string | undefined
}

/** Lower case first, as curl has it; the more special one before the more general. */
const VARIABLES = {
  'http:': ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'],
  'https:': ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY', 'http_proxy', 'HTTP_PROXY'],
} as const

/** Schemes by which users name a proxy, with undici's own. Its SOCKS5 has the proxy look names up, as `socks5h` asks. */
const SCHEMES: Readonly<Record<string, string>> = {
  http: 'http',
  https: 'https',
  socks: 'socks5',
  socks5: 'socks5',
  socks5h: 'socks5',
}

/** The proxies of an environment, and what is exempt from them. */
export class Proxies {
  readonly #proxies: Readonly<Record<string, EnvProxy | undefined>>
  readonly #exempt: Exemptions

  constructor(env: NodeJS.ProcessEnv) {
    this.#proxies = { 'http:': proxyFor('http:', env), 'https:': proxyFor('https:', env) }
    this.#exempt = new Exemptions(`${env.no_proxy ?? ''},${env.NO_PROXY ?? ''}`)
  }

  /** Entries of NO_PROXY that can't be meant; they exempt nothing. */
  get malformed(): readonly string[] {
    return this.#exempt.malformed
  }

  get any(): boolean {
    return this.all.length > 0
  }

  get all(): readonly EnvProxy[] {
    return Object.values(this.#proxies).filter((proxy) => proxy !== undefined)
  }

  /** The proxy on the way to an origin; undefined: directly. */
  of(origin: string): EnvProxy | undefined {
    const { protocol, hostname, port } = new URL(origin)
    const proxy = this.#proxies[protocol]
    return proxy && !this.#exempt.has(bare(hostname), port || defaultPort(protocol)) ? proxy : undefined
  }
}

/** What is wrong with the proxies of an environment, and with what it exempts from them: one sentence each. */
export function proxyWarnings(env: NodeJS.ProcessEnv): string[] {
  const proxies = new Proxies(env)
  if (!proxies.any) return []
  const faulty = proxies.all.filter(({ fault }) => fault !== undefined)
  return [...new Set([...faulty.map(faultText), ...proxies.malformed.map(malformedText)])]
}

const malformedText = (entry: string): string => {
  const shown = entry.includes('@') ? 'an entry' : `'${entry.slice(0, LONGEST_ENTRY)}'`
  return `NO_PROXY: ${shown} is left out: it is no host, address or network (example.com, 10.0.0.1, 10.0.0.0/8)`
}
const LONGEST_ENTRY = 100

export const faultText = ({ variable, fault }: EnvProxy): string =>
  `${variable} ${fault}; upstreams that are not exempt by NO_PROXY can't be reached`

function proxyFor(protocol: keyof typeof VARIABLES, env: NodeJS.ProcessEnv): EnvProxy | undefined {
  const variable = VARIABLES[protocol].find((name) => env[name]?.trim())
  return variable && parseProxy(variable, env[variable]!.trim())
}

/** `host:port` and `user:password@host:port` are http proxies, as other programs have it. */
function parseProxy(variable: string, text: string): EnvProxy {
  const [, scheme = 'http', rest] = /^(?:([a-z][a-z\d+.-]*):)?(?:\/\/)?(.*)$/is.exec(named(text))!
  const known = SCHEMES[scheme.toLowerCase()]
  // As http, so that hosts and default ports are read alike whatever the scheme.
  const url = URL.canParse(`http://${rest}`) ? new URL(`http://${rest}`) : undefined
  const faulty = (fault: string): EnvProxy => ({
    variable,
    host: url?.host ?? '',
    url: undefined,
    user: '',
    password: '',
    fault,
  })
  if (known === undefined)
    return faulty(`names a proxy of the kind '${scheme}', and only http, https and socks5 are known`)
  if (!url) return faulty('is not the address of a proxy: write it as http://host:port')
  const host = url.port ? url.host : `${url.host}:${known === 'https' ? 443 : known === 'socks5' ? 1080 : 80}`
  return {
    variable,
    host,
    url: `${known}://${host}`,
    user: decoded(url.username),
    password: decoded(url.password),
    fault: undefined,
  }
}

/** With a scheme: what comes before the first colon of `proxy.example:8080` is none. */
const named = (text: string) =>
  /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text.replace(/^\/\//, '')}`

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const bare = (hostname: string) => hostname.replace(/^\[|\]$/g, '')
const defaultPort = (protocol: string) => (protocol === 'https:' ? '443' : '80')
