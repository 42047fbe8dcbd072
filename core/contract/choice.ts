/**
 * Why an account serves: `pinned`, the session's own; `parent`, that of the session which started the sub-agent; `preferred`,
 * a plugin asked for it; `only`, no other serves the model; `tier`, alone in the first tier with room; `less-loaded`, drawn among
 * the equals of a tier; `overflow`, idle while the session's own is full; `failing`, it fails, and no other is left.
 */
export type ChoiceReason =
  | 'pinned'
  | 'parent'
  | 'preferred'
  | 'only'
  | 'tier'
  | 'less-loaded'
  | 'overflow'
  | 'failing'

export interface Choice {
  readonly reason: ChoiceReason
  /** The number of its tier; 0 is preferred. */
  readonly tier: number
  /** Accounts as good or better by rank, at most 10, and what each lacked: `tried`, `full`, `not idle`, `more load`, or its health. */
  readonly others: readonly { readonly account: string; readonly lacks: string }[]
}
