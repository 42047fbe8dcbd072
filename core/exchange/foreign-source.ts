import type { Headers } from '../contract/http.js'
import { header } from './headers.js'
import { isLoopback } from './loopback.js'

/**
 * The name of a foreign site that a request on a loopback address comes from, if it does. A web page can reach a local
 * port in two ways: directly, which its `Origin` shows, and through a name that it lets point at 127.0.0.1 (DNS
 * rebinding), which the `Host` shows.
 */
export function foreignSource(headers: Headers, allowed: ReadonlySet<string>): string | undefined {
  const host = header(headers, 'host')
  if (host !== undefined && isForeign(hostName(host), allowed)) return `Host ${printable(host)}`
  const origin = header(headers, 'origin')
  if (origin === undefined) return undefined
  const name = URL.canParse(origin) ? new URL(origin).hostname : undefined
  return name === undefined || isForeign(name, allowed) ? `Origin ${printable(origin)}` : undefined
}

function isForeign(name: string, allowed: ReadonlySet<string>): boolean {
  return !isLoopback(name) && !allowed.has(name.toLowerCase())
}

/** The name without its port: `[::1]:8045`, `localhost:8045`. */
function hostName(host: string): string {
  return host.replace(/:\d*$/, '')
}

function printable(text: string): string {
  return text.slice(0, 100).replace(/[^\x20-\x7e]/g, '?')
}
