import type { Headers } from '../contract/http.js'
import { header } from '../exchange/headers.js'
import { clockText, durationText, untilText } from './times.js'

/** No cooldown is longer than a weekly window; anything beyond is nonsense. */
const LONGEST = 8 * 24 * 3600_000

/** z.ai writes its reset times in Beijing time, without saying so: `2026-01-31 18:00:00`. */
const RESET_TIME =
  /(\bat )?(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})(?:\.\d+)?(Z|[+-]\d{2}:?\d{2}|\s?\(?(?:UTC|GMT)(?:[+-]\d{1,2}(?::?\d{2})?)?\)?)?/
const BEIJING = '+08:00'

/**
 * Milliseconds that an upstream asks to wait: `retry-after-ms`, `retry-after` in seconds or as a date (RFC 9110 §10.2.3),
 * Anthropic's `anthropic-ratelimit-unified-reset` (epoch seconds), or the reset time in z.ai's message. Undefined when it
 * names none, or one that makes no sense.
 */
export function retryDelay(headers: Headers, body: string, now: number): number | undefined {
  const candidates = [
    number(header(headers, 'retry-after-ms'), 1),
    number(header(headers, 'retry-after'), 1000),
    date(header(headers, 'retry-after'), now),
    until(number(header(headers, 'anthropic-ratelimit-unified-reset'), 1000), now),
    resetTime(body, now),
  ]
  return candidates.find((ms) => ms !== undefined && ms >= 0 && ms <= LONGEST)
}

/** Claude Code gives up at once when asked to wait longer than this many seconds. */
const PATIENCE = 59
/** Up to here, coming back too early is better than giving up. */
const WORTH_WAITING = 300

/** A `retry-after` that makes clients wait when waiting helps, and is honest when it doesn't. */
export function retryAfterSeconds(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1000))
  return String(seconds <= WORTH_WAITING ? Math.min(seconds, PATIENCE) : seconds)
}

function number(text: string | undefined, unit: number): number | undefined {
  return text !== undefined && /^\s*\d+(\.\d+)?\s*$/.test(text) ? Math.ceil(Number(text) * unit) : undefined
}

function date(text: string | undefined, now: number): number | undefined {
  if (text === undefined || !/[a-z]/i.test(text)) return undefined
  const at = Date.parse(text)
  return Number.isNaN(at) ? undefined : Math.max(0, at - now)
}

function until(at: number | undefined, now: number): number | undefined {
  return at === undefined ? undefined : at - now
}

function resetTime(body: string, now: number): number | undefined {
  const match = RESET_TIME.exec(body)
  const at = match ? timeOf(match) : undefined
  return at === undefined ? undefined : at - now
}

function timeOf([, , date, time, zone]: RegExpMatchArray): number | undefined {
  const at = Date.parse(`${date}T${time}${zone === undefined ? BEIJING : offsetOf(zone)}`)
  return Number.isNaN(at) ? undefined : at
}

/** `Z`, `+0100`, ` UTC`, ` (UTC+8)` in the form that `Date.parse` reads. */
function offsetOf(zone: string): string {
  const [, sign, hours, minutes = '00'] = /([+-])(\d{1,2}):?(\d{2})?/.exec(zone) ?? []
  return sign ? `${sign}${hours!.padStart(2, '0')}:${minutes}` : 'Z'
}

/**
 * A message that gives its reset time as a duration and on this machine's clock. z.ai's is Beijing's without saying so: at
 * 23:12 UTC with three hours to go it says `2026-11-26 10:12:36`. Times with a zone stay as they are.
 */
export function withLocalTimes(message: string, now: number): string {
  return message.replace(new RegExp(RESET_TIME, 'g'), (...match) => {
    const [text, before, , , zone] = match
    const at = zone === undefined ? timeOf(match) : undefined
    if (at === undefined) return text
    const clock = clockText(at, now)
    if (at <= now) return `${before ?? ''}${clock}`
    return before ? untilText(at - now, now) : `${clock} (in ${durationText(at - now)})`
  })
}
