import type { BudgetState, BudgetsAnswer, StateStore } from '../../core/index.js'
import { type Budget, budgetOf, type Limit, MICRO } from './limits.js'

export type { BudgetsAnswer }

/** The kind of the sums in the state store. */
export const SUMS = 'budget'
/** Budgets of one limit that are listed: those of which most is used. */
const MOST = 50

/** Of each limit the budgets that were used; with `ids`, those of these digests alone. That of all requests is always there. */
export function statesOf(
  limits: readonly Limit[],
  state: StateStore,
  now: number,
  ids?: readonly string[],
): BudgetState[] {
  const used = [...state.entries(SUMS)].map(([key, { value }]) => [key, Number(value)] as const)
  return limits.flatMap((limit) => {
    if (limit.per === 'day') return [stateOf(budgetOf(limit, 'all', now), used, null)]
    const { key } = budgetOf(limit, '', now)
    const [before, after] = [key.slice(0, limit.per.length + 1), key.slice(limit.per.length + 1)]
    return used
      .filter(([sum]) => sum.startsWith(before) && sum.endsWith(after))
      .map(([sum]) => sum.slice(before.length, sum.length - after.length))
      .filter((id) => !id.includes('|') && (!ids || ids.includes(id)))
      .map((id) => stateOf(budgetOf(limit, id, now), used, id))
      .sort((a, b) => b.share - a.share)
      .slice(0, MOST)
  })
}

function stateOf(
  { limit, unit, amount, key, every, ends }: Budget,
  sums: readonly (readonly [key: string, used: number])[],
  of: string | null,
): BudgetState {
  const used = sums.find(([sum]) => sum === key)?.[1] ?? 0
  const one = unit === 'usd' ? MICRO : 1
  return {
    per: limit.per,
    label: limit.label ?? null,
    every,
    unit,
    amount: amount / one,
    used: used / one,
    share: Math.round((used / amount) * 1000) / 1000,
    of,
    ends: ends === undefined ? null : new Date(ends).toISOString(),
  }
}
