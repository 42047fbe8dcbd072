import type { Row } from '../api/types.js'
import { money, things, time, tokens } from '../format.js'
import { afterFailover, afterFailure, afterMiss, type NextStep } from './next-steps.js'
import { isFailed, isMissed } from './sums.js'

/** One thing that went wrong in a request: what, why, what it cost, and what to do next, in sentences. */
export interface Trouble {
  readonly level: 'bad' | 'warn'
  readonly what: string
  readonly words: string
  readonly next: NextStep
}

type FailedAttempt = NonNullable<Row['failedAttempts']>[number]

/** Nothing while all is well; what stopped the request comes first. */
export function troublesOf(row: Row): readonly Trouble[] {
  const refused = row.failedAttempts ?? []
  return [...stopped(row, refused), ...turnedAway(row, refused), ...missed(row)]
}

/** The same for a line of a list: a few words of the first thing. */
export function shortTrouble(row: Row): Pick<Trouble, 'level' | 'words'> | undefined {
  const refused = row.failedAttempts?.at(-1)
  if (isFailed(row)) {
    const known = row.ending !== 'broken' && refused?.reason !== undefined
    return { level: 'bad', words: known ? whyOf(refused) : whyStopped(row) }
  }
  if (isMissed(row.cache)) return { level: 'warn', words: `cache missed: ${whyMissed(row)}` }
  return refused && { level: 'warn', words: `${refused.account}: ${whyOf(refused)}` }
}

function stopped(row: Row, refused: readonly FailedAttempt[]): Trouble[] {
  if (!isFailed(row)) return []
  const next = afterFailure(row, refused.at(-1))
  if (row.ending === 'broken') {
    const far = row.outputTokens ? ` after ${things(row.outputTokens, 'token')}` : ''
    const words = `The answer stopped${far}: ${whyStopped(row)}. ${spent(row)}`
    return [{ level: 'bad', what: 'Broke off', words, next }]
  }
  const why = refused.length > 0 ? refusals(refused) : sentence(whyStopped(row))
  return [{ level: 'bad', what: 'Failed', words: `${why} ${spent(row)}`, next }]
}

function whyStopped({ ending, error }: Row): string {
  if (error !== undefined) return error
  return ending === 'gone' ? 'the client gave up before an answer came' : 'nothing here explains it'
}

function turnedAway(row: Row, refused: readonly FailedAttempt[]): Trouble[] {
  if (refused.length === 0 || (isFailed(row) && row.ending !== 'broken')) return []
  const words = `${refusals(refused)} Account ${row.account} answered instead.`
  return [{ level: 'warn', what: 'Tried again', words, next: afterFailover(refused.at(-1)!) }]
}

function missed(row: Row): Trouble[] {
  if (!isMissed(row.cache)) return []
  const dear = row.lostCost ? `, ${money(row.lostCost)}` : ''
  const rule = row.cache === 'prefix' ? ', and a cache holds only what begins as before' : ''
  const words = `${capital(whyMissed(row))}${rule}. ${tokens(row.lostTokens)} tokens were paid again${dear}.`
  return [{ level: 'warn', what: 'The cache missed', words, next: afterMiss(row) }]
}

/** Each once: the same account may be tried three times. */
function refusals(refused: readonly FailedAttempt[]): string {
  return [...new Set(refused.map(refusal))].join(' ')
}

/** `Account b refused it (429): its plan’s window is used up; it is in cooldown until 21:31:36.` */
function refusal(attempt: FailedAttempt): string {
  const { account, status, until } = attempt
  const how =
    status === undefined ? 'gave no answer' : status < 500 ? `refused it (${status})` : `failed (${status})`
  return `Account ${account} ${how}: ${whyOf(attempt)}${restOf(until)}.`
}

function restOf(until: FailedAttempt['until']): string {
  if (until === undefined) return ''
  return until === null
    ? '; it is in cooldown until the config changes'
    : `; it is in cooldown until ${time(until)}`
}

function whyOf({ reason, error, status }: FailedAttempt): string {
  return (reason && reasons[reason]) ?? error?.replace(` (${status})`, '') ?? 'nothing here explains it'
}

const reasons: Readonly<Record<NonNullable<FailedAttempt['reason']>, string>> = {
  'rate-limit': 'too many requests (rate limit)',
  'window-used-up': 'its plan’s window is used up',
  overloaded: 'the upstream is overloaded',
  'server-error': 'the upstream had an error',
  forbidden: 'the upstream forbids it',
  unauthorised: 'its key is not accepted',
  locked: 'the account is locked',
  billing: 'it has run out of money, or its plan is over',
}

function spent({ cost, plan, usageKnown }: Row): string {
  if (!usageKnown) return 'No tokens were counted.'
  if (cost !== undefined) return `It cost ${money(cost)} all the same.`
  return plan ? 'Its tokens count to the plan all the same.' : 'What it cost is not known.'
}

/** `tools changed`, `another account answered (a before, b now)` */
export function whyMissed({ cache, cacheWhy }: Pick<Row, 'cache' | 'cacheWhy'>): string {
  if (cache === 'prefix' && cacheWhy) return cacheWhy
  const words = misses[cache!] ?? 'nothing here explains it'
  return cacheWhy === undefined ? words : `${words} (${cacheWhy})`
}

const misses: Readonly<Record<string, string>> = {
  upstream: 'another upstream answered',
  account: 'another account answered',
  model: 'another model answered',
  prefix: 'the beginning of the prompt changed',
  expired: 'its time had passed',
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

const sentence = (text: string) => capital(/[.!?]$/.test(text) ? text : `${text}.`)
