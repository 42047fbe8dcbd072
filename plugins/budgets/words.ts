import type { Budget } from './limits.js'
import { MICRO } from './limits.js'

const WHOSE = {
  key: 'of this client key',
  session: 'of this session',
  agent: 'of this agent',
  day: 'of this gateway',
  label: 'of this label',
} as const

/** Which budget, when it starts over, how to raise it: Claude Code shows it as it is. */
export function refusal(budget: Budget, used: number, probable: number): string {
  const { limit, amount } = budget
  const whose = limit.label === undefined ? WHOSE[limit.per] : `of the label ${limit.label}`
  const all = shown(budget, amount)
  const spent =
    used >= amount
      ? `${shown(budget, used)} of ${all} are used`
      : `${shown(budget, used)} of ${all} are used, and this request takes about ${shown(budget, probable)}`
  return `the budget ${whose} does not allow this request: ${spent}. ${anew(budget)}. To go on sooner, raise \`budgets.limits\` (per: '${limit.per}') in the gateway's config`
}

export function warning({ limit, amount, ...budget }: Budget, used: number): string {
  const percent = Math.floor((used / amount) * 100)
  return `${percent}% of ${shown(budget, amount)} (per ${limit.per})`
}

function anew({ limit, ends }: Budget): string {
  if (ends !== undefined) return `It begins anew at ${localTime(ends)}`
  return limit.per === 'session' || limit.per === 'agent'
    ? `A new ${limit.per} has a budget of its own`
    : 'It does not begin anew'
}

function localTime(ms: number): string {
  const at = new Date(ms)
  const two = (n: number) => String(n).padStart(2, '0')
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())} (the gateway's time)`
}

function shown({ unit }: Pick<Budget, 'unit'>, amount: number): string {
  if (unit === 'tokens') return `${Math.round(amount).toLocaleString('en')} tokens`
  const dollars = amount / MICRO
  return `$${dollars.toFixed(dollars < 1 ? 4 : 2)}`
}
