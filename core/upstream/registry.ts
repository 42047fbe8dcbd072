import type { Upstream, UpstreamHooks } from '../contract/call.js'
import type { Upstreams as UpstreamsContract } from '../contract/services.js'
import { GatewayError } from '../errors/gateway-errors.js'
import { nearest } from '../errors/nearest.js'
import { AcceptsTable } from './accepts-table.js'

/** An upstream with its defaults filled in. */
export function upstreamOf(name: string, hooks: UpstreamHooks): Upstream {
  const { accepts, precedence = 'pooled', needsKey = true } = hooks
  // Bound, since hooks may be an instance of a class.
  const methods = METHODS.flatMap((method) => (hooks[method] ? [[method, hooks[method].bind(hooks)]] : []))
  const table = new AcceptsTable(accepts, hooks)
  return {
    name,
    accepts: table.base,
    known: table.known,
    precedence,
    needsKey,
    modelFor: (model) => table.modelFor(model),
    acceptsFor: (model) => table.acceptsFor(model),
    ...Object.fromEntries(methods),
  }
}

const METHODS = ['send', 'mappedModel', 'models', 'listModels', 'contextWindow', 'address', 'probe'] as const

/** The upstreams of one chain, in the order of the list. */
export class Upstreams implements UpstreamsContract {
  readonly #byName = new Map<string, Upstream>()

  add(upstream: Upstream): void {
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
      { code: 'AGP_NO_UPSTREAM', retry: false },
    )
  }

  get size(): number {
    return this.#byName.size
  }

  list(): readonly Upstream[] {
    return [...this.#byName.values()]
  }
}
