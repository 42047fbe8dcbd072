import type { AttemptRecord } from '../../core/index.js'

/** Tokens of the prompt, cached and not. */
export function sentTokens(attempt: AttemptRecord | undefined): number | undefined {
  if (attempt?.inputTokens === undefined) return undefined
  return attempt.inputTokens + (attempt.cacheReadTokens ?? 0) + (attempt.cacheCreationTokens ?? 0)
}
