/** One budget as it is now. */
export interface BudgetState {
  readonly per: 'key' | 'session' | 'agent' | 'day' | 'label'
  /** Of a limit that is for one label. */
  readonly label: string | null
  readonly every: 'day' | 'week' | 'month' | 'never'
  readonly unit: 'tokens' | 'usd'
  /** Whole tokens, or US dollars. */
  readonly amount: number
  readonly used: number
  /** Of the amount: 1 is all of it. */
  readonly share: number
  /** A digest of the key, session, agent or label whose it is; null: of all requests. */
  readonly of: string | null
  /** When it starts over, RFC 3339; null: never. */
  readonly ends: string | null
}

/** What `GET /_agproxy/api/budgets` answers. */
export interface BudgetsAnswer {
  readonly budgets: readonly BudgetState[]
}
