import { defineHandler, fromNodeHandler, H3 } from 'h3'
import { toNodeHandler } from 'h3/node'
import { ROUTE_LIST, type Route, spellings } from '../plugin/routes.js'
import type { Matched } from './handle.js'
import { match, pathOf } from './match.js'

/** Serves Node's request and response. */
export type Serve = (req: unknown, res: unknown, matched: Matched) => Promise<void>

/** A client spells a route in another way than its own. */
export type Hint = (path: string, route: Route) => void

/**
 * The h3 app: it finds the route, and hands Node's request and response to the exchange. h3 decodes letters, resolves dots and
 * takes `\` for a slash, so the path as it came is compared with what h3 found.
 */
export function createApp(serve: Serve, hint: Hint) {
  // A path that can't be decoded is a 404 like any other; h3's own 400 would be in a shape that no client reads.
  const app = new H3({ silent: true, allowMalformedURL: true })
  const servedAs = (route?: Route, spelling = '') =>
    defineHandler((event) => {
      const path = pathOf(event.node!.req.url!)
      const found = route && match(route, spelling, path)
      if (found && spelling !== route.path) hint(path, route)
      const matched = found ?? { route: undefined, path, params: {} }
      return fromNodeHandler((req, res) => serve(req, res, matched))(event)
    })
  for (const route of ROUTE_LIST) {
    for (const spelling of spellings(route)) {
      const handler = servedAs(route, spelling)
      if (route.only) for (const method of route.methods) app.on(method as never, spelling, handler)
      else app.all(spelling, handler)
    }
  }
  app.all('/**', servedAs())
  return toNodeHandler(app)
}
