import type { Entry } from './entry.js'

/** The newest requests, bounded by their number and by their memory. */
export class Ring {
  readonly #entries: Entry[] = []
  readonly #byId = new Map<string, Entry>()
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
    this.#bytes += entry.bytes
    this.#shrink()
  }

  get(id: string): Entry | undefined {
    return this.#byId.get(id)
  }

  /** Oldest first. */
  get entries(): readonly Entry[] {
    return this.#entries
  }

  #shrink(): void {
    while (this.#entries.length > this.#size || this.#bytes > this.#memory) {
      const oldest = this.#entries.shift()
      if (!oldest) return
      this.#byId.delete(oldest.id)
      this.#bytes -= oldest.bytes
    }
  }
}
