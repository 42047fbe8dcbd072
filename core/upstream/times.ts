const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** `45 s`, `12 min`, `3 h 0 min`, `6 d 2 h`; rounded up, so that what is promised by then has come. */
export function durationText(ms: number): string {
  if (ms <= 2 * MINUTE) return `${Math.max(1, Math.ceil(ms / SECOND))} s`
  const minutes = Math.ceil(ms / MINUTE)
  if (minutes < 120) return `${minutes} min`
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
  const hours = Math.ceil(ms / HOUR)
  return `${Math.floor(hours / 24)} d ${hours % 24} h`
}

/** A time on this machine's clock, with its zone, as the gateway may run elsewhere than its user: `14:20 GMT+9`, `Mon 30 Nov, 14:20 GMT+9`. */
export function clockText(at: number, now: number): string {
  const isToday = new Date(at).toDateString() === new Date(now).toDateString()
  const day = isToday ? {} : ({ weekday: 'short', day: 'numeric', month: 'short' } as const)
  const time = { hour: '2-digit', minute: '2-digit', timeZoneName: 'short' } as const
  return new Intl.DateTimeFormat('en-GB', { ...day, ...time }).format(at)
}

/** Up to here a duration alone is enough. */
export const SOON = 10 * MINUTE

/** `in 3 h 0 min, at 14:20 GMT+9`; the duration alone where it is soon. */
export function untilText(ms: number, now: number): string {
  const duration = `in ${durationText(ms)}`
  return ms < SOON ? duration : `${duration}, at ${clockText(now + ms, now)}`
}
