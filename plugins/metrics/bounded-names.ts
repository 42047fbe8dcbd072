/** The one name for all names past the limit. */
export const OTHER = 'other'

/** A name that is longer is no model's. */
const LONGEST = 100

/** The first names that come; those past the limit are `other`, since each name is a time series of its own for months. */
export class BoundedNames {
  readonly #names = new Set<string>()

  constructor(private readonly limit: number) {}

  /** `known` is false for a name that nothing vouches for: it is used where it is a name already, and never added. */
  of(name: string, known: boolean): string {
    if (this.#names.has(name)) return name
    if (!known || this.#names.size >= this.limit || name.length > LONGEST) return OTHER
    this.#names.add(name)
    return name
  }
}
