const LITERAL = /^[\w.~-]*$/
const VARIABLE = /^:[a-z]\w*$/i

/** A path with variable parts: `/_agproxy/api/notes/:id`. */
export class PathPattern {
  readonly #segments: readonly string[]

  constructor(readonly path: string) {
    this.#segments = path.split('/').slice(1)
  }

  /** What is wrong with a path, in words; undefined for a good one. */
  static problemOf(path: unknown): string | undefined {
    if (typeof path !== 'string' || !path.startsWith('/'))
      return `a path begins with '/', found '${String(path)}'`
    const segments = path.split('/').slice(1)
    const odd = segments.find((part) => !LITERAL.test(part) && !VARIABLE.test(part))
    if (odd !== undefined)
      return `'${odd}' in '${path}' is neither letters, digits and -._~ nor a variable part such as ':id'`
    if (segments.slice(0, -1).includes('')) return `'${path}' has an empty part between two slashes`
    const names = segments.filter(isVariable)
    return new Set(names).size < names.length ? `'${path}' has two variable parts of one name` : undefined
  }

  /** The variable parts of a path, decoded; undefined for a path of another form. */
  match(path: string): Readonly<Record<string, string>> | undefined {
    const parts = path.split('/').slice(1)
    const segments = this.#segments
    if (parts.length !== segments.length) return undefined
    const params: Record<string, string> = {}
    for (const [i, segment] of segments.entries()) {
      const part = parts[i]!
      if (isVariable(segment)) {
        if (part === '' || part.includes('\\')) return undefined
        params[segment.slice(1)] = decodedPart(part)
      } else if (part !== segment) return undefined
    }
    return params
  }

  /** Whether there are paths that both match. */
  overlaps(other: PathPattern): boolean {
    const others = other.#segments
    const fits = (a: string, b: string) =>
      a === b || (isVariable(a) && b !== '') || (isVariable(b) && a !== '')
    return (
      this.#segments.length === others.length && this.#segments.every((part, i) => fits(part, others[i]!))
    )
  }

  /** Variable parts, of which fewer match first: `/notes/new` before `/notes/:id`. */
  get variables(): number {
    return this.#segments.filter(isVariable).length
  }

  /** As errors show it: `/notes/{id}`. */
  get shown(): string {
    return this.path.replace(/:(\w+)/g, '{$1}')
  }
}

/** A part that cannot be decoded stays as it came, and so names nothing that exists. */
export function decodedPart(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

function isVariable(segment: string): boolean {
  return segment.startsWith(':')
}
