import type { Awaitable } from './awaitable.js'
import type { CallHead } from './call.js'
import type { Reply } from './reply.js'

/** A request as an endpoint gets it: `path` is the path that came, `params` are its variable parts, `route` is `endpoint`. */
export interface EndpointRequest extends CallHead {
  /** The body of a POST, PUT, PATCH or DELETE, decompressed, at most `server.bodyLimit` bytes; empty for GET. */
  readonly bytes: Buffer
  /** The body as JSON. Throws a 400 for a body that is not JSON. */
  json<T = unknown>(): T
}

/**
 * A route that a plugin brings. It is answered by the plugin alone and never forwarded; of the chain's hooks only `onHeaders`
 * sees it.
 */
export interface Endpoint {
  /** GET answers HEAD as well. */
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /**
   * `/metrics`, `/_agproxy/api/notes/:id`: letters, digits and `-._~` between slashes, or a variable part as `:name`. Any path
   * but those of the Messages API and of other plugins.
   */
  readonly path: `/${string}`
  /**
   * `client`: all `onHeaders` of the chain, so that `auth` asks for a key as for any other route. `admin`: the operator's key
   * (`AGPROXY_ADMIN_KEY`, `server.adminKey`, or the one in the state folder), and from no web page. `public`: no check at all; web pages of other sites can call it too.
   */
  readonly access: 'public' | 'client' | 'admin'
  /** A `GatewayError` is an answer; any other error is a 500 that names the plugin. */
  handle(request: EndpointRequest): Awaitable<Reply>
}
