import type { Endpoint, EndpointRequest } from '../contract/endpoint.js'
import type { Reply } from '../contract/reply.js'
import { ConfigError, type Problem } from '../errors/config-error.js'
import { isKnownError, PluginError } from '../errors/gateway-errors.js'
import { PathPattern } from '../plugin/path-pattern.js'
import { ROUTE_LIST, spellings } from '../plugin/routes.js'
import { expectReply } from './results.js'

/** An endpoint with the plugin that brought it; undefined for one of the gateway's own. */
export interface ChainEndpoint {
  readonly plugin: string | undefined
  readonly endpoint: Endpoint
  readonly pattern: PathPattern
}

/** A path that an endpoint has. */
export interface EndpointMatch {
  /** Undefined when the path has none for the method. */
  readonly found: ChainEndpoint | undefined
  readonly params: Readonly<Record<string, string>>
  /** Of the endpoint; for a method that the path has not, the strictest of the path. */
  readonly access: Endpoint['access']
  /** All methods that the path has. */
  readonly methods: readonly string[]
}

const STRICTEST_FIRST: readonly Endpoint['access'][] = ['admin', 'client', 'public']

/** The endpoints of a chain, by path. */
export class EndpointTable {
  readonly list: readonly ChainEndpoint[]
  /** More specific paths come first. */
  readonly #ordered: readonly ChainEndpoint[]

  /** Throws a ConfigError for endpoints that take paths of one another or of the Messages API. */
  constructor(
    own: readonly Endpoint[],
    plugins: Iterable<{ name: string; endpoints?: readonly Endpoint[] | undefined }>,
  ) {
    const brought = (plugin: string | undefined, endpoints: readonly Endpoint[] = []) =>
      endpoints.map((endpoint) => ({ plugin, endpoint, pattern: new PathPattern(endpoint.path) }))
    const all = [...plugins].flatMap(({ name, endpoints }) => brought(name, endpoints))
    this.list = [...brought(undefined, own), ...all]
    const problems = this.list.flatMap(problemsOf)
    if (problems.length > 0) throw new ConfigError(problems)
    this.#ordered = this.list.toSorted((a, b) => a.pattern.variables - b.pattern.variables)
  }

  /** A path as it came; one slash may follow. */
  find(method: string, path: string): EndpointMatch | undefined {
    const found = this.#at(method, path)
    return found ?? (path.endsWith('/') ? this.#at(method, path.slice(0, -1)) : undefined)
  }

  #at(method: string, path: string): EndpointMatch | undefined {
    const matching = this.#ordered.filter(({ pattern }) => pattern.match(path))
    if (matching.length === 0) return undefined
    const wanted = method === 'HEAD' ? 'GET' : method
    const found = matching.find(({ endpoint }) => endpoint.method === wanted)
    const accesses = (found ? [found] : matching).map(({ endpoint }) => endpoint.access)
    const methods = matching.flatMap(({ endpoint: { method: m } }) => (m === 'GET' ? [m, 'HEAD'] : [m]))
    return {
      found,
      params: found?.pattern.match(path) ?? {},
      access: STRICTEST_FIRST.find((access) => accesses.includes(access))!,
      methods: [...new Set(methods)],
    }
  }
}

/** An error that is none of agproxy's kinds is a fault of the plugin. */
export async function answerFrom(
  { plugin = 'agproxy', endpoint, pattern }: ChainEndpoint,
  request: EndpointRequest,
): Promise<Reply> {
  const hook = `endpoint ${endpoint.method} ${pattern.shown}`
  let reply: unknown
  try {
    reply = await endpoint.handle(request)
  } catch (error) {
    throw isKnownError(error) ? error : new PluginError(plugin, hook, error)
  }
  return expectReply(plugin, hook, reply)
}

const OWN_PATHS = ROUTE_LIST.flatMap((route) =>
  spellings(route).map((path) => ({ route, pattern: new PathPattern(path) })),
)

function problemsOf(item: ChainEndpoint, at: number, all: readonly ChainEndpoint[]): Problem[] {
  const { plugin, endpoint, pattern } = item
  const name = `${endpoint.method} ${pattern.shown}`
  const path = `plugins.${plugin}.endpoints`
  const own = OWN_PATHS.find((other) => {
    const shares = !other.route.only || other.route.methods.includes(endpoint.method)
    return shares && pattern.overlaps(other.pattern)
  })
  if (own) {
    const message = `${name} takes ${own.pattern.shown}, which is a route of the gateway; choose another path, such as /_agproxy/${plugin}`
    return [{ code: 'AGP_CONFIG_ENDPOINT', path, message }]
  }
  const other = all.slice(0, at).find((earlier) => collides(earlier, item))
  if (!other) return []
  const owner = other.plugin === undefined ? 'the gateway' : `plugin '${other.plugin}'`
  const theirs = `${other.endpoint.method} ${other.pattern.shown}`
  const message =
    other.plugin === plugin
      ? `${name} and ${theirs} match the same paths; take one of them out`
      : `${name} matches paths of ${theirs}, which ${owner} has; choose another path, or leave one of the two plugins out`
  return [{ code: 'AGP_CONFIG_ENDPOINT', path, message }]
}

/** One plugin may have `/notes/new` beside `/notes/:id`; of two plugins, one would take paths of the other. */
function collides(a: ChainEndpoint, b: ChainEndpoint): boolean {
  const overlaps = a.endpoint.method === b.endpoint.method && a.pattern.overlaps(b.pattern)
  return overlaps && (a.plugin !== b.plugin || a.pattern.variables === b.pattern.variables)
}
