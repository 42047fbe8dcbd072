import { randomUUID } from 'node:crypto'
import type { Awaitable } from '../contract/awaitable.js'
import type { Logger } from '../contract/services.js'
import type { ConditionalChange, Fact, Patience, StateStore } from '../contract/state.js'
import { MemoryStore } from './memory.js'
import { RedisLink } from './redis-link.js'
import { RedisPlaces } from './redis-places.js'
import type { ScriptName } from './redis-scripts.js'
import { Unconfirmed } from './redis-unconfirmed.js'
import { SLOT } from './store.js'

export interface RedisStoreInit {
  readonly url: string
  /** Of all keys and of the channel. */
  readonly prefix: string
  readonly logger: Logger
  /** Milliseconds after which the places of a gateway that died are free. */
  readonly leaseTime?: number
}

const LEASE_TIME = 10_000
/** Sessions that a gateway which joins learns of; the store of one process keeps no more. */
const SNAPSHOT = 10_000

type Listener = (kind: string, key: string) => void

/**
 * The state of many gateways: each has a copy, changes are published to all through Redis, and what must be agreed upon is
 * decided there. While Redis is away each copy goes on alone; what happened meanwhile is sent when it is back.
 */
export class RedisStore implements StateStore {
  readonly #copy: MemoryStore
  readonly #link: RedisLink
  readonly #unconfirmed = new Unconfirmed()
  readonly #places: RedisPlaces
  readonly #listeners: Listener[] = []
  readonly #renewal: NodeJS.Timeout
  readonly #channel: string
  /** All that are known of: a plugin brings kinds that no list here names. */
  readonly #kinds = new Set<string>()
  /** What arrived while both sides are synchronised; it is applied after. */
  #heard: string[] | undefined
  /** Names the data in Redis: under another name all of it was lost. */
  #epoch: string | undefined

