import { href } from '../address.js'
import type { Now, Row } from '../api/types.js'
import { money, things, tokens } from '../format.js'
import { isFailed, isMissed } from './sums.js'
import { shortTrouble, whyMissed } from './troubles.js'

/** A thing that a person would want to know without asking. */
export interface Notice {
  readonly level: 'bad' | 'warn'
  readonly words: string
  /** Behind the words: accounts, why each can’t be asked, and until when, in milliseconds since 1970. */
  readonly cooldowns?: readonly { readonly id: string; readonly why: string; readonly until: number | null }[]
  readonly more?: string
  readonly to: string
}

/** Tokens that are worth a line. */
const WORTH = 2_000
const FAILURES = 3

/** First what stops requests, then what costs money, then what is only good to know. */
export function noticesOf(rows: readonly Row[], now: Now | undefined): readonly Notice[] {
  const cooling = now?.accounts.filter(({ usable }) => !usable) ?? []
  const all = cooling.length > 0 && cooling.length === now?.accounts.length
  const stops = all ? [inCooldown('bad', 'No account can serve now', cooling)] : []
  const notes =
    cooling.length > 0 && !all
      ? [inCooldown('warn', `${things(cooling.length, 'account')} in cooldown`, cooling)]
      : []
  return [...stops, ...failures(rows), ...misses(rows), ...notes]
}

/** Accounts that a line names. */
const MOST = 3

function inCooldown(level: Notice['level'], words: string, accounts: Now['accounts']): Notice {
  const cooldowns = accounts.slice(0, MOST).map(({ id, reason, until = null }) => {
    return { id, why: reason?.replaceAll('-', ' ') ?? 'cooldown', until }
  })
  const left = accounts.length - MOST
  return { level, words, cooldowns, ...(left > 0 && { more: `and ${left} more` }), to: href('accounts') }
}

function failures(rows: readonly Row[]): Notice[] {
  const failed = rows.filter(isFailed)
  if (failed.length < FAILURES) return []
  const { name, times } = commonest(failed.map((row) => shortTrouble(row)!.words))
  const words = `${things(failed.length, 'request')} failed in the last half hour; ${times === failed.length ? '' : `${times}× `}${name}`
  return [{ level: 'bad', words, to: href('live', [], { q: 'is:failed' }) }]
}

function misses(rows: readonly Row[]): Notice[] {
  const missed = rows.filter(({ cache }) => isMissed(cache))
  const lost = missed.reduce((sum, { lostTokens = 0 }) => sum + lostTokens, 0)
  if (lost < WORTH) return []
  const names = [...new Set(missed.map(whyMissed))]
  const name = names.length > 2 ? `${names.slice(0, 2).join('; ')} and more` : names.join('; ')
  const cost = missed.reduce((sum, { lostCost = 0 }) => sum + lostCost, 0)
  const dear = cost > 0 ? `, ${money(cost)}` : ''
  const often = ['', 'once', 'twice'][missed.length] ?? `${missed.length} times`
  const words = `The cache missed ${often}: ${name}; ${tokens(lost)} tokens paid again${dear}`
  return [{ level: 'warn', words, to: href('live', [], { q: 'is:missed' }) }]
}

function commonest(names: readonly string[]): { name: string; times: number } {
  const times = new Map<string, number>()
  for (const name of names) times.set(name, (times.get(name) ?? 0) + 1)
  const [name, n] = [...times].reduce((best, each) => (each[1] > best[1] ? each : best))
  return { name, times: n }
}
