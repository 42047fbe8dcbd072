import type { StateStore } from '../contract/state.js'
import { MemoryStore } from '../state/memory.js'
import { SLOT } from '../state/store.js'
import { Affinity } from './affinity.js'
import { Cooldowns } from './cooldowns.js'
import { Loads } from './load.js'
import { PlanWindows } from './plan-windows.js'
import { Queue } from './queue.js'

export interface PoolStateInit {
  readonly store?: StateStore
  readonly now?: (() => number) | undefined
  /** From 0 to 1, as `Math.random`. */
  readonly random?: () => number
}

/** Kinds of facts that may let a waiting request go on. */
const NEWS: ReadonlySet<string> = new Set(['cooldown', 'probe', 'recovering', SLOT])

/** What is known about accounts; outlives a reload of the config, so that a cooldown goes on. */
export class PoolState {
  readonly store: StateStore
  readonly random: () => number
  readonly cooldowns: Cooldowns
  readonly affinity: Affinity
  readonly loads: Loads
  readonly windows: PlanWindows
  readonly queue = new Queue()

  constructor({ now = Date.now, random = Math.random, store = new MemoryStore(now) }: PoolStateInit = {}) {
    this.store = store
    this.random = random
    this.cooldowns = new Cooldowns(store, now, random)
    this.affinity = new Affinity(store, now)
    this.loads = new Loads(store, now)
    this.windows = new PlanWindows(store)
    store.onChange((kind) => {
      if (this.queue.length > 0 && NEWS.has(kind)) this.queue.changed()
    })
  }

  /** A changed config may have mended what no waiting mends. */
  configChanged(): void {
    this.cooldowns.configChanged()
    this.queue.changed()
  }
}
