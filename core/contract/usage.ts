/** Sums of requests: tokens of all their attempts, money in US dollars. */
export interface UsageSums {
  readonly requests: number
  /** Of them with an error status, or without an answer. */
  readonly failed: number
  /** Without a word of their tokens. */
  readonly unknown: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cacheReadTokens: number
  readonly cacheCreationTokens: number
  /** Of those with a known price that no plan pays. */
  readonly cost: number
  /** How many those are. */
  readonly priced: number
  /** What the models that were asked for would have cost from their makers. */
  readonly listCost: number
  /** Paid by a plan. */
  readonly plan: number
}

export interface UsageRow extends UsageSums {
  /** Null: requests that have none. */
  readonly name: string | null
  /** With `per`: `2026-11-26T14:00`, `2026-11-26` or `2026-11`, where the gateway runs. */
  readonly time?: string
}

/** What `GET /_agproxy/api/usage` answers. */
export interface UsageAnswer {
  readonly by: string
  /** With `per`: a row for each stretch of time and name. */
  readonly per?: string
  /** RFC 3339; the beginning of an hour. */
  readonly since: string
  /** By cost and tokens, the most first; where they have a time, in its order. */
  readonly rows: readonly UsageRow[]
  /** Names past the 1000th, or with `per` past the 8th, where their sum is the row `*`; all are part of the total. */
  readonly more: number
  readonly total: UsageSums
}
