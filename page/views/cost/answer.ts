export interface UsageRow {
  readonly name: string | null
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
