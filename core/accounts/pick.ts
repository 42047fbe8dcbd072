import type { Candidate } from './candidate.js'
import type { Standing } from './cooldowns.js'
import type { Ranking } from './tiers.js'

export interface Situation {
  readonly ranking: Ranking
  /** Where the session is at home. */
  readonly home: Candidate | undefined
  /** For a sub-agent's first request: where the session that started it is at home. */
  readonly parent: Candidate | undefined
  readonly tried: ReadonlySet<string>
  /** It has waited long enough for its own account. */
  readonly late: boolean
  /** It needs a place, and not only an account. */
  readonly seated: boolean
}

/** Somebody; or nobody yet, who can be waited for; or nobody. */
export type Decision = Candidate | 'wait' | 'none'

/**
 * Who serves next: the session's own account while it can; when that one is full, an account with nothing to do rather than
 * a wait, and else the wait, since a moment costs less than a cold prompt cache. Without an account of its own, the first
 * group that has a usable account with room, and in it the less loaded of two drawn by weight.
 */
export function decide(
  { ranking, home, parent, tried, late, seated }: Situation,
  standingOf: (candidate: Candidate) => Standing,
  random: () => number,
): Decision {
  const hasRoom = (c: Candidate) => !seated || c.seat.taken < (c.account.maxConcurrent ?? Infinity)
  const homely = home && !tried.has(home.account.id) && staysAt(standingOf(home))
  if (homely && hasRoom(home)) return home
  const fits = homely && !late ? isIdle : hasRoom
  for (const group of ranking.groups) {
    const free = group.filter((c) => fits(c) && !tried.has(c.account.id) && serves(standingOf(c)))
    if (free.length === 0) continue
    const drawn = lessLoaded(free, random)
    const prefersParent = parent && free.includes(parent) && load(parent) <= load(drawn)
    return prefersParent ? parent : drawn
  }
  const untried = ranking.all.filter((c) => !tried.has(c.account.id))
  if (homely || untried.some((c) => serves(standingOf(c)))) return 'wait' // all of them are full
  const failing = untried.filter((c) => fails(standingOf(c)))
  const open = failing.filter(hasRoom)
  if (open.length > 0) return home && open.includes(home) ? home : lessLoaded(best(ranking, open), random)
  return failing.length > 0 || untried.some((c) => standingOf(c) === 'probing') ? 'wait' : 'none'
}

const serves = (standing: Standing) => standing === 'usable' || standing === 'trial'
/** One server error is no reason for the sessions of an account to leave it, and their caches with it. */
export const staysAt = (standing: Standing) => serves(standing) || standing === 'shaky'
const fails = (standing: Standing) => standing === 'shaky' || standing === 'avoided'

function isIdle({ seat }: Candidate): boolean {
  return seat.taken === 0
}

function best({ groups }: Ranking, among: readonly Candidate[]): readonly Candidate[] {
  return groups.map((group) => group.filter((c) => among.includes(c))).find((group) => group.length > 0)!
}

const load = ({ seat, weight }: Candidate) => seat.inFlight / weight

/**
 * The power of two choices (Mitzenmacher 2001): two drawn by weight, the one with fewer requests in flight for its weight;
 * between equals the one with fewer sessions. Enough to even out what one drawing alone leaves uneven.
 */
function lessLoaded(candidates: readonly Candidate[], random: () => number): Candidate {
  const first = draw(candidates, undefined, random)
  if (candidates.length === 1) return first
  const second = draw(candidates, first, random)
  const difference =
    load(second) - load(first) || second.seat.placed / second.weight - first.seat.placed / first.weight
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
