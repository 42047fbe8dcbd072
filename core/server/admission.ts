import type { Cancellation } from '../contract/http.js'
import { ClientGoneError, GatewayError } from '../errors/gateway-errors.js'
import { orCancelled } from '../exchange/cancellation.js'

export interface AdmissionLimits {
  readonly maxConcurrent: number
  /** Requests that may wait. */
  readonly queueLimit: number
  /** Milliseconds that one may wait. */
  readonly queueTimeout: number
}

/** Limits the requests that run at a time; further ones wait in a bounded queue, first come first served, and past it get a 429. */
export class Admission {
  #limits: AdmissionLimits
  #running = 0
  /** What admits those that wait, in the order of their arrival. */
  readonly #queue = new Set<() => void>()

  constructor(limits: AdmissionLimits) {
    this.#limits = limits
  }

  /** New limits hold for those that wait too. */
  set limits(limits: AdmissionLimits) {
    this.#limits = limits
    this.#admit()
  }

  /** Admitted when it returns nothing or what it returns resolves; then `leave` must follow. Throws or rejects with a 429. */
  enter(cancellation: Cancellation): Promise<void> | undefined {
    if (cancellation.cancelled) throw new ClientGoneError()
    if (this.#running < this.#limits.maxConcurrent) {
      this.#running++
      return undefined
    }
    if (this.#queue.size >= this.#limits.queueLimit)
      throw busy(`${this.#running} requests run and ${this.#queue.size} wait`)
    return this.#wait(cancellation)
  }

  leave(): void {
    this.#running--
    this.#admit()
  }

  #admit(): void {
    for (const admit of this.#queue) {
      if (this.#running >= this.#limits.maxConcurrent) return
      admit()
    }
  }

  #wait(cancellation: Cancellation): Promise<void> {
    return orCancelled(cancellation, (resolve, reject) => {
      const { queueTimeout } = this.#limits
      const timer = setTimeout(() => reject(busy(`no turn came in ${queueTimeout} ms`)), queueTimeout)
      const admit = () => {
        this.#running++
        resolve()
      }
      this.#queue.add(admit)
      return () => {
        clearTimeout(timer)
        this.#queue.delete(admit)
      }
    })
  }
}

function busy(why: string): GatewayError {
  const message = `the gateway is busy: ${why} (server.maxConcurrent, queueLimit, queueTimeout)`
  return new GatewayError('rate_limit_error', message, {
    code: 'AGP_GATEWAY_BUSY',
    headers: { 'retry-after': '2' },
  })
}
