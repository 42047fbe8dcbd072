import type { UpstreamOf } from '../core/config/upstreams.js'
import { aiSdk, anthropicCompatible } from '../plugins/index.js'

/** What a config may declare under `upstreams`: with a `provider`, one of the AI SDK; else one of Anthropic's own shape. */
export const upstreamOf: UpstreamOf = (name, options) =>
  'provider' in options
    ? aiSdk({ name, ...(options as { provider: string }) })
    : anthropicCompatible({ name, ...(options as { baseURL: string }) })
