import type { Headers } from '../contract/http.js'

/** Request headers that say what is asked for and by which client. Any other may be a credential, or name a person. */
const PLAIN =
  /^(accept|content-type|user-agent|anthropic-(beta|version)|x-app|x-stainless-[\w-]+|x-claude-code-[\w-]+|x-agproxy-label)$/

export const isPlainHeader = (name: string): boolean => PLAIN.test(name)

/** The request headers that may be kept and shown. */
export function plainHeaders(headers: Headers): Record<string, string> {
  const kept = Object.entries(headers).filter(([name, value]) => isPlainHeader(name) && value !== undefined)
  return Object.fromEntries(kept.map(([name, value]) => [name, String(value)]))
}

/** Flags of a query, such as `?beta=true`; any other parameter may be a key. */
export function plainQuery(query: string): string {
  const kept = [...new URLSearchParams(query)].filter(([, value]) => /^(true|false|\d{0,4})$/.test(value))
  return kept.length > 0 ? `?${new URLSearchParams(kept)}` : ''
}
