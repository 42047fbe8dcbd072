import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { defineHandler, fromNodeHandler, H3 } from 'h3'
import { toNodeHandler } from 'h3/node'
import type { Matched, ServeContext } from './handle.js'
import { ROUTES, type Route, spellings } from './routes.js'
import { serve } from './serve.js'

/**
 * The listener for Node's server. The routes that carry the conversation, spelt as they should be, go straight to the
 * exchange: a Request, a Response and a second `end` that h3's adapter makes for each would cost 40 µs, as much as the whole
 * of a bare proxy. Every other spelling and route is h3's.
 */
export function createListener(context: ServeContext): RequestListener {
  const others = toNodeHandler(createApp(context)) as RequestListener
  const direct = new Map(
    ROUTES.filter((r) => r.direct).map((route) => [route.path, { route, path: route.path, params: {} }]),
  )
  return (req: IncomingMessage, res: ServerResponse) => {
    const url = req.url ?? '/'
    const question = url.indexOf('?')
    const matched = direct.get(question < 0 ? url : url.slice(0, question))
    if (matched) void serve(req, res, matched, context)
    else others(req, res)
  }
}

/** The h3 app: it finds the route, and hands Node's request and response to the exchange. */
export function createApp(context: ServeContext): H3 {
  // A path that can't be decoded is a 404 like any other; h3's own 400 would be in a shape that no client reads.
  const app = new H3({ silent: true, allowMalformedURL: true })
  const hinted = new Set<string>()

  const servedBy = (matched: (params: Record<string, string>, path: string) => Matched) =>
    defineHandler((event) => {
      const path = event.url.pathname
      const found = matched(event.context.params ?? {}, path)
      return fromNodeHandler((req, res) => serve(req as never, res as never, found, context))(event)
    })

  for (const route of ROUTES) {
    for (const spelling of spellings(route)) {
      const handler = servedBy((params, path) => {
        if (spelling !== route.path) hint(path, route)
        return { route, params: decoded(params), path: canonical(route, params) }
      })
      if (route.only) for (const method of route.methods) app.on(method as never, spelling, handler)
      else app.all(spelling, handler)
    }
  }
  app.all(
    '/**',
    servedBy((_params, path) => ({ route: undefined, params: {}, path })),
  )

  function hint(path: string, route: Route): void {
    if (hinted.has(path) || hinted.size > 100) return
    hinted.add(path)
    context.logger.warn(
      `a client calls ${path}, which is served as ${route.path}: its base URL should be the gateway's address without /v1 (with /v1 for the AI SDK)`,
    )
  }
  return app
}

function canonical(route: Route, params: Record<string, string>): string {
  return route.path.replace(':id', params.id ?? '')
}

/** h3 leaves them as they came. What can't be decoded stays so, and names nothing that exists. */
function decoded(params: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => {
      try {
        return [name, decodeURIComponent(value)]
      } catch {
        return [name, value]
      }
    }),
  )
}
