import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { defineHandler, fromNodeHandler, H3 } from 'h3'
import { toNodeHandler } from 'h3/node'
import { ROUTE_LIST, type Route, spellings } from '../plugin/routes.js'
import type { ServeContext } from './handle.js'
import { match, pathOf, withDoubledSlashes } from './match.js'
import { serve } from './serve.js'

/**
 * The listener for Node's server. The routes that carry the conversation, spelt as they should be, go straight to the
 * exchange: a Request, a Response and a second `end` that h3's adapter makes for each would cost 40 µs, as much as the whole
 * of a bare proxy. Every other spelling and route is h3's.
 */
export function createListener(context: ServeContext): RequestListener {
  const hint = hints(context)
  const others = toNodeHandler(createApp(context, hint)) as RequestListener
  const direct = new Map(
    ROUTE_LIST.filter((r) => r.direct).map((route) => [route.path, { route, path: route.path, params: {} }]),
  )
  return (req: IncomingMessage, res: ServerResponse) => {
    const path = pathOf(req.url ?? '/')
    const matched = direct.get(path)
    if (matched) {
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

type Hint = (path: string, route: Route) => void

/**
 * The h3 app: it finds the route, and hands Node's request and response to the exchange. h3 decodes letters, resolves dots and
 * takes `\` for a slash, so the path as it came is compared with what h3 found.
 */
function createApp(context: ServeContext, hint: Hint): H3 {
  // A path that can't be decoded is a 404 like any other; h3's own 400 would be in a shape that no client reads.
  const app = new H3({ silent: true, allowMalformedURL: true })
  const servedAs = (route?: Route, spelling = '') =>
    defineHandler((event) => {
      const path = pathOf(event.node!.req.url!)
      const found = route && match(route, spelling, path)
      if (found && spelling !== route.path) hint(path, route)
      const matched = found ?? { route: undefined, path, params: {} }
      return fromNodeHandler((req, res) => serve(req as never, res as never, matched, context))(event)
    })
  for (const route of ROUTE_LIST) {
    for (const spelling of spellings(route)) {
      const handler = servedAs(route, spelling)
      if (route.only) for (const method of route.methods) app.on(method as never, spelling, handler)
      else app.all(spelling, handler)
    }
  }
  app.all('/**', servedAs())
  return app
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
