import type { UpstreamOf } from '../core/config/upstreams.js'
import { aiSdk, anthropicCompatible, bedrock, vertex } from '../plugins/index.js'

/** What a config may declare under `upstreams`: of a `type`, with a `provider` one of the AI SDK, else one of Anthropic's own shape. */
export const upstreamOf: UpstreamOf = (name, { type, ...options }) => {
  if (type === 'bedrock') return bedrock({ name, ...options })
  if (type === 'vertex') return vertex({ name, ...options })
  if (type !== undefined)
    throw new TypeError(`expected the type 'bedrock' or 'vertex', or none, found '${type}'`)
  return 'provider' in options
    ? aiSdk({ name, ...(options as { provider: string }) })
    : anthropicCompatible({ name, ...(options as { baseURL: string }) })
}
