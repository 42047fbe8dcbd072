import type { Cancellation } from '../contract/http.js'
import { ClientGoneError, GatewayError } from '../errors/gateway-errors.js'

export interface AdmissionLimits {
  readonly maxConcurrent: number
  /** Requests that may wait. */
  readonly queueLimit: number
  /** Milliseconds that one may wait. */
  readonly queueTimeout: number
}

/** So many requests at a time; further ones wait their turn in a bounded queue, and past it hear when to come back. */
export class Admission {
  limits: AdmissionLimits
  #running = 0
  /** What admits those that wait, in the order of their arrival. */
  readonly #queue = new Set<() => void>()

  constructor(limits: AdmissionLimits) {
    this.limits = limits
  }

  /** Inside when it returns nothing or what it returns resolves; whoever is inside must `leave`. Throws or rejects with a 429. */
  enter(cancellation: Cancellation): Promise<void> | undefined {
    if (cancellation.cancelled) throw new ClientGoneError()
    if (this.#running < this.limits.maxConcurrent) {
      this.#running++
      return undefined
    }
    if (this.#queue.size >= this.limits.queueLimit)
      throw busy(`${this.#running} requests run and ${this.#queue.size} wait`)
    return this.#wait(cancellation)
  }

  leave(): void {
    this.#running--
    const [next] = this.#queue
    if (next && this.#running < this.limits.maxConcurrent) next()
  }

  #wait(cancellation: Cancellation): Promise<void> {
    return new Promise((resolve, reject) => {
      const over = () => {
        clearTimeout(timer)
        cancellation.off(onGone)
        this.#queue.delete(admit)
      }
      const admit = () => {
        over()
        this.#running++
        resolve()
      }
      const onGone = () => {
        over()
        reject(new ClientGoneError())
      }
      const timer = setTimeout(() => {
        over()
        reject(busy(`no turn came in ${this.limits.queueTimeout} ms`))
      }, this.limits.queueTimeout)
      cancellation.on(onGone)
      this.#queue.add(admit)
    })
  }
}

function busy(why: string): GatewayError {
  const message = `the gateway is busy: ${why} (server.maxConcurrent, queueLimit, queueTimeout)`
  return new GatewayError('rate_limit_error', message, { headers: { 'retry-after': '2' } })
}
