import { decodedPart } from '../plugin/path-pattern.js'
import { ROUTE_LIST, type Route, spellings } from '../plugin/routes.js'
import type { Matched } from './handle.js'

/**
 * A path is read once, byte by byte, as it came. Nothing of it is decoded, and no dots, slashes or backslashes are tidied up:
 * a proxy that keeps `/_agproxy/` inside and a gateway that reads the same path in another way are a hole together. Only what
 * a variable part holds is decoded, as a value, when the route is known.
 */

/** The path of a request target; of the absolute form, which proxies may send (RFC 9112 §3.2.2), without its origin. */
export function pathOf(target: string): string {
  const from = target.charCodeAt(0) === SLASH ? 0 : (ORIGIN.exec(target)?.[0].length ?? 0)
  const question = target.indexOf('?')
  return target.slice(from, question < 0 ? target.length : question) || '/'
}

const SLASH = 0x2f
const ORIGIN = /^https?:\/\/[^/?#]*/i

/** What a request brings whose path is this spelling of the route; undefined when it is another path. One slash may follow. */
export function match(route: Route, spelling: string, path: string): Matched | undefined {
  const bare = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
  const [before, after] = spelling.split(':id') as [string, string?]
  if (after === undefined) return bare === spelling ? { route, path: route.path, params: {} } : undefined
  const id = bare.slice(before.length, bare.length - after.length)
  if (id === '' || /[/\\]/.test(id) || bare !== `${before}${id}${after}`) return undefined
  return { route, path: route.path.replace(':id', () => id), params: { id: decodedPart(id) } }
}

/**
 * The route that was meant by a path with doubled slashes, as base URLs that end in one make them. Only for the routes whose
 * other spellings are forgiven too: never for the operator's.
 */
export function withDoubledSlashes(path: string): Matched | undefined {
  if (!path.includes('//')) return undefined
  const found = findRoute(path.replace(/\/{2,}/g, '/'))
  return found?.route?.tolerant ? found : undefined
}

/** The route of the gateway's that a path spells. */
export function findRoute(path: string): Matched | undefined {
  for (const route of ROUTE_LIST) {
    for (const spelling of spellings(route)) {
      const matched = match(route, spelling, path)
      if (matched) return matched
    }
  }
  return undefined
}
