import type { Entry } from './entry.js'
import { sessionsOf } from './sessions.js'

const NO_MISS: ReadonlySet<string | undefined> = new Set([undefined, 'hit', 'first', 'none'])
/** Misses of one session that are told; the newest ones. */
const MOST = 50

/** Each session with its tokens, and the requests whose cache missed, oldest first. */
export function cacheOf(entries: readonly Entry[]) {
  return sessionsOf(entries).map(({ prompts: _, ...sums }) => {
    const missed = entries.filter(
      ({ facts, cache }) => (facts.session ?? null) === sums.session && !NO_MISS.has(cache?.verdict),
    )
    const misses = missed
      .slice(-MOST)
      .map(({ id, at, cache }) => ({ id, at: new Date(at).toISOString(), ...cache }))
    return { ...sums, misses }
  })
}
