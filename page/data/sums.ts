import type { Row } from '../api/types.js'

/** What several requests took together. */
export interface Sums {
  requests: number
  failed: number
  /** Tokens of the prompts, cached or not, and those of them that came from a cache. */
  sent: number
  cached: number
  output: number
  /** US dollars; undefined while no request has a price. */
  cost: number | undefined
  /** Requests without a price. */
  unpriced: number
  /** Requests whose cache missed, and the tokens that were paid for again. */
  misses: number
  lost: number
  /** Of it, US dollars. */
  lostCost: number
}

export function sums(): Sums {
  return {
    requests: 0,
    failed: 0,
    sent: 0,
    cached: 0,
    output: 0,
    cost: undefined,
    unpriced: 0,
    misses: 0,
    lost: 0,
    lostCost: 0,
  }
}

export function add(total: Sums, row: Row): void {
  total.requests++
  if (isFailed(row)) total.failed++
  total.sent += (row.inputTokens ?? 0) + (row.cacheReadTokens ?? 0) + (row.cacheCreationTokens ?? 0)
  total.cached += row.cacheReadTokens ?? 0
  total.output += row.outputTokens ?? 0
  if (row.cost === undefined) total.unpriced++
  else total.cost = (total.cost ?? 0) + row.cost
  if (isMissed(row.cache)) {
    total.misses++
    total.lost += row.lostTokens ?? 0
    total.lostCost += row.lostCost ?? 0
  }
}

/** Of the prompt's tokens; undefined where none were counted. */
export function cacheShare({ sent, cached }: Pick<Sums, 'sent' | 'cached'>): number | undefined {
  return sent > 0 ? cached / sent : undefined
}

export function isFailed({ status, ending }: Pick<Row, 'status' | 'ending'>): boolean {
  return status === undefined || status >= 400 || ending === 'broken'
}

const HELD: ReadonlySet<string | undefined> = new Set([undefined, 'hit', 'first', 'none'])

export function isMissed(verdict: string | undefined): boolean {
  return !HELD.has(verdict)
}
