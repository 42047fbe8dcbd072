import type { Usage } from '../../core/index.js'
import type { TokenUsage } from './language-model.js'

/**
 * Token counts as the Messages API has them: `input_tokens` without what came from or went into the cache, `output_tokens`
 * with the thinking, whose share is in `output_tokens_details`. Providers leave counts out.
 */
export function usageOf({ inputTokens, outputTokens }: Partial<TokenUsage> = {}): Usage {
  const read = count(inputTokens?.cacheRead)
  const write = count(inputTokens?.cacheWrite)
  const all = count(inputTokens?.total)
  const thinking = count(outputTokens?.reasoning)
  return {
    input_tokens: count(inputTokens?.noCache) || Math.max(0, all - read - write),
    cache_creation_input_tokens: write,
    cache_read_input_tokens: read,
    output_tokens: count(outputTokens?.total) || count(outputTokens?.text) + thinking,
    ...(thinking > 0 && { output_tokens_details: { thinking_tokens: thinking } }),
  }
}

function count(tokens: number | undefined): number {
  return typeof tokens === 'number' && tokens > 0 ? tokens : 0
}
