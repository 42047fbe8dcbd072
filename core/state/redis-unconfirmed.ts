/** More than the copy of one process holds; in a long outage the oldest go first. */
const LIMIT = 20_000

/** Which facts were changed here and not yet taken by Redis. */
export class Unconfirmed {
  readonly #marks = new Map<string, number>()
  #count = 0

  has(kind: string, key: string): boolean {
    return this.#marks.has(`${kind}:${key}`)
  }

  /** A change that is on its way. Returns what `confirm` wants. */
  mark(kind: string, key: string): number {
    const name = `${kind}:${key}`
    this.#marks.delete(name)
    this.#marks.set(name, ++this.#count)
    if (this.#marks.size > LIMIT) this.#marks.delete(this.#marks.keys().next().value!)
    return this.#count
  }

  /** It was taken; a later change of the same fact stays marked. */
  confirm(kind: string, key: string, mark: number): void {
    const name = `${kind}:${key}`
    if (this.#marks.get(name) === mark) this.#marks.delete(name)
  }

  /** The keys of a kind. */
  of(kind: string): string[] {
    const prefix = `${kind}:`
    return [...this.#marks.keys()]
      .filter((name) => name.startsWith(prefix))
      .map((n) => n.slice(prefix.length))
  }
}
