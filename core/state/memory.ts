import type { ConditionalChange, Fact, StateStore } from '../contract/state.js'
import { SLOT } from './store.js'

/** Of each kind; sessions are the only one that many clients could make many of, and the oldest goes first. */
const LIMIT = 10_000
/** Milliseconds by which a clock is put back for more than a small correction. */
const SET_BACK = 1_000

type Listener = (kind: string, key: string) => void

/** The state of one process: synchronous, bounded, gone with the process. */
export class MemoryStore implements StateStore {
  readonly #kinds = new Map<string, Map<string, Fact>>()
  readonly #leases = new Map<string, Set<string>>()
  readonly #listeners: Listener[] = []
  #latest = Number.NEGATIVE_INFINITY

  constructor(
    private readonly clock: () => number = Date.now,
    private readonly limit = LIMIT,
  ) {}

  get(kind: string, key: string): Fact | undefined {
    const facts = this.#kinds.get(kind)
    if (!facts?.has(key)) return undefined
    const now = this.#now() // it may change what is kept
    const fact = facts.get(key)!
    if (fact.expires > now) return fact
    facts.delete(key)
    return undefined
  }

  *entries(kind: string): Iterable<readonly [string, Fact]> {
    const now = this.#now()
    for (const entry of this.#kinds.get(kind) ?? []) if (entry[1].expires > now) yield entry
  }

  set(kind: string, key: string, value: string, ttl: number): void {
    let facts = this.#kinds.get(kind)
    if (!facts) {
      facts = new Map()
      this.#kinds.set(kind, facts)
    }
    facts.delete(key) // so that the order of the map is that of the last writing
    facts.set(key, { value, expires: this.#now() + ttl })
    if (facts.size > this.limit) this.#evict(facts)
    this.#tell(kind, key)
  }

  delete(kind: string, key: string): void {
    if (this.#kinds.get(kind)?.delete(key)) this.#tell(kind, key)
  }

  add(kind: string, key: string, by: number, ttl: number): number {
    const sum = Number(this.get(kind, key)?.value ?? 0) + by
    this.set(kind, key, String(sum), ttl)
    return sum
  }

  compareAndSet({ kind, key, expected, value, ttl }: ConditionalChange): string | undefined {
    const present = this.get(kind, key)?.value
    if (present !== expected) return present
    this.set(kind, key, value, ttl)
    return value
  }

  acquireSlot(key: string, holder: string, limit: number): boolean {
    let holders = this.#leases.get(key)
    if (!holders) {
      holders = new Set()
      this.#leases.set(key, holders)
    }
    if (holders.size >= limit) return false
    holders.add(holder)
    return true
  }

  releaseSlot(key: string, holder: string): void {
    if (this.#leases.get(key)?.delete(holder)) this.#tell(SLOT, key)
  }

  slots(key: string): number {
    return this.#leases.get(key)?.size ?? 0
  }

  onChange(listener: Listener): void {
    this.#listeners.push(listener)
  }

  async close(): Promise<void> {}

  /** What is kept ends after as long as it should although the clock is put back: a wrong one that is corrected by an hour let accounts rest for an hour. */
  #now(): number {
    const now = this.clock()
    const back = this.#latest - now
    this.#latest = now
    if (back > SET_BACK)
      for (const facts of this.#kinds.values())
        for (const [key, { value, expires }] of facts) facts.set(key, { value, expires: expires - back })
    return now
  }

  /** Evicts a tenth at a time: a Map skips the entries deleted from its front at each iteration, which tripled the cost of a new session. */
  #evict(facts: Map<string, Fact>): void {
    let excess = Math.ceil(this.limit / 10)
    for (const key of facts.keys()) {
      if (excess-- === 0) return
      facts.delete(key)
    }
  }

  #tell(kind: string, key: string): void {
    for (const listener of this.#listeners) listener(kind, key)
  }
}
