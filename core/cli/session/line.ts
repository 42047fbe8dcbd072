import {
  type AccountsTold,
  type BudgetsAnswer,
  cacheShare,
  type UsageAnswer,
  type UsageSums,
} from './answers.js'

/** What Claude Code writes to a status line's standard input, as much as is read. */
export interface ClientStatus {
  readonly session_id?: string
  readonly model?: { readonly id?: string; readonly display_name?: string }
}

/** What the gateway said; undefined for what it did not say in time. */
export interface Told {
  readonly status: ClientStatus
  /** `opus → glm-5.3`. */
  readonly models: readonly string[]
  readonly last: { readonly mappedModel?: string; readonly account?: string } | undefined
  readonly usage: UsageAnswer | undefined
  readonly today: UsageAnswer | undefined
  readonly accounts: AccountsTold | undefined
  readonly budgets: BudgetsAnswer | undefined
}

/** The names that a format may hold. */
export const NAMES = ['model', 'cost', 'today', 'cache', 'account', 'plan', 'budget', 'cooldown'] as const
export type Name = (typeof NAMES)[number]

export const DEFAULT_FORMAT =
  '{model} | {cost} | today {today} | cache {cache} | {account} | plan {plan} | budget {budget} | {cooldown}'

/** A part between bars is left out where one of its names has no value. Of what is left, one line without control characters. */
export function formatted(format: string, values: Readonly<Partial<Record<Name, string>>>): string {
  const parts = format.split('|').flatMap((part) => {
    let known = true
    const text = part.replace(/\{(\w+)\}/g, (_, name: Name) => {
      const value = values[name]
      if (value === undefined) known = false
      return value ?? ''
    })
    return known && text.trim() !== '' ? [text.trim()] : []
  })
  // Names of models and accounts come from elsewhere; a terminal would obey what is in them.
  return parts.join(' · ').replace(/\p{Cc}|\p{Cf}/gu, '')
}

export function valuesOf(told: Told, now = Date.now()): Partial<Record<Name, string>> {
  const { status, usage, today, accounts, budgets, last } = told
  const sums = usage?.rows.find(({ name }) => name === status.session_id)
  const share = sums && cacheShare(sums)
  return defined({
    model: modelOf(told),
    cost: sums && moneyOf(sums),
    today: today && moneyOf(today.total),
    cache: share === undefined ? undefined : `${Math.round(share * 100)}%`,
    account: last?.account ?? (accounts?.accounts.length === 1 ? accounts.accounts[0]!.id : undefined),
    plan: accounts && planOf(accounts, last?.account, now),
    budget: budgets && budgetOf(budgets),
    cooldown: accounts && cooldownOf(accounts),
  })
}

/** The one that really answers: of the session's last request, else as the gateway says of itself. */
function modelOf({ status: { model }, models, last }: Told): string | undefined {
  if (last?.mappedModel) return last.mappedModel
  const asked = model?.id ?? ''
  const mapped = models.map((text) => text.split(' → ')).find(([family]) => family && asked.includes(family))
  return mapped?.[1] ?? model?.display_name ?? model?.id
}

/** Undefined where nothing was counted: no request, or none with a price. */
function moneyOf({ cost, priced, plan }: UsageSums): string | undefined {
  if (priced === 0) return plan > 0 ? 'plan' : undefined
  return `$${cost.toFixed(cost > 0 && cost < 0.1 ? 4 : 2)}`
}

/** Of the account that answers, else of the one of which most is used. */
function planOf({ accounts }: AccountsTold, id: string | undefined, now: number): string | undefined {
  const all = accounts.flatMap(({ id: account, windows = [] }) =>
    windows.map((window) => ({ account, ...window })),
  )
  const own = all.filter(({ account }) => account === id)
  const [most] = (own.length > 0 ? own : all).toSorted((a, b) => b.used - a.used)
  if (!most) return undefined
  const left = most.resets === null ? 0 : Date.parse(most.resets) - now
  return `${most.name} ${Math.round(most.used * 100)}%${left > 0 ? ` for ${span(left)}` : ''}`
}

function budgetOf({ budgets }: BudgetsAnswer): string | undefined {
  const [most] = budgets.toSorted((a, b) => b.share - a.share)
  if (!most) return undefined
  const all = most.unit === 'usd' ? `$${most.amount}` : `${most.amount} tokens`
  return `${Math.round(most.share * 100)}% of ${all}`
}

function cooldownOf({ accounts }: AccountsTold): string | undefined {
  const out = accounts.filter(({ usable }) => !usable)
  if (out.length === 0) return undefined
  const [first] = out
  const whole = first!.cooldowns.find(({ model }) => model === null)
  const left = whole?.seconds == null ? '' : ` ${span(whole.seconds * 1000)}`
  return `${first!.id} cooldown${left}${out.length > 1 ? ` and ${out.length - 1} more` : ''}`
}

function span(ms: number): string {
  const seconds = Math.ceil(ms / 1000)
  if (seconds < 100) return `${seconds}s`
  return seconds < 6_000 ? `${Math.round(seconds / 60)}min` : `${Math.round(seconds / 3_600)}h`
}

function defined<T extends object>(values: T): Partial<Record<Name, string>> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}
