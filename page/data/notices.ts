import type { Now, Row } from '../api/types.js'
import { duration, money, things, tokens } from '../format.js'
import { href } from '../route.js'
import { isFailed, isMissed } from './sums.js'

/** A thing that a person would want to know without asking. */
export interface Notice {
  readonly level: 'bad' | 'warn'
  readonly words: string
  readonly to: string
}

/** Tokens that are worth a line. */
const WORTH = 2_000
const FAILURES = 3

export function noticesOf(rows: readonly Row[], now: Now | undefined): readonly Notice[] {
  return [...accountsOut(now), ...failures(rows), ...misses(rows)]
}

function accountsOut(now: Now | undefined): Notice[] {
  const out = now?.accounts.filter(({ usable }) => !usable) ?? []
  if (!now || out.length === 0) return []
  const all = out.length === now.accounts.length
  const each = out.slice(0, 3).map(({ id, reason, ms }) => {
    const left = ms === null ? 'until its key is changed' : `${duration(Math.ceil(ms / 1000) * 1000)} left`
    return `${id} (${reason?.replaceAll('-', ' ') ?? 'cooling down'}, ${left})`
  })
  const who = `${each.join(', ')}${out.length > 3 ? ` and ${out.length - 3} more` : ''}`
  const words = all ? `No account can serve now: ${who}` : `${things(out.length, 'account')} out: ${who}`
  return [{ level: all ? 'bad' : 'warn', words, to: href('accounts') }]
}

function failures(rows: readonly Row[]): Notice[] {
  const failed = rows.filter(isFailed)
  if (failed.length < FAILURES) return []
  const { name, times } = commonest(failed.map((row) => row.error ?? String(row.status ?? row.ending)))
  const words = `${things(failed.length, 'request')} failed in the last half hour; ${times === failed.length ? '' : `${times}× `}${name}`
  return [{ level: 'bad', words, to: href('live', [], { q: 'is:failed' }) }]
}

function misses(rows: readonly Row[]): Notice[] {
  const missed = rows.filter(({ cache }) => isMissed(cache))
  const lost = missed.reduce((sum, { lostTokens = 0 }) => sum + lostTokens, 0)
  if (lost < WORTH) return []
  const { name } = commonest(missed.map((row) => row.cacheWhy ?? row.cache!))
  const cost = missed.reduce((sum, { lostCost = 0 }) => sum + lostCost, 0)
  const dear = cost > 0 ? `, ${money(cost)}` : ''
  const words = `The cache missed ${missed.length === 1 ? 'once' : `${missed.length} times`}: ${name}; ${tokens(lost)} tokens paid again${dear}`
  return [{ level: 'warn', words, to: href('live', [], { q: 'is:missed' }) }]
}

function commonest(names: readonly string[]): { name: string; times: number } {
  const times = new Map<string, number>()
  for (const name of names) times.set(name, (times.get(name) ?? 0) + 1)
  const [name, n] = [...times].reduce((best, each) => (each[1] > best[1] ? each : best))
  return { name, times: n }
}
