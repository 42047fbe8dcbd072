import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { ROUTE_LIST } from '../plugin/routes.js'
import type { Hint, Serve } from './app.js'
import type { ServeContext } from './handle.js'
import { findRoute, pathOf, withDoubledSlashes } from './match.js'
import { serve } from './serve.js'

/**
 * The listener for Node's server. The gateway's own routes, spelt as they should be, go straight to the exchange: a Request, a
 * Response and a second `end` that h3's adapter makes for each would cost 40 µs, as much as the whole of a bare proxy. Every other
 * spelling and route is h3's.
 */
export function createListener(context: ServeContext): RequestListener {
  const hint = hints(context)
  const others = whenAsked((req, res, matched) => serve(req as never, res as never, matched, context), hint)
  const direct = new Map(
    ROUTE_LIST.filter(({ path }) => !path.includes(':')).map((route) => [
      route.path,
      { route, path: route.path, params: {} },
    ]),
  )
  return (req: IncomingMessage, res: ServerResponse) => {
    const path = pathOf(req.url ?? '/')
    const matched = direct.get(path)
    if (matched && (!matched.route.only || matched.route.methods.includes(req.method!))) {
      void serve(req, res, matched, context)
      return
    }
    const meant = withDoubledSlashes(path)
    if (meant) {
      hint(path, meant.route!)
      req.url = req.url!.replace(path, () => meant.path)
    }
    others(req, res)
  }
}

const loadApp = () => import('./app.js')

/**
 * h3 and its adapter are loaded with the first request that is theirs: they name `Response`, with which Node loads its own fetch, and
 * HTTP/2; together a tenth of a start and 5 MB. Where they can't be loaded (no more files may be opened) the routes are found without them.
 */
export function whenAsked(serve: Serve, hint: Hint, load = loadApp): RequestListener {
  let app: RequestListener | undefined
  let loading: Promise<RequestListener> | undefined
  const without: RequestListener = (req, res) => {
    const path = pathOf(req.url!)
    void serve(req, res, findRoute(path) ?? { route: undefined, path, params: {} })
  }
  return (req, res) => {
    if (app) return app(req, res)
    loading ??= load().then(
      ({ createApp }) => createApp(serve, hint) as RequestListener,
      () => without,
    )
    void loading.then((loaded) => {
      app = loaded
      if (!res.destroyed) loaded(req, res) // else its client has gone meanwhile
    })
  }
}

/** Clients choose the paths: so many are logged, each once. */
const HINTS = 100

function hints({ logger }: ServeContext): Hint {
  const told = new Set<string>()
  return (path, route) => {
    if (told.has(path) || told.size >= HINTS) return
    told.add(path)
    logger.warn(
      `a client calls ${path}, which is served as ${route.path}: its base URL should be the gateway's address without /v1 (with /v1 for the AI SDK) and without a slash at its end`,
    )
  }
}
