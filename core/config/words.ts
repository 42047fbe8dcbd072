const LONGEST = 60

/**
 * A text as it may be shown: of a URL in it, user and password, query and fragment are left out. Where an `@` comes after
 * the host, a password may have had a slash in it, and all behind the scheme is left out.
 */
export function withoutCredentials(text: string): string {
  const [scheme] = /[a-z][a-z\d+.-]*:\/\//i.exec(text) ?? []
  // A URL with a mistake in it: `redis:/user:pass@host`, `user:pass@host`.
  if (scheme === undefined) return text.replace(/^[\s\S]*:[\s\S]*@/, '••••@')
  const at = text.indexOf(scheme)
  return text.slice(0, at) + shownURL(text.slice(at), scheme)
}

function shownURL(text: string, scheme: string): string {
  if (!URL.canParse(text)) return `${scheme}••••`
  const { username, password, host, pathname, search, hash } = new URL(text)
  if (`${pathname}${search}${hash}`.includes('@')) return `${scheme}••••`
  const user = username || password ? '••••@' : ''
  const query = search || hash ? '?••••' : ''
  return user || query ? `${scheme}${user}${host}${pathname}${query}` : text
}

/** `sk-…` and its kin, and long runs of letters with digits. Such a text may be a key in the wrong place. */
export function looksLikeKey(text: string): boolean {
  return (
    /^(sk|pk|rk|gsk|xai|nvapi|ghp|glpat)[-_]\S{4}/i.test(text) || /(?=\w*\d)(?=\w*[a-z])\w{20}/i.test(text)
  )
}

/** Whether a text is of the kind that plugins, presets and upstreams are named by. Any other may be a key in its place. */
export function isName(text: string): boolean {
  return /^[a-z][a-z\d._-]*$/.test(text) && !looksLikeKey(text)
}

/** A name in quotes; without it where it is none, as it may be a key. */
export const quotedName = (name: string): string => (isName(name) ? `'${name}'` : 'of that name')

/** What was found, for an error message: a short value itself, anything else by its kind. */
export function describe(value: unknown): string {
  if (typeof value === 'string') {
    if (looksLikeKey(value)) return 'a string that may be a key'
    const shown = withoutCredentials(value)
    return `'${shown.length > LONGEST ? `${shown.slice(0, LONGEST)}…` : shown}'`
  }
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value)
  return kindOf(value)
}

/** The kind of a value alone, where the value may be a secret. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return { object: 'an object', function: 'a function' }[typeof value as string] ?? `a ${typeof value}`
}

/** `'a', 'b' or 'c'` */
export function oneOf(values: readonly unknown[]): string {
  const words = values.map(describe)
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}
