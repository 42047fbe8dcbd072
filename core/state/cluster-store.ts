import type { Awaitable } from '../contract/awaitable.js'
import type { ConditionalChange, Fact, Patience, StateStore } from '../contract/state.js'
import { type Channel, isOurs, type Op, type Question } from './cluster-messages.js'
import { MemoryStore } from './memory.js'
import { SLOT } from './store.js'

/**
 * The state of one of several workers: a copy that is read without waiting, and the primary, which decides where
 * workers must agree. A question to it costs a message each way, about 0.1 ms.
 */
export class ClusterStore implements StateStore {
  readonly #copy: MemoryStore
  readonly #channel: Channel
  /** Slots taken in all workers, as the primary last reported. */
  readonly #taken = new Map<string, number>()
  readonly #waiting = new Map<number, (answer: never) => void>()
  readonly #listeners: ((kind: string, key: string) => void)[] = []
  #questions = 0

  constructor(channel: Channel, now: () => number = Date.now) {
    this.#copy = new MemoryStore(now)
    this.#channel = channel
    this.#copy.onChange((kind, key) => {
      for (const listener of this.#listeners) listener(kind, key)
    })
    channel.onMessage((message) => {
      if (isOurs(message)) this.#hear(message.op)
    })
    this.#tell({ do: 'join' })
  }

  get(kind: string, key: string): Fact | undefined {
    return this.#copy.get(kind, key)
  }

  entries(kind: string): Iterable<readonly [string, Fact]> {
    return this.#copy.entries(kind)
  }

  set(kind: string, key: string, value: string, ttl: number): void {
    this.#copy.set(kind, key, value, ttl)
    this.#tell({ do: 'set', kind, key, value, ttl })
  }

  delete(kind: string, key: string): void {
    this.#copy.delete(kind, key)
    this.#tell({ do: 'delete', kind, key })
  }

  add(kind: string, key: string, by: number, ttl: number): number {
    const sum = this.#copy.add(kind, key, by, ttl)
    this.#tell({ do: 'add', kind, key, by, ttl })
    return sum
  }

  compareAndSet(change: ConditionalChange, patience: Patience): Awaitable<string | undefined> {
    return this.#ask({ of: 'compareAndSet', change }, patience, () => this.#copy.compareAndSet(change))
  }

  acquireSlot(key: string, holder: string, limit: number, patience: Patience): Awaitable<boolean> {
    return this.#ask({ of: 'slot', key, holder, limit }, patience, () => this.slots(key) < limit)
  }

  releaseSlot(key: string, holder: string): void {
    this.#tell({ do: 'release', key, holder })
  }

  slots(key: string): number {
    return this.#taken.get(key) ?? 0
  }

  onChange(listener: (kind: string, key: string) => void): void {
    this.#listeners.push(listener)
  }

  async close(): Promise<void> {}

  #tell(op: Op): void {
    this.#channel.send({ agproxy: 'state', op })
  }

  /** The primary's answer; when it does not come in time, what this worker's copy says. */
  #ask<T extends string | boolean | undefined>(
    question: Question,
    patience: Patience,
    local: () => T,
  ): Awaitable<T> {
    if (patience.left <= 0) return local()
    const id = ++this.#questions
    const asked = performance.now()
    return new Promise((resolve) => {
      const settle = (answer: T) => {
        clearTimeout(timer)
        this.#waiting.delete(id)
        patience.left -= performance.now() - asked
        resolve(answer)
      }
      const timer = setTimeout(() => settle(local()), patience.left)
      this.#waiting.set(id, settle as (answer: never) => void)
      this.#tell({ do: 'ask', id, question })
    })
  }

  #hear(op: Op): void {
    if (op.do === 'set') this.#copy.set(op.kind, op.key, op.value, op.ttl)
    else if (op.do === 'delete') this.#copy.delete(op.kind, op.key)
    else if (op.do === 'answer') this.#waiting.get(op.id)?.(op.answer as never)
    else if (op.do === 'places') {
      this.#taken.set(op.key, op.taken)
      for (const listener of this.#listeners) listener(SLOT, op.key)
    }
  }
}
