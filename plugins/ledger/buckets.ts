/** A stretch of time, where the gateway runs. */
export type Bucket = 'hour' | 'day' | 'month'

const two = (n: number) => String(n).padStart(2, '0')

/** `2026-11-26T14:00`, `2026-11-26` or `2026-11`, of a moment since 1970. */
export function bucketOf(time: number, bucket: Bucket): string {
  const at = new Date(time)
  const month = `${at.getFullYear()}-${two(at.getMonth() + 1)}`
  if (bucket === 'month') return month
  const day = `${month}-${two(at.getDate())}`
  return bucket === 'day' ? day : `${day}T${two(at.getHours())}:00`
}

/** Of the last request; most are of the same hour. Time zones differ by quarters of one. */
let lastDay = { quarter: Number.NaN, day: '' }
const QUARTER = 900_000

/** `2026-11-26`, where the gateway runs. */
export function dayOf(time: number): string {
  const quarter = Math.floor(time / QUARTER)
  if (lastDay.quarter !== quarter) lastDay = { quarter, day: bucketOf(time, 'day') }
  return lastDay.day
}
