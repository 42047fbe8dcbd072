import { createMemo, createSignal } from 'solid-js'
import { href, type Query, VIEWS, type View } from './address.js'

export type { View }
export { href }

export interface Route {
  readonly view: View
  /** What follows the view, decoded: `#/sessions/ID`. */
  readonly parts: readonly string[]
  readonly query: URLSearchParams
}

const [hash, setHash] = createSignal(location.hash)
addEventListener('hashchange', () => setHash(location.hash))

/** Where the page is: all of it is in the fragment, so that every view, filter and opened request has a URL. */
export const route = createMemo<Route>(() => routeOf(hash()))

export function routeOf(text: string): Route {
  const [path = '', query = ''] = text.replace(/^#?\/?/, '').split('?', 2)
  const [first = '', ...parts] = path.split('/')
  const view = VIEWS.find((name) => name === first) ?? 'live'
  return { view, parts: parts.filter(Boolean).map(decoded), query: new URLSearchParams(query) }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** The same place with another query. */
export function withQuery(changes: Query): string {
  const { view, parts, query } = route()
  return href(view, parts, { ...Object.fromEntries(query), ...changes })
}

/** Goes there; `replace` leaves no entry in the history (while somebody types). */
export function go(to: string, replace = false): void {
  if (replace) history.replaceState(null, '', to)
  else history.pushState(null, '', to)
  setHash(location.hash)
}
