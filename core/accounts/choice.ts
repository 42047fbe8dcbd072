import type { Choice, ChoiceReason } from '../contract/choice.js'
import type { Candidate } from './candidate.js'
import type { Health } from './cooldowns.js'
import { hasRoom, isIdle, keepsPin, loadOf, type PickInput, serves } from './pick.js'

const NONE: Choice['others'] = []
/** Nearly every request's, and without a walk over the accounts. */
const PINNED: Choice = { reason: 'pinned', tier: 0, others: NONE }
const ONLY: Choice = { reason: 'only', tier: 0, others: NONE }
/** A chain may have hundreds of accounts, and a record is kept for each request. */
const MOST = 10

/** Why `pick` found this account, by the same input and before anything has changed. */
export function choiceOf(
  found: Candidate,
  input: PickInput,
  healthOf: (candidate: Candidate) => Health,
): Choice {
  const { tiers, pinned, parent, tried, overdue, needsSlot } = input
  const keepsPinned = pinned && !tried.has(pinned.account.id) && keepsPin(healthOf(pinned))
  if (keepsPinned && found === pinned) return PINNED
  if (tiers.all.length === 1) return tiers.preferred ? { ...ONLY, reason: 'preferred' } : ONLY
  const tier = tiers.tiers.findIndex((members) => members.includes(found))
  const mustBeIdle = keepsPinned && !overdue
  const lack = (c: Candidate): string => {
    if (tried.has(c.account.id)) return 'tried'
    const health = healthOf(c)
    if (!serves(health)) return health.replaceAll('-', ' ')
    if (!hasRoom(c, needsSlot)) return 'full'
    if (mustBeIdle && !isIdle(c)) return 'not idle'
    return loadOf(c) > loadOf(found) ? 'more load' : 'not drawn'
  }
  const ranked = tiers.tiers.slice(0, tier + 1).flat()
  const rivals = ranked.filter((c) => c !== found).slice(0, MOST)
  const others = rivals.map((c) => ({ account: c.account.id, lacks: lack(c) }))
  const equals = others.some(({ lacks }) => lacks === 'more load' || lacks === 'not drawn')
  const reason = (): ChoiceReason => {
    if (tiers.preferred) return 'preferred'
    if (found === parent) return 'parent'
    if (!serves(healthOf(found))) return 'failing'
    if (keepsPinned) return 'overflow'
    return equals ? 'less-loaded' : 'tier'
  }
  return { reason: reason(), tier, others }
}
