import type { Entry } from './entry.js'
import type { Money } from './money.js'
import { sessionsOf } from './sessions.js'

const NO_MISS: ReadonlySet<string | undefined> = new Set([undefined, 'hit', 'first', 'none'])
/** Misses of one session that are listed; the newest ones. */
const MOST = 50

/** Each session with its tokens, and the requests whose cache missed, oldest first. */
export function cacheOf(entries: readonly Entry[], money: Money) {
  return sessionsOf(entries, money).map(({ prompts: _, ...sums }) => {
    const missed = entries.filter(
      ({ facts, cache }) => (facts.session ?? null) === sums.session && !NO_MISS.has(cache?.verdict),
    )
    const misses = missed.slice(-MOST).map(({ id, at, cache, attempts }) => ({
      id,
      at: new Date(at).toISOString(),
      ...cache,
      lostCost: money.lost(cache, attempts.at(-1)),
    }))
    return { ...sums, misses }
  })
}
