export const VIEWS = ['live', 'sessions', 'cost', 'accounts', 'upstreams', 'chain', 'compare'] as const
export type View = (typeof VIEWS)[number]

export type Query = Readonly<Record<string, string | undefined>>

/** `#/view/part?query`; what is undefined or empty is left out. */
export function href(view: View, parts: readonly string[] = [], query: Query = {}): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value) params.set(name, value)
  const text = params.toString()
  return `#/${[view, ...parts.map(encodeURIComponent)].join('/')}${text ? `?${text}` : ''}`
}
