import type { Row } from '../api/types.js'

/** What to do about something that went wrong: a sentence, and the page of the docs that has more. */
export interface NextStep {
  readonly words: string
  readonly doc?: string
}

type FailedAttempt = NonNullable<Row['failedAttempts']>[number]
type Reason = NonNullable<FailedAttempt['reason']>

const step = (words: string, doc?: string): NextStep => ({ words, ...(doc !== undefined && { doc }) })

const ACCOUNTS = 'docs/accounts.md'
const TRACE = 'docs/plugins/trace.md'

const BY_REASON: Readonly<Record<Reason, NextStep>> = {
  'rate-limit': step('Wait for the end of the cooldown, or add an account.', ACCOUNTS),
  'window-used-up': step('Wait until the window begins anew, or add an account.', ACCOUNTS),
  overloaded: step('Send it again in a minute, or add an account of another upstream.', ACCOUNTS),
  'server-error': step('Send it again; if it stays so, look at the upstream’s status page.'),
  forbidden: step('Ask the upstream what this key may do, or take another one.'),
  unauthorised: step('Correct the account’s key: a saved config is in force at once.', ACCOUNTS),
  locked: step('Ask the upstream to unlock the account, or add another one.', ACCOUNTS),
  billing: step('Top the account up, or add another one.', ACCOUNTS),
}

/** Reasons that only a person can mend. */
const LASTING: ReadonlySet<Reason | undefined> = new Set(['forbidden', 'unauthorised', 'locked', 'billing'])

/** After a request without an answer. */
export function afterFailure({ ending, code, id }: Row, last: FailedAttempt | undefined): NextStep {
  if (ending === 'broken')
    return step('Send it again: an answer that has begun is not tried again.', 'docs/plugins/stream-guard.md')
  if (last?.reason !== undefined) return BY_REASON[last.reason]
  if (ending === 'gone' && last === undefined) return step('Nothing: its client ended it.')
  if (code === 'AGP_BUDGET') return step('Raise the budget, or wait.', 'docs/plugins/budgets.md')
  if (code !== undefined) return step(`Look up ${code}.`, 'docs/errors.md')
  return step(`Run agproxy explain ${id}.`, 'docs/what-happened.md')
}

/** After a request that another account, or another try, answered. */
export function afterFailover(last: FailedAttempt): NextStep {
  if (last.reason !== undefined && LASTING.has(last.reason)) return BY_REASON[last.reason]
  return step('Nothing now; if it comes often, add an account or set its maxConcurrent.', ACCOUNTS)
}

/** After a missed cache. */
export function afterMiss({ cache, cacheWhy = '' }: Row): NextStep {
  if (cache === 'prefix') return afterChange(cacheWhy)
  return step(BY_VERDICT[cache!] ?? 'Let Anthropic say why, with trace: { diagnostics: true }.', TRACE)
}

function afterChange(why: string): NextStep {
  const plugin = / changed.*, by (.+)$/.exec(why)?.[1]
  if (plugin !== undefined)
    return step(`Let the plugin ${plugin} write the same in each turn, or switch it off.`, TRACE)
  if (why.startsWith('tools'))
    return step('Connect MCP servers before a session begins, and keep them on.', TRACE)
  if (why.startsWith('system'))
    return step('Keep what changes, as the time of day, out of the system prompt.', TRACE)
  return step('Compare it with the turn before: something rewrote an older message.', TRACE)
}

const BY_VERDICT: Readonly<Record<string, string>> = {
  upstream: 'Keep a session on one upstream: each has a cache of its own.',
  account: 'Look at why the session moved: the turn’s failed attempt says it, and it stays where it is now.',
  model: 'Keep one model for a session: each has a cache of its own.',
  expired: 'Go on within the time that the cache lives, or ask for the hour of "ttl":"1h".',
}
