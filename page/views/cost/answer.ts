export interface UsageRow {
  /** Null: the requests that have none. */
  readonly name: string | null
  /** With `per`: the bucket, `2026-11-26T14:00`, `2026-11-26` or `2026-11`. */
  readonly time?: string
  readonly requests: number
  readonly failed: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cacheReadTokens: number
  readonly cacheCreationTokens: number
  readonly cost: number
  readonly priced: number
  readonly listCost: number
  readonly plan: number
}

/** What `GET /_agproxy/api/usage` answers. */
export interface UsageAnswer {
  readonly rows: readonly UsageRow[]
  readonly more: number
  readonly total: Omit<UsageRow, 'name'>
}

/** An element of what `GET /_agproxy/api/budgets` answers. */
export interface BudgetState {
  readonly per: string
  readonly label: string | null
  readonly every: string
  readonly unit: 'usd' | 'tokens'
  readonly amount: number
  readonly used: number
  readonly share: number
  readonly of: string | null
  readonly ends: string | null
}
