/** Ids for calls, each of them once. What an id becomes depends on those before it alone, so a longer conversation keeps it. */
export class CallIds {
  readonly #taken = new Set<string>()
  /** By id: the number that its next double gets. */
  readonly #doubles = new Map<string, number>()
  readonly #refused: RegExp | undefined

  /** `characters`: the inside of a character class; other characters become `_`. */
  constructor(characters: string | undefined) {
    this.#refused = characters === undefined ? undefined : new RegExp(`[^${characters}]`, 'gu')
  }

  spelt(id: string): string {
    return this.#refused ? id.replace(this.#refused, '_') : id
  }

  next(id: string): string {
    const wanted = this.spelt(id)
    let free = wanted
    for (let n = this.#doubles.get(wanted) ?? 2; this.#taken.has(free); n++) {
      free = `${wanted}_${n}`
      this.#doubles.set(wanted, n + 1)
    }
    this.#taken.add(free)
    return free
  }
}
