/** Sums of requests: tokens of all their attempts, money in US dollars. */
export interface Sums {
  requests: number
  /** Of them with an error status, or without an answer. */
  failed: number
  /** Without a word of their tokens. */
  unknown: number
  inputTokens: number
  outputTokens: number
  cacheReadTokens: number
  cacheCreationTokens: number
  /** Of those with a known price that no plan pays. */
  cost: number
  /** How many those are. */
  priced: number
  /** What the models that were asked for would have cost from their makers. */
  listCost: number
  /** Paid by a plan. */
  plan: number
}

export interface UsageRow extends Sums {
  /** Null: requests that have none. */
  name: string | null
  /** With `per`: `2026-11-26T14:00`, `2026-11-26` or `2026-11`, where the gateway runs. */
  time?: string
}

export const empty = (): Sums => ({
  requests: 0,
  failed: 0,
  unknown: 0,
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheCreationTokens: 0,
  cost: 0,
  priced: 0,
  listCost: 0,
  plan: 0,
})

const FIELDS = Object.keys(empty()) as (keyof Sums)[]

export function merge(into: Sums, sums: Sums): void {
  for (const field of FIELDS) into[field] += sums[field]
}
