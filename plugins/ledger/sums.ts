import type { UsageRow as Row, UsageSums } from '../../core/index.js'

type Open<T> = { -readonly [Key in keyof T]: T[Key] }

/** Sums that are still added to. */
export type Sums = Open<UsageSums>
export type UsageRow = Open<Row>

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
