import type { AccountAnswer } from '../../admin/accounts.js'
import type { UsageSums } from '../../contract/usage.js'

/** As much of the operator's answers as the status line and the tools of an agent read. Absent: not known. */

export type { BudgetsAnswer } from '../../contract/budgets.js'
export type { UsageAnswer, UsageSums } from '../../contract/usage.js'

export interface KeptRow {
  readonly id: string
  readonly at: string
  readonly status?: number
  readonly ending: string
  readonly model?: string
  readonly mappedModel?: string
  readonly account?: string
  readonly error?: string
}

export interface RequestsAnswer {
  readonly requests: readonly KeptRow[]
}

export interface AccountsTold {
  readonly accounts: readonly (AccountAnswer & {
    /** Of its plan, where the upstream says how much is used: 1 is all of it. */
    readonly windows?: readonly {
      readonly name: string
      readonly used: number
      readonly resets: string | null
    }[]
  })[]
  readonly waiting: number
}

export interface CacheAnswer {
  readonly sessions: readonly {
    readonly session: string | null
    readonly requests: number
    readonly inputTokens: number
    readonly cacheReadTokens: number
    readonly cacheCreationTokens: number
    readonly misses: readonly {
      readonly id: string
      readonly at: string
      readonly verdict: string
      readonly detail?: string
      readonly path?: string
      readonly plugin?: string
      readonly tool?: string
      readonly lostTokens?: number
      readonly lostCost?: number
    }[]
  }[]
}

/** `2026-11-26`, where this runs. */
export function today(now = new Date()): string {
  const two = (n: number) => String(n).padStart(2, '0')
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`
}

/** Share of a prompt's tokens that came from a cache; undefined where none were counted. */
export function cacheShare(sums: Pick<UsageSums, 'inputTokens' | 'cacheReadTokens' | 'cacheCreationTokens'>) {
  const all = sums.inputTokens + sums.cacheReadTokens + sums.cacheCreationTokens
  return all > 0 ? sums.cacheReadTokens / all : undefined
}
