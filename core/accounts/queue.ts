import type { Awaitable } from '../contract/awaitable.js'
import type { Cancellation } from '../contract/http.js'
import { orCancelled } from '../exchange/cancellation.js'

/** Nothing yet; time alone changes that in `waitsFor` ms, Infinity when it doesn't. */
export interface Waiting {
  readonly waitsFor: number
}

/** One look at whether a waiting request can be served; `late` says that its patience is over and this look the last. */
export type Look<T> = (late: boolean) => Awaitable<T | Waiting>

interface Releasable {
  release(): void
}

export function isWaiting(value: object | undefined): value is Waiting {
  return value !== undefined && 'waitsFor' in value
}

/**
 * Requests that wait for an account, first come first served: whenever something changes they look again in their order,
 * and what the first one takes the next one sees taken.
 */
export class Queue {
  readonly #waiters = new Set<Waiter<never>>()

  get length(): number {
    return this.#waiters.size
  }

  /** Lets everybody look again. */
  changed(): void {
    for (const waiter of this.#waiters) waiter.look()
  }

  /**
   * Resolves with what a look finds, or with undefined when the last one, after `patience` ms, finds nothing. Rejects when
   * the client goes.
   */
  async wait<T extends Releasable | undefined>(
    look: Look<T>,
    patience: number,
    cancellation: Cancellation,
  ): Promise<T | undefined> {
    const waiter = new Waiter(look, patience)
    this.#waiters.add(waiter as never)
    try {
      return await waiter.wait(cancellation)
    } finally {
      this.#waiters.delete(waiter as never)
    }
  }
}

class Waiter<T extends Releasable | undefined> {
  #looking = false
  #again = false
  #late = false
  #over = false
  #timer: NodeJS.Timeout | undefined
  #resolve!: (found: T | undefined) => void
  #reject!: (error: unknown) => void

  constructor(
    private readonly see: Look<T>,
    private readonly patience: number,
  ) {}

  wait(cancellation: Cancellation): Promise<T | undefined> {
    return orCancelled(cancellation, (resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
      const deadline = setTimeout(() => {
        this.#late = true
        this.look()
      }, this.patience)
      this.look() // something may have changed since the look that made it wait
      return () => {
        this.#over = true
        clearTimeout(deadline)
        clearTimeout(this.#timer)
      }
    })
  }

  look(): void {
    this.#again = true
    if (!this.#looking && !this.#over) void this.#lookOn()
  }

  async #lookOn(): Promise<void> {
    this.#looking = true
    try {
      while (this.#again && !this.#over) {
        this.#again = false
        const late = this.#late
        const found = await this.see(late)
        if (isWaiting(found)) {
          if (late) this.#resolve(undefined)
          this.#wakeIn(found.waitsFor)
        } else if (this.#over) found?.release()
        else this.#resolve(found)
      }
    } catch (error) {
      this.#reject(error)
    } finally {
      this.#looking = false
    }
  }

  #wakeIn(ms: number): void {
    clearTimeout(this.#timer)
    if (ms < this.patience && !this.#over)
      this.#timer = setTimeout(() => this.look(), Math.max(1, Math.ceil(ms)))
  }
}
