import type { RouteName } from '../contract/call.js'

export interface Route {
  readonly name: RouteName
  /** What the contract calls it; `:id` is a variable part. */
  readonly path: string
  readonly methods: readonly string[]
  /** Served under doubled and missing `/v1` prefixes too. */
  readonly tolerant?: boolean
  /** Found before h3 is asked. */
  readonly direct?: boolean
  /** With another method it is no route at all (404, not 405): people open `/` in a browser. */
  readonly only?: boolean
  /** The operator's: wants the admin key, is answered by the gateway itself and never seen by plugins. */
  readonly admin?: boolean
}

/** Every route that exists; anything else is 404 and never forwarded. */
export const ROUTES: readonly Route[] = [
  { name: 'messages', path: '/v1/messages', methods: ['POST'], tolerant: true, direct: true },
  {
    name: 'count-tokens',
    path: '/v1/messages/count_tokens',
    methods: ['POST'],
    tolerant: true,
    direct: true,
  },
  { name: 'models-claude', path: '/v1/models/claude', methods: ['GET', 'HEAD'], tolerant: true },
  { name: 'models', path: '/v1/models', methods: ['GET', 'HEAD'], tolerant: true },
  { name: 'model', path: '/v1/models/:id', methods: ['GET', 'HEAD'], tolerant: true },
  { name: 'health', path: '/healthz', methods: ['GET', 'HEAD'] },
  { name: 'hello', path: '/', methods: ['HEAD'], only: true },
  { name: 'hello', path: '/api/hello', methods: ['HEAD'], only: true },
  { name: 'telemetry', path: '/api/event_logging/batch', methods: ['POST'] },
  { name: 'accounts', path: '/_agproxy/api/accounts', methods: ['GET'], admin: true },
  {
    name: 'account-cooldowns',
    path: '/_agproxy/api/accounts/:id/cooldowns',
    methods: ['DELETE'],
    admin: true,
  },
]

/** The spellings under which a route is served, its own first: base URLs get `/v1` doubled or left out. */
export function spellings(route: Route): readonly string[] {
  if (!route.tolerant) return [route.path]
  const bare = route.path.slice('/v1'.length)
  return [route.path, `/v1${route.path}`, bare]
}

/** `POST /v1/messages, GET /v1/models, …` for a 404. */
export function routeList(): string {
  const forClients = ROUTES.filter((r) => !r.admin)
  return forClients.map((r) => `${r.methods[0]} ${r.path.replace(':id', '{id}')}`).join(', ')
}

/** Routes that clients poll and that cost nothing; they never queue, and their lines would hide the others. */
const QUIET: ReadonlySet<RouteName> = new Set(['health', 'hello', 'telemetry'])

export function isQuiet(route: RouteName): boolean {
  return QUIET.has(route)
}
