import { type Channel, isOurs, type Op, type Question } from './cluster-messages.js'
import { MemoryStore } from './memory.js'

/** The primary's side: the state that all workers agree upon. */
export class ClusterHub {
  readonly #store: MemoryStore
  readonly #now: () => number
  readonly #kinds = new Set<string>()
  /** Keys that places were ever asked for; as many as there are accounts with a limit. */
  readonly #leased = new Set<string>()
  /** The places that each worker's requests hold, to be given back when it dies. */
  readonly #workers = new Map<Channel, Map<string, Set<string>>>()

  constructor(now: () => number = Date.now) {
    this.#now = now
    this.#store = new MemoryStore(now)
  }

  join(worker: Channel): void {
    this.#workers.set(worker, new Map())
    worker.onMessage((message) => {
      if (isOurs(message)) this.#hear(worker, message.op)
    })
  }

  /** Sent when the worker asks: a process that is still loading its code drops every message. */
  #tellKnown(worker: Channel): void {
    for (const kind of this.#kinds) {
      for (const [key, { value, expires }] of this.#store.entries(kind))
        send(worker, { do: 'set', kind, key, value, ttl: expires - this.#now() })
    }
    for (const key of this.#leased) send(worker, { do: 'places', key, taken: this.#store.slots(key) })
  }

  /** A worker has ended, however: its places are free. */
  leave(worker: Channel): void {
    const held = this.#workers.get(worker)
    this.#workers.delete(worker)
    for (const [key, holders] of held ?? []) {
      for (const holder of holders) this.#store.releaseSlot(key, holder)
      this.#tellPlaces(key)
    }
  }

  #hear(worker: Channel, op: Op): void {
    switch (op.do) {
      case 'join':
        this.#tellKnown(worker)
        break
      case 'set':
        this.#kinds.add(op.kind)
        this.#store.set(op.kind, op.key, op.value, op.ttl)
        this.#tellAll(op)
        break
      case 'delete':
        this.#store.delete(op.kind, op.key)
        this.#tellAll(op)
        break
      case 'add': {
        this.#kinds.add(op.kind)
        const sum = this.#store.add(op.kind, op.key, op.by, op.ttl)
        this.#tellAll({
          do: 'set',
          kind: op.kind,
          key: op.key,
          value: String(sum),
          ttl: op.ttl,
        })
        break
      }
      case 'release':
        this.#store.releaseSlot(op.key, op.holder)
        this.#workers.get(worker)?.get(op.key)?.delete(op.holder)
        this.#tellPlaces(op.key)
        break
      case 'ask':
        send(worker, { do: 'answer', id: op.id, answer: this.#answer(worker, op.question) })
    }
  }

  #answer(worker: Channel, question: Question): string | boolean | undefined {
    if (question.of === 'slot') {
      const { key, holder, limit } = question
      this.#leased.add(key)
      if (!this.#store.acquireSlot(key, holder, limit)) return false
      const held = this.#workers.get(worker)
      if (!held?.has(key)) held?.set(key, new Set())
      held?.get(key)?.add(holder)
      this.#tellPlaces(key)
      return true
    }
    const { kind, key, ttl } = question.change
    this.#kinds.add(kind)
    const present = this.#store.compareAndSet(question.change)
    if (present !== undefined) this.#tellAll({ do: 'set', kind, key, value: present, ttl })
    return present
  }

  #tellPlaces(key: string): void {
    const taken = this.#store.slots(key)
    this.#tellAll({ do: 'places', key, taken })
  }

  /** The sender too: two that write at once then end with the same value, the one that came last here. */
  #tellAll(op: Op): void {
    for (const worker of this.#workers.keys()) send(worker, op)
  }
}

function send(worker: Channel, op: Op): void {
  worker.send({ agproxy: 'state', op })
}
