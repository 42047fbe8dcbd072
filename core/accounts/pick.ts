import type { Candidate } from './candidate.js'
import type { Health } from './cooldowns.js'
import type { Tiers } from './tiers.js'

export interface PickInput {
  readonly tiers: Tiers
  /** Where the session is at home. */
  readonly pinned: Candidate | undefined
  /** For a sub-agent's first request: where the session that started it is at home. */
  readonly parent: Candidate | undefined
  readonly tried: ReadonlySet<string>
  /** It has waited long enough for its own account. */
  readonly overdue: boolean
  /** It needs a place, and not only an account. */
  readonly needsSlot: boolean
}

/** An account; or none yet, but one can be waited for; or none. */
export type Pick = Candidate | 'wait' | 'none'

/**
 * Who serves next: the session's own account while it can; when that one is full, an account with nothing to do rather than
 * a wait, and else the wait, since a moment costs less than a cold prompt cache. Without an account of its own, the first
 * group that has a usable account with room, and in it the less loaded of two drawn by weight.
 */
export function pick(
  { tiers, pinned, parent, tried, overdue, needsSlot }: PickInput,
  healthOf: (candidate: Candidate) => Health,
  random: () => number,
): Pick {
  const isOpen = (c: Candidate) => hasRoom(c, needsSlot)
  const keepsPinned = pinned && !tried.has(pinned.account.id) && keepsPin(healthOf(pinned))
  if (keepsPinned && isOpen(pinned)) return pinned
  const fits = keepsPinned && !overdue ? isIdle : isOpen
  for (const group of tiers.tiers) {
    const free = group.filter((c) => fits(c) && !tried.has(c.account.id) && serves(healthOf(c)))
    if (free.length === 0) continue
    const drawn = lessLoaded(free, random)
    const prefersParent = parent && free.includes(parent) && loadOf(parent) <= loadOf(drawn)
    return prefersParent ? parent : drawn
  }
  if (tiers.preferred) return 'none'
  const untried = tiers.all.filter((c) => !tried.has(c.account.id))
  if (keepsPinned || untried.some((c) => serves(healthOf(c)))) return 'wait' // all of them are full
  const failing = untried.filter((c) => fails(healthOf(c)))
  const open = failing.filter(isOpen)
  if (open.length > 0) return pinned && open.includes(pinned) ? pinned : lessLoaded(best(tiers, open), random)
  return failing.length > 0 || untried.some((c) => healthOf(c) === 'probing') ? 'wait' : 'none'
}

export const serves = (health: Health) => health === 'ok' || health === 'half-open'
/** One server error is no reason for the sessions of an account to leave it, and their caches with it. */
export const keepsPin = (health: Health) => serves(health) || health === 'degraded'
const fails = (health: Health) => health === 'degraded' || health === 'failing'

export function hasRoom({ load, account }: Candidate, needsSlot: boolean): boolean {
  return !needsSlot || load.active < (account.maxConcurrent ?? Infinity)
}

export function isIdle({ load }: Candidate): boolean {
  return load.active === 0
}

function best({ tiers }: Tiers, among: readonly Candidate[]): readonly Candidate[] {
  return tiers.map((group) => group.filter((c) => among.includes(c))).find((group) => group.length > 0)!
}

export const loadOf = ({ load, weight }: Candidate) => load.inFlight / weight

/**
 * The power of two choices (Mitzenmacher 2001): two drawn by weight, the one with fewer requests in flight for its weight;
 * between equals the one with fewer sessions. Enough to even out what one drawing alone leaves uneven.
 */
function lessLoaded(candidates: readonly Candidate[], random: () => number): Candidate {
  const first = draw(candidates, undefined, random)
  if (candidates.length === 1) return first
  const second = draw(candidates, first, random)
  const difference =
    loadOf(second) - loadOf(first) ||
    second.load.recentSessions / second.weight - first.load.recentSessions / first.weight
  return difference < 0 ? second : first
}

function draw(
  candidates: readonly Candidate[],
  except: Candidate | undefined,
  random: () => number,
): Candidate {
  let total = 0
  for (const c of candidates) if (c !== except) total += c.weight
  let at = random() * total
  let last: Candidate | undefined
  for (const c of candidates) {
    if (c === except) continue
    last = c
    at -= c.weight
    if (at < 0) break
  }
  return last!
}
