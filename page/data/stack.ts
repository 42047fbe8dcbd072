import type { UsageRow } from '../api/types.js'

export type Per = 'hour' | 'day' | 'month'

/** Names over time: what one name took in each bucket, largest name first. */
export interface Stack {
  /** The beginnings of the buckets, seconds since 1970, without a gap. */
  readonly times: readonly number[]
  readonly series: readonly { readonly name: string; readonly values: readonly number[] }[]
}

export type Measure = 'cost' | 'listCost' | 'tokens'

export function measured(row: Omit<UsageRow, 'name'>, measure: Measure): number {
  if (measure !== 'tokens') return row[measure]
  return row.inputTokens + row.outputTokens + row.cacheReadTokens + row.cacheCreationTokens
}

/** `since` and `now` in milliseconds. */
export function stackOf(
  rows: readonly UsageRow[],
  measure: Measure,
  per: Per,
  since: number,
  now: number,
): Stack {
  const times = bucketsOf(per, since, now)
  const at = new Map(times.map((time, i) => [time, i]))
  const byName = new Map<string, number[]>()
  for (const row of rows) {
    const i = at.get(secondsOf(row.time ?? row.name ?? ''))
    if (i === undefined) continue
    const name = row.time === undefined ? 'all' : (row.name ?? 'none')
    let values = byName.get(name)
    if (!values) {
      values = times.map(() => 0)
      byName.set(name, values)
    }
    values[i]! += measured(row, measure)
  }
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0)
  const series = [...byName].map(([name, values]) => ({ name, values }))
  return { times, series: series.sort((a, b) => total(b.values) - total(a.values)) }
}

/** `2026-11-26T14:00`, `2026-11-26` or `2026-11`, as the gateway's clock has them; seconds since 1970. */
export function secondsOf(bucket: string): number {
  const full = `${bucket}${'-01'.repeat(bucket.length === 7 ? 1 : 0)}${bucket.length > 10 ? '' : 'T00:00'}`
  return new Date(full).getTime() / 1000
}

function bucketsOf(per: Per, since: number, now: number): number[] {
  const at = new Date(since)
  at.setMinutes(0, 0, 0)
  if (per !== 'hour') at.setHours(0)
  if (per === 'month') at.setDate(1)
  const found: number[] = []
  while (at.getTime() <= now && found.length < 1_000) {
    found.push(at.getTime() / 1000)
    // By the calendar: a day is not always 24 hours.
    if (per === 'hour') at.setTime(at.getTime() + 3_600_000)
    else if (per === 'day') at.setDate(at.getDate() + 1)
    else at.setMonth(at.getMonth() + 1)
  }
  return found
}
