/** Words for numbers: short, the same everywhere, and a dash for what is not known. */
export const NONE = '–'

const whole = new Intl.NumberFormat('en')

export function count(value: number | null | undefined): string {
  return value === undefined || value === null ? NONE : whole.format(Math.round(value))
}

/** `840`, `31k`, `2.1M`. */
export function tokens(value: number | null | undefined): string {
  if (value === undefined || value === null) return NONE
  if (value < 1_000) return String(Math.round(value))
  if (value < 999_500) return `${short(value / 1_000)}k`
  return `${short(value / 1_000_000)}M`
}

/** US dollars: four digits below a dollar, so that a request of a tenth of a cent is no zero. */
export function money(value: number | null | undefined): string {
  if (value === undefined || value === null) return NONE
  if (value === 0) return '$0'
  if (value < 0.0001) return '<$0.0001'
  return `$${value < 0.1 ? value.toFixed(4) : value < 1 ? value.toFixed(3) : value < 1000 ? value.toFixed(2) : whole.format(Math.round(value))}`
}

/** `39k tokens, $0.0447`; without the money where a plan pays or no price is known. */
export function wasteWords(lost: number, cost: number): string {
  return `${tokens(lost)} tokens${cost > 0 ? `, ${money(cost)}` : ''}`
}

/** `12 ms`, `1.2 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(ms: number | null | undefined): string {
  if (ms === undefined || ms === null || !Number.isFinite(ms)) return NONE
  if (ms < 1) return `${short(ms)} ms`
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${short(ms / 1000)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3_600) return two(Math.floor(seconds / 60), 'min', seconds % 60, 's')
  if (seconds < 86_400)
    return two(Math.floor(seconds / 3_600), 'h', Math.floor((seconds % 3_600) / 60), 'min')
  return two(Math.floor(seconds / 86_400), 'd', Math.floor((seconds % 86_400) / 3_600), 'h')
}

/** `16 s left`, in whole seconds, of a cooldown that ends at `until` (milliseconds since 1970; null: with the config). */
export function leftWords(until: number | null, now: number): string {
  if (until === null) return 'until the config changes'
  return `${duration(Math.max(0, Math.ceil((until - now) / 1000)) * 1000)} left`
}

function two(big: number, unit: string, small: number, below: string): string {
  return small === 0 ? `${big} ${unit}` : `${big} ${unit} ${small} ${below}`
}

export function percent(share: number | null | undefined): string {
  if (share === undefined || share === null || !Number.isFinite(share)) return NONE
  const value = share * 100
  return `${value > 99 && value < 100 ? '>99' : Math.round(value)} %`
}

function short(value: number): string {
  return value < 10 ? String(Math.round(value * 10) / 10) : String(Math.round(value))
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const dayClock = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
})

/** The time of day; with the day where it is another one. */
export function time(at: string | number, now = Date.now()): string {
  const date = new Date(at)
  if (Number.isNaN(date.getTime())) return NONE
  return date.toDateString() === new Date(now).toDateString() ? clock.format(date) : dayClock.format(date)
}

const dayOnly = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short' })

export function day(at: number): string {
  return dayOnly.format(new Date(at))
}

/** A long id's beginning: enough to tell two apart. */
export function shortId(id: string, characters = 8): string {
  return id.length <= characters + 1 ? id : `${id.slice(0, characters)}…`
}

/** One thing or several: `1 request`, `3 requests`. */
export function things(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`
}
