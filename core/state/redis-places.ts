import type { Awaitable } from '../contract/awaitable.js'
import type { Patience } from '../contract/state.js'
import type { RedisLink } from './redis-link.js'

export interface PlacesInit {
  readonly link: RedisLink
  readonly prefix: string
  readonly channel: string
  /** Milliseconds after which the places of a gateway that died are free. */
  readonly leaseTime: number
  onChange(key: string): void
}

/** The slots that requests of all gateways hold. Each gateway renews its own as long as it lives. */
export class RedisPlaces {
  /** Those of this process. */
  readonly #held = new Map<string, Set<string>>()
  /** Those of all, as Redis last reported. */
  readonly #taken = new Map<string, number>()

  constructor(private readonly init: PlacesInit) {}

  lease(key: string, holder: string, limit: number, patience: Patience): Awaitable<boolean> {
    const { link, leaseTime } = this.init
    const here = () => {
      const mayHave = this.taken(key) < limit
      if (mayHave) this.#heldOf(key).add(holder)
      return mayHave
    }
    if (!link.up) return here()
    const args = [...this.#args(key), holder, limit, leaseTime]
    return link.ask<[number, number]>(patience, 'stateLease', ...args).then((outcome) => {
      if (!outcome) return here()
      const [granted, taken] = outcome.answer
      this.#taken.set(key, taken)
      if (granted === 1) this.#heldOf(key).add(holder)
      return granted === 1
    })
  }

  release(key: string, holder: string): void {
    const { link, onChange } = this.init
    this.#heldOf(key).delete(holder)
    if (link.open) void link.tell('stateRelease', ...this.#args(key), holder)
    // Redis notifies all gateways at the same time: else those that wait here would always be first.
    else onChange(key)
  }

  taken(key: string): number {
    const held = this.#held.get(key)?.size ?? 0
    return this.init.link.up ? Math.max(held, this.#taken.get(key) ?? 0) : held
  }

  /** Redis reports how many slots are taken. */
  heard(key: string, taken: number): void {
    this.#taken.set(key, taken)
    this.init.onChange(key)
  }

  /** Renews this process's slots, and reads which of the others' have come free. */
  async renew(): Promise<void> {
    const keys = new Set([...this.#held.keys(), ...this.#taken.keys()])
    await Promise.all(
      [...keys].map(async (key) => {
        const held = this.#heldOf(key)
        if (held.size === 0 && !this.#taken.get(key)) return
        const args = [...this.#args(key), this.init.leaseTime, ...held]
        const taken = (await this.init.link.run('stateRenew', ...args)) as number
        if (taken !== this.#taken.get(key)) this.heard(key, taken)
      }),
    )
  }

  #args(key: string): string[] {
    return [`${this.init.prefix}places:${key}`, this.init.channel, key]
  }

  #heldOf(key: string): Set<string> {
    let held = this.#held.get(key)
    if (!held) {
      held = new Set()
      this.#held.set(key, held)
    }
    return held
  }
}
