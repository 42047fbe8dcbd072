import { errorData } from '../../support/messages.js'
import { json } from '../../support/script.js'
import { always, error, type Outcome, once, type Row, thrice, USABLE, WHOLE } from '../row.js'

const limit = (headers: Record<string, string>, text = 'slow down') =>
  always(json(errorData('rate_limit_error', text), 429, { headers }))

/** 429 with a time for which the account is then in cooldown; `told` is what a client of the only account hears. */
function coolsDown(upstream: string, headers: Record<string, string>, seconds: number, told = seconds): Row {
  const sees = error(429, 'rate_limit_error', 'slow down', `retry-after: ${told}`)
  const outcome = once(sees, `cooldown ${seconds} s (rate-limit)`)
  return { upstream, answers: limit(headers), stream: outcome, json: outcome, second: WHOLE }
}

/** 429 with a time that is waited out on the same account. */
function waits(upstream: string, headers: Record<string, string>, told: string, text?: string): Row {
  const sees = error(429, 'rate_limit_error', text ?? 'slow down', told)
  const outcome: Outcome = thrice(sees, USABLE)
  return { upstream, answers: limit(headers, text), stream: outcome, json: outcome, second: WHOLE }
}

/** The suite's clock stands still at this moment, so that a rest has the same length whenever it is looked at. */
export const NOW = Date.parse('2026-06-01T12:00:00Z')
const date = (seconds: number) => new Date(NOW + seconds * 1000).toUTCString()

export const retryAfterRows: readonly Row[] = [
  waits('answers 429 with `retry-after: 0`', { 'retry-after': '0' }, 'retry-after: 1…3'),
  waits('answers 429 with `retry-after: 1`', { 'retry-after': '1' }, 'retry-after: 1…3'),
  waits('answers 429 with `retry-after-ms: 150`', { 'retry-after-ms': '150' }, 'retry-after: 1…3'),
  coolsDown('answers 429 with `retry-after: 20`', { 'retry-after': '20' }, 20),
  coolsDown('answers 429 with `retry-after: 4.5`', { 'retry-after': '4.5' }, 5),
  coolsDown('answers 429 with `retry-after: 120`', { 'retry-after': '120' }, 120, 59),
  coolsDown('answers 429 with `retry-after: 7200`', { 'retry-after': '7200' }, 7200),
  coolsDown('answers 429 with a date 20 s ahead', { 'retry-after': date(20) }, 20),
  waits('answers 429 with a date that is over', { 'retry-after': date(-100) }, 'retry-after: 1…3'),
  coolsDown('answers 429 with `retry-after: -5`', { 'retry-after': '-5' }, 30),
  coolsDown('answers 429 with `retry-after: 99999999999`', { 'retry-after': '99999999999' }, 30),
  coolsDown('answers 429 with `retry-after: soon`', { 'retry-after': 'soon' }, 30),
  coolsDown('answers 429 with an empty `retry-after`', { 'retry-after': '' }, 30),
]
