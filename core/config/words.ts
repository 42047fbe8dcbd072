const LONGEST = 60

/** A password in a URL (`redis://user:pass@host`) is never shown. */
export function withoutPassword(text: string): string {
  return text.replace(/(\/\/)[^/@\s]+@/g, '$1••••@')
}

/** What was found, for an error message: a short value itself, anything else by its kind. */
export function describe(value: unknown): string {
  if (typeof value === 'string') {
    const shown = withoutPassword(value)
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

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
