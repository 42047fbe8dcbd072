import type { Account, AttemptRecord, PriceList } from '../../core/index.js'
import { MICRO } from './limits.js'

/** What a request took, by unit; money is undefined where a price is not known. */
export interface Spent {
  readonly tokens: number
  readonly usd: number | undefined
}

/** Of all attempts: one that was thrown away was paid for too. What a plan pays is no money. */
export function spentBy(
  attempts: readonly AttemptRecord[],
  accounts: ReadonlyMap<string, Account>,
  prices: PriceList | undefined,
): Spent {
  let tokens = 0
  let usd: number | undefined = 0
  for (const attempt of attempts) {
    const { inputTokens = 0, outputTokens = 0, cacheCreationTokens = 0, cacheReadTokens = 0 } = attempt
    const counted = inputTokens + outputTokens + cacheCreationTokens
    tokens += counted
    if (accounts.get(attempt.account)?.plan || counted + cacheReadTokens === 0) continue
    const cost = prices?.cost(attempt.model, attempt, attempt.upstream)
    usd = cost === undefined || usd === undefined ? undefined : usd + Math.round(cost * MICRO)
  }
  return { tokens, usd }
}
