import { createSignal } from 'solid-js'

const PLACE = 'agproxy-key'

const [key, setKey] = createSignal(sessionStorage.getItem(PLACE) ?? undefined)

const [refused, setRefused] = createSignal(false)

/** The operator's key, of this tab alone; and whether the gateway refused the last one. */
export { key, refused }

/** `#key=…` as `agproxy ui` opens the page, with the view behind it: `#key=…&/cost`. It leaves the address bar and the history. */
function takeFromAddress(): void {
  const found = /^#key=([^&]+)(?:&(.*))?$/.exec(location.hash)
  if (!found) return
  history.replaceState(null, '', `${location.pathname}${location.search}#${found[2] ?? '/live'}`)
  remember(decodeURIComponent(found[1]!))
}

export function remember(value: string): void {
  sessionStorage.setItem(PLACE, value)
  setRefused(false)
  setKey(value)
}

/** The gateway refused it. */
export function forget(): void {
  setRefused(true)
  sessionStorage.removeItem(PLACE)
  setKey(undefined)
}

// Before the route is read from the address (`main.tsx` imports this first), and when somebody pastes such a URL later.
takeFromAddress()
addEventListener('hashchange', takeFromAddress)
