import { ClientGoneError, GatewayError } from '../errors.js'

export interface AdmissionLimits {
  readonly maxConcurrent: number
  /** Requests that may wait. */
  readonly queueLimit: number
  /** Milliseconds that one may wait. */
  readonly queueTimeout: number
}

interface Waiting {
  admit(): void
}

/** So many requests at a time; further ones wait their turn in a bounded queue, and past it hear when to come back. */
export class Admission {
  limits: AdmissionLimits
  #running = 0
  readonly #queue = new Set<Waiting>()

  constructor(limits: AdmissionLimits) {
    this.limits = limits
  }

  /** Resolves with what must be called when the request is over. Rejects with a 429. */
  enter(signal: AbortSignal): Promise<() => void> | (() => void) {
    if (signal.aborted) throw new ClientGoneError()
    if (this.#running < this.limits.maxConcurrent) return this.#admit()
    if (this.#queue.size >= this.limits.queueLimit)
      throw busy(`${this.#running} requests run and ${this.#queue.size} wait`)
    return new Promise((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', onGone)
        this.#queue.delete(waiting)
      }
      const onGone = () => {
        leave()
        reject(new ClientGoneError())
      }
      const timer = setTimeout(() => {
        leave()
        reject(busy(`no turn came in ${this.limits.queueTimeout} ms`))
      }, this.limits.queueTimeout)
      const waiting: Waiting = {
        admit: () => {
          leave()
          resolve(this.#admit())
        },
      }
      signal.addEventListener('abort', onGone, { once: true })
      this.#queue.add(waiting)
    })
  }

  #admit(): () => void {
    this.#running++
    let inside = true
    return () => {
      if (!inside) return
      inside = false
      this.#running--
      const [next] = this.#queue // a Set keeps the order of arrival
      if (next && this.#running < this.limits.maxConcurrent) next.admit()
    }
  }
}

function busy(why: string): GatewayError {
  const message = `the gateway is busy: ${why} (server.maxConcurrent, queueLimit, queueTimeout)`
  return new GatewayError('rate_limit_error', message, { headers: { 'retry-after': '2' } })
}
