import type { Side } from '../contract/resend.js'

/** The fields of a side, of all that is known of a request. */
export function sideOf(known: Omit<Side, 'text'>, text: string): Side {
  const { upstream, account, model, status, ms, firstContentMs, stopReason, cost, plan } = known
  const { inputTokens, outputTokens, cacheReadTokens, cacheCreationTokens } = known
  const tokens = { inputTokens, outputTokens, cacheReadTokens, cacheCreationTokens }
  return { upstream, account, model, status, ms, firstContentMs, ...tokens, cost, plan, stopReason, text }
}
