import type { PriceList } from '../contract/prices.js'
import type { AttemptRecord, ExchangeRecord } from '../contract/record.js'
import type { Account } from '../contract/upstream.js'

/** What a request took, in US dollars. */
export interface RequestCost {
  /** Of all attempts; undefined: no price is known, or a plan pays. */
  readonly cost: number | undefined
  /** What the answer would have cost from the maker of the model that the client asked for. */
  readonly listCost: number | undefined
  /** Its account is paid by a plan. */
  readonly plan: boolean
}

/** An attempt that was paid for and thrown away counts too. Without prices its costs are unknown. */
export function costOf(
  { facts, attempts }: Pick<ExchangeRecord, 'facts' | 'attempts'>,
  accounts: ReadonlyMap<string, Pick<Account, 'plan'>>,
  prices: PriceList | undefined,
): RequestCost {
  const answer = attempts.at(-1)
  const costs = attempts.map((attempt) =>
    accounts.get(attempt.account)?.plan || !isCounted(attempt)
      ? undefined
      : prices?.cost(attempt.model, attempt, attempt.upstream),
  )
  const known = costs.filter((cost) => cost !== undefined)
  const isAsked = answer !== undefined && isCounted(answer) && facts.model !== undefined
  return {
    cost: known.length === 0 ? undefined : known.reduce((sum, cost) => sum + cost, 0),
    listCost: isAsked ? prices?.cost(facts.model!, answer) : undefined,
    plan: accounts.get(answer?.account ?? '')?.plan === true,
  }
}

const isCounted = ({ inputTokens, outputTokens }: AttemptRecord) =>
  inputTokens !== undefined || outputTokens !== undefined
