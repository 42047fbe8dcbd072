import type { Row } from '../api/types.js'
import { endOf } from './prompts.js'
import { add, cacheShare, sums } from './sums.js'

/** What the last minutes were like. */
export interface Recent {
  /** Milliseconds until the first content. */
  readonly p50: number | undefined
  readonly p95: number | undefined
  /** Tokens a second of a typical stream. */
  readonly speed: number | undefined
  /** Share of the prompts' tokens that came from a cache: of the whole time, and of each of its parts, oldest first. */
  readonly cache: number | undefined
  readonly caches: readonly (number | undefined)[]
  readonly requests: number
}

const SPAN = 30 * 60_000
const PARTS = 12
/** Rows that are looked at: sums over more would be seen in the frame times. */
const MOST = 2_000

/** Keeps the rows of the last half hour. */
export class RecentRows {
  /** In the order in which they were heard of. */
  #rows: Row[] = []
  readonly #known = new Set<string>()

  add(rows: readonly Row[], now = Date.now()): void {
    for (const row of rows) {
      if (row.route !== 'messages' || this.#known.has(row.id) || endOf(row) <= now - SPAN) continue
      this.#known.add(row.id)
      this.#rows.push(row)
    }
    for (const { id } of this.#rows.splice(0, Math.max(0, this.#rows.length - MOST))) this.#known.delete(id)
  }

  rows(now = Date.now()): readonly Row[] {
    const late = this.#rows.filter((row) => endOf(row) > now - SPAN)
    if (late.length < this.#rows.length) {
      this.#rows = late
      this.#known.clear()
      for (const { id } of late) this.#known.add(id)
    }
    return late
  }

  sum(now = Date.now()): Recent {
    const rows = this.rows(now)
    const first = sorted(rows.map(({ firstContentMs }) => firstContentMs))
    const speeds = sorted(rows.map(speedOf))
    const total = sums()
    const parts = Array.from({ length: PARTS }, sums)
    for (const row of rows) {
      add(total, row)
      add(
        parts[Math.min(PARTS - 1, Math.max(0, Math.floor(((endOf(row) - (now - SPAN)) / SPAN) * PARTS)))]!,
        row,
      )
    }
    return {
      p50: quantile(first, 0.5),
      p95: quantile(first, 0.95),
      speed: quantile(speeds, 0.5),
      cache: cacheShare(total),
      caches: parts.map(cacheShare),
      requests: rows.length,
    }
  }
}

function speedOf({ outputTokens, ms, firstContentMs }: Row): number | undefined {
  if (!outputTokens || ms === undefined || firstContentMs === undefined || ms - firstContentMs < 50)
    return undefined
  return outputTokens / ((ms - firstContentMs) / 1000)
}

function sorted(values: readonly (number | undefined)[]): number[] {
  return values.filter((value) => value !== undefined).sort((a, b) => a - b)
}

export function quantile(ascending: readonly number[], q: number): number | undefined {
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * q))]
}
