import type { RouteName } from '../contract/call.js'

export interface RoutePath {
  /** What the contract calls it; `:id` is a variable part. */
  readonly path: string
  readonly methods: readonly string[]
  /** Served under doubled and missing `/v1` prefixes too. */
  readonly tolerant?: boolean
  /** Its body is a Messages request, and goes to an upstream. */
  readonly forwarded?: boolean
  /** With another method it is no route at all (404, not 405): people open `/` in a browser. */
  readonly only?: boolean
}

export interface Route extends RoutePath {
  readonly name: RouteName
}

/** Every name that `routes` of a plugin may hold, with its paths. Any other path is a plugin's endpoint, or a 404 and never forwarded. */
export const ROUTES: Readonly<Record<RouteName, readonly RoutePath[]>> = {
  messages: [forwarded('/v1/messages')],
  'count-tokens': [forwarded('/v1/messages/count_tokens')],
  'models-claude': [{ path: '/v1/models/claude', methods: ['GET', 'HEAD'], tolerant: true }],
  models: [{ path: '/v1/models', methods: ['GET', 'HEAD'], tolerant: true }],
  model: [{ path: '/v1/models/:id', methods: ['GET', 'HEAD'], tolerant: true }],
  health: [{ path: '/healthz', methods: ['GET', 'HEAD'] }],
  hello: [
    { path: '/', methods: ['HEAD'], only: true },
    { path: '/api/hello', methods: ['HEAD'], only: true },
  ],
  telemetry: [{ path: '/api/event_logging/batch', methods: ['POST'] }],
  endpoint: [], // the plugins say which
  'not-found': [],
}

function forwarded(path: string): RoutePath {
  return { path, methods: ['POST'], tolerant: true, forwarded: true }
}

export const ROUTE_NAMES = Object.keys(ROUTES) as readonly RouteName[]

/** The gateway's own routes, one for each path. */
export const ROUTE_LIST: readonly Route[] = ROUTE_NAMES.flatMap((name) =>
  ROUTES[name].map((route) => ({ name, ...route })),
)

/** For the `routes` of a plugin that sees all that goes to an upstream: messages, and the counting of their tokens. */
export const FORWARDED_ROUTES: readonly RouteName[] = ROUTE_NAMES.filter((name) =>
  ROUTES[name].some((route) => route.forwarded),
)

/** The spellings under which a route is served, its own first: base URLs get `/v1` doubled or left out. */
export function spellings(route: RoutePath): readonly string[] {
  if (!route.tolerant) return [route.path]
  const bare = route.path.slice('/v1'.length)
  return [route.path, `/v1${route.path}`, bare]
}

/** Routes that clients poll and that cost nothing; they never queue, and their lines would hide the others. */
const QUIET: ReadonlySet<RouteName> = new Set(['health', 'hello', 'telemetry'])

export function isQuiet(route: RouteName): boolean {
  return QUIET.has(route)
}
