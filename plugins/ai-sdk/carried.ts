import type { ProviderOptions } from './language-model.js'

/** Names and logs: no provider misses them in the next request. */
const OF_NO_USE = new Set(['itemId', 'annotations', 'logprobs', 'responseId', 'serviceTier'])

/**
 * What must come back with the next request, or undefined. Thinking without words and the metadata of text and tool calls
 * cost a block of their own, so that what is of no use gets none.
 */
export function worthCarrying(metadata: ProviderOptions | undefined): ProviderOptions | undefined {
  const useful = Object.entries(metadata ?? {}).filter(([, options]) =>
    Object.entries(options ?? {}).some(
      ([name, value]) => !OF_NO_USE.has(name) && value !== null && value !== undefined,
    ),
  )
  return useful.length > 0 ? Object.fromEntries(useful) : undefined
}
