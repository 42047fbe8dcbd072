import type { Upstream, UpstreamHooks } from '../contract/call.js'
import type { Upstreams as UpstreamsContract } from '../contract/services.js'
import type { Accepts } from '../contract/upstream.js'
import { GatewayError } from '../errors/gateway-errors.js'
import { nearest } from '../errors/nearest.js'

/** What the Anthropic API takes: an upstream names what differs. */
export const ACCEPTS: Accepts = {
  cacheControl: true,
  consecutiveRoles: true,
  nonStreaming: true,
  countTokens: true,
  sealedThinking: false,
}

/** An upstream with its defaults filled in. */
export function upstreamOf(name: string, hooks: UpstreamHooks): Upstream {
  const { accepts, precedence = 'pooled', needsKey = true } = hooks
  const upstream = { name, accepts: { ...ACCEPTS, ...accepts }, precedence, needsKey }
  // Bound, since hooks may be an instance of a class.
  const methods = METHODS.flatMap((method) => (hooks[method] ? [[method, hooks[method].bind(hooks)]] : []))
  return { ...upstream, ...Object.fromEntries(methods) }
}

const METHODS = ['send', 'models', 'listModels', 'contextWindow', 'address', 'probe'] as const

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