  constructor(
    private readonly init: RedisStoreInit,
    private readonly now: () => number = Date.now,
  ) {
    this.#copy = new MemoryStore(now)
    this.#copy.onChange((kind, key) => this.#changed(kind, key))
    const { url, prefix, logger, leaseTime = LEASE_TIME } = init
    this.#channel = `${prefix}news`
    this.#link = new RedisLink({
      url,
      channel: this.#channel,
      logger,
      onNews: (message) => (this.#heard ? void this.#heard.push(message) : this.#hear(message)),
      onAway: () => this.#changed(SLOT, ''),
      sync: () => this.#sync(),
    })
    this.#places = new RedisPlaces({
      link: this.#link,
      prefix,
      channel: this.#channel,
      leaseTime,
      onChange: (key) => this.#changed(SLOT, key),
    })
    this.#renewal = setInterval(() => {
      if (this.#link.up) this.#places.renew().catch(() => {}) // the link has noticed
    }, leaseTime / 3)
    this.#renewal.unref()
  }

  /** Whether Redis is there and both sides know the same. */
  get isShared(): boolean {
    return this.#link.up
  }

  /** Resolves when Redis is there, or after `ms`. */
  whenUp(ms: number): Promise<void> {
    return this.#link.whenUp(ms)
  }

  get(kind: string, key: string): Fact | undefined {
    return this.#copy.get(kind, key)
  }

  entries(kind: string): Iterable<readonly [string, Fact]> {
    return this.#copy.entries(kind)
  }

  set(kind: string, key: string, value: string, ttl: number): void {
    this.#copy.set(kind, key, value, ttl)
    this.#share('stateSet', kind, key, value, Math.ceil(ttl))
  }

  delete(kind: string, key: string): void {
    if (!this.#copy.get(kind, key)) return
    this.#copy.delete(kind, key)
    this.#share('stateRemove', kind, key)
  }

  add(kind: string, key: string, by: number, ttl: number): number {
    const sum = this.#copy.add(kind, key, by, ttl)
    this.#share('stateAdd', kind, key, by, Math.ceil(ttl))
    return sum
  }

  compareAndSet(change: ConditionalChange, patience: Patience): Awaitable<string | undefined> {
    const { kind, key, expected, value, ttl } = change
    const here = () => {
      const present = this.#copy.compareAndSet(change)
      if (present === value) this.#share('stateSet', kind, key, value, Math.ceil(ttl))
      return present
    }
    if (!this.#link.up) return here()
    this.#knows(kind)
    const wanted = expected === undefined ? [] : [expected]
    const args = [...this.#factArgs(kind, key), value, Math.ceil(ttl), ...wanted]
    return this.#link.ask<[string | null, number]>(patience, 'stateCompare', ...args).then((outcome) => {
      if (!outcome) return here()
      const [present, left] = outcome.answer
      if (present !== null) this.#copy.set(kind, key, present, left)
      else this.#copy.delete(kind, key)
      return present ?? undefined
    })
  }

  acquireSlot(key: string, holder: string, limit: number, patience: Patience): Awaitable<boolean> {
    return this.#places.lease(key, holder, limit, patience)
  }

  releaseSlot(key: string, holder: string): void {
    this.#places.release(key, holder)
  }

  slots(key: string): number {
    return this.#places.taken(key)
  }

  onChange(listener: Listener): void {
    this.#listeners.push(listener)
  }

  async close(): Promise<void> {
    clearInterval(this.#renewal)
    await this.#link.close()
  }

  #changed(kind: string, key: string): void {
    for (const listener of this.#listeners) listener(kind, key)
  }

  /** What every script about a fact begins with. */
  #factArgs(kind: string, key: string): string[] {
    const { prefix } = this.init
    return [`${prefix}fact:${kind}:${key}`, `${prefix}index:${kind}`, this.#channel, kind, key]
  }

  /** Tells Redis of a change; one that it does not take is sent again when both sides are reconciled. */
  #share(script: ScriptName, kind: string, key: string, ...args: (string | number)[]): void {
    const mark = this.#unconfirmed.mark(kind, key)
    this.#knows(kind)
    if (this.#link.open) void this.#confirm(script, mark, kind, key, ...args)
  }

  /** Tells Redis of a kind once. */
  #knows(kind: string): void {
    if (this.#kinds.has(kind)) return
    this.#kinds.add(kind)
    if (this.#link.open) void this.#link.tell('stateKinds', `${this.init.prefix}kinds`, kind)
  }

  async #confirm(
    script: ScriptName,
    mark: number,
    kind: string,
    key: string,
    ...args: (string | number)[]
  ): Promise<boolean> {
    const done = await this.#link.tell(script, ...this.#factArgs(kind, key), ...args)
    if (done) this.#unconfirmed.confirm(kind, key, mark)
    return done
  }

  #hear(message: string): void {
    const [what, ...rest] = JSON.parse(message) as [string, ...never[]]
    if (what === 'set') {
      const [kind, key, value, ttl] = rest as unknown as [string, string, string, number]
      this.#copy.set(kind, key, value, ttl)
    } else if (what === 'delete') {
      const [kind, key] = rest as unknown as [string, string]
      this.#copy.delete(kind, key)
    } else if (what === 'places') {
      const [key, taken] = rest as unknown as [string, number]
      this.#places.heard(key, taken)
    }
  }

  async #sync(): Promise<void> {
    this.#heard = []
    try {
      const epoch = (await this.#link.run('stateEpoch', `${this.init.prefix}epoch`, randomUUID())) as string
      const isSameData = epoch === this.#epoch
      const known = await this.#link.run('stateKinds', `${this.init.prefix}kinds`, ...this.#kinds)
      for (const kind of known as string[]) this.#kinds.add(kind)
      for (const kind of this.#kinds) await this.#syncKind(kind, isSameData)
      await this.#places.renew()
      this.#epoch = epoch
    } finally {
      const heard = this.#heard
      this.#heard = undefined
      for (const message of heard) this.#hear(message)
    }
  }

  /**
   * What was changed here while Redis was away, and all that is known here when Redis has lost it, is sent; of two values
   * the one that lasts longer wins. For the rest Redis is right.
   */
  async #syncKind(kind: string, isSameData: boolean): Promise<void> {
    const { prefix } = this.init
    const flat = await this.#link.run(
      'stateSnapshot',
      `${prefix}index:${kind}`,
      `${prefix}fact:${kind}:`,
      SNAPSHOT,
    )
    const theirs = triples(flat as (string | number)[])
    const telling: Promise<boolean>[] = []
    for (const [key, mine] of [...this.#copy.entries(kind)]) {
      const other = theirs.get(key)
      const isNews = this.#unconfirmed.has(kind, key) || !isSameData
      const left = Math.ceil(mine.expires - this.now())
      if (isNews && left > (other?.ttl ?? 0)) {
        theirs.delete(key)
        const mark = this.#unconfirmed.mark(kind, key)
        telling.push(this.#confirm('stateMerge', mark, kind, key, mine.value, left))
      } else if (!other) this.#copy.delete(kind, key)
    }
    for (const key of this.#unconfirmed.of(kind)) {
      if (this.#copy.get(kind, key)) continue
      theirs.delete(key)
      telling.push(this.#confirm('stateRemove', this.#unconfirmed.mark(kind, key), kind, key))
    }
    if (!(await Promise.all(telling)).every(Boolean)) throw new Error('it does not take what it is told')
    for (const [key, { value, ttl }] of theirs) this.#copy.set(kind, key, value, ttl)
  }
}

function triples(flat: readonly (string | number)[]): Map<string, { value: string; ttl: number }> {
  const facts = new Map<string, { value: string; ttl: number }>()
  for (let i = 0; i < flat.length; i += 3)
    facts.set(String(flat[i]), { value: String(flat[i + 1]), ttl: Number(flat[i + 2]) })
  return facts
}
