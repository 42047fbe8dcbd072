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

  /** Lets go of the calls of the older half before it drops a request. */
  #shrink(): void {
    while (this.#entries.length > this.#size) this.#drop()
    if (this.#bytes > this.#memory)
      for (const entry of this.#entries) {
        if (this.#bytes <= this.#memory / 2) break
        if (!entry.isSettled) void entry.passages
        this.#count(entry, entry.bytes)
      }
    while (this.#bytes > this.#memory && this.#entries.length > 0) this.#drop()
  }

  #drop(): void {
    const oldest = this.#entries.shift()!
    this.#byId.delete(oldest.id)
    this.#count(oldest, 0)
    this.#sizes.delete(oldest)
  }

  #count(entry: Entry, bytes: number): void {
    this.#bytes += bytes - (this.#sizes.get(entry) ?? 0)
    this.#sizes.set(entry, bytes)
  }
}
