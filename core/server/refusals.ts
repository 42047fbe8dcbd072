import type { ChainEndpoint } from '../chain/endpoints.js'
import type { CallHead } from '../contract/call.js'
import type { Reply as ReplyContract } from '../contract/reply.js'
import { GatewayError } from '../errors/gateway-errors.js'
import { Reply } from '../exchange/reply.js'
import { PathPattern } from '../plugin/path-pattern.js'
import { ROUTE_LIST } from '../plugin/routes.js'

/** RFC 9112 §3.2. */
export function noHost(): GatewayError {
  return new GatewayError('invalid_request_error', 'the request has no Host header', {
    code: 'AGP_NO_HOST',
    retry: false,
  })
}

/** RFC 9112 §3.2 again: two are refused, whatever they say. */
export function manyHosts(count: number): GatewayError {
  const message = `the request has ${count} Host headers, and HTTP allows one`
  return new GatewayError('invalid_request_error', message, { code: 'AGP_NO_HOST', retry: false })
}

/** The 404, with all routes but the operator's. */
export function notFound({ method, path }: CallHead, endpoints: readonly ChainEndpoint[]): GatewayError {
  const own = ROUTE_LIST.map((route) => `${route.methods[0]} ${new PathPattern(route.path).shown}`)
  const brought = endpoints
    .filter(({ endpoint }) => endpoint.access !== 'admin')
    .map(({ endpoint, pattern }) => `${endpoint.method} ${pattern.shown}`)
  // What a browser asks for that was given the base URL.
  const page =
    method === 'GET' && path === '/' ? '; the page is at /_agproxy/, and `agproxy ui` opens it' : ''
  const message = `no route ${method} ${path}${page}; there are ${[...own, ...brought].join(', ')}`
  return new GatewayError('not_found_error', message, { code: 'AGP_NO_ROUTE', retry: false })
}

/** A method that a path has not: a 405, or for OPTIONS those that it has. */
export function otherMethod({ method, path }: CallHead, methods: readonly string[]): ReplyContract {
  const allow = [...methods, 'OPTIONS'].join(', ')
  if (method === 'OPTIONS') return Reply.bytes(Buffer.alloc(0), { status: 204, headers: { allow } })
  const message = `${path} takes ${methods.join(', ')}, not ${method}`
  throw new GatewayError('invalid_request_error', message, {
    code: 'AGP_METHOD_NOT_ALLOWED',
    status: 405,
    headers: { allow },
    retry: false,
  })
}
