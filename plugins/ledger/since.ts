import { GatewayError } from '../../core/index.js'

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/** `7d`, `24h`, `30m`, `2w` ago, or the beginning of a day: `2026-11-01`. Milliseconds since 1970. */
export function sinceOf(text: string, now = Date.now()): number {
  const [, count, unit] = /^(\d{1,5})([mhdw])$/.exec(text) ?? []
  if (count !== undefined) return now - Number(count) * UNITS[unit!]!
  const day = /^\d{4}-\d\d-\d\d$/.test(text) ? new Date(`${text}T00:00:00`).getTime() : Number.NaN
  if (Number.isFinite(day)) return day
  const message = `since: expected a time such as 7d, 24h or 2026-11-01, found '${text.slice(0, 40)}'`
  throw new GatewayError('invalid_request_error', message, { code: 'AGP_INVALID_QUERY', retry: false })
}
