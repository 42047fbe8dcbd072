import type { Usage } from '../../core/index.js'
import type { FinishReason, TokenUsage } from './language-model.js'

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

const STOP_REASONS: Readonly<Record<string, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  'content-filter': 'refusal',
  'tool-calls': 'tool_use',
}

/** A whole tool call counts more than the provider's word: Gemini-shaped servers say `other`, some say `stop`. */
export function stopReason({ unified }: FinishReason, calledTool: boolean): string {
  return calledTool ? 'tool_use' : (STOP_REASONS[unified] ?? 'end_turn')
}

/** The stream ended and the provider never said why: the packages' initial value, or version 4's word for it. */
export function isCut({ unified, raw }: FinishReason): boolean {
  return unified === 'interrupted' || (unified === 'other' && raw === undefined)
}
