import type { Entry } from './entry.js'

/** The newest requests, bounded by their number and by their memory. */
export class Ring {
  readonly #entries: Entry[] = []
  readonly #byId = new Map<string, Entry>()
  /** By entry, as it was counted last. */
  readonly #sizes = new Map<Entry, number>()
  #bytes = 0
  #size = 0
  #memory = 0
  /** So many of the oldest hold no bodies. */
  #forgotten = 0

  resize(size: number, memory: number): void {
    this.#size = size
    this.#memory = memory
    this.#shrink()
  }

  add(entry: Entry): void {
    this.#entries.push(entry)
    this.#byId.set(entry.id, entry)
    this.#count(entry, entry.bytes)
    this.#shrink()
  }

  get(id: string): Entry | undefined {
    return this.#byId.get(id)
  }

  /** Oldest first. */
  get entries(): readonly Entry[] {
    return this.#entries
  }

  /** Lets go of the bodies of the oldest, one after the other, before it drops a request. */
  #shrink(): void {
    while (this.#entries.length > this.#size) this.#drop()
    for (; this.#bytes > this.#memory && this.#forgotten < this.#entries.length; this.#forgotten++) {
      const entry = this.#entries[this.#forgotten]!
      entry.forget()
      this.#count(entry, entry.bytes)
    }
    while (this.#bytes > this.#memory && this.#entries.length > 0) this.#drop()
  }

  #drop(): void {
    const oldest = this.#entries.shift()!
    if (this.#forgotten > 0) this.#forgotten--
    this.#byId.delete(oldest.id)
    this.#count(oldest, 0)
    this.#sizes.delete(oldest)
  }

  #count(entry: Entry, bytes: number): void {
    this.#bytes += bytes - (this.#sizes.get(entry) ?? 0)
    this.#sizes.set(entry, bytes)
  }
}
