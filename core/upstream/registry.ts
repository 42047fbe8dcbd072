import type { Upstream } from '../contract/upstream.js'
import { GatewayError } from '../errors/gateway-errors.js'
import { nearest } from '../errors/nearest.js'

/** The upstreams of one chain, in the order of their plugins. */
export class Upstreams {
  readonly #byName = new Map<string, Upstream>()

  register(upstream: Upstream): void {
    if (this.#byName.has(upstream.name))
      throw new Error(`the upstream '${upstream.name}' is registered twice`)
    this.#byName.set(upstream.name, upstream)
  }

  get(name: string): Upstream | undefined {
    return this.#byName.get(name)
  }

  expect(name: string): Upstream {
    const found = this.#byName.get(name)
    if (found) return found
    const names = [...this.#byName.keys()]
    throw new GatewayError(
      'api_error',
      `no upstream '${name}'${nearest(name, names)}; the chain has ${names.join(', ')}`,
      { retry: false },
    )
  }

  get size(): number {
    return this.#byName.size
  }

  list(): readonly Upstream[] {
    return [...this.#byName.values()]
  }
}
