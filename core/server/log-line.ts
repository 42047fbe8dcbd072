import type { CallHead } from '../contract/call.js'
import type { AttemptRecord } from '../contract/record.js'
import type { Logger } from '../contract/services.js'
import { isQuiet } from '../plugin/routes.js'

/** An attempt that failed, as it is logged. */
export interface Tried {
  readonly account: string
  readonly status?: number | undefined
  readonly failure?: string | undefined
  readonly error?: string | undefined
  readonly ms?: number | undefined
  /** `ms` null: until the config changes. */
  readonly cooldown?: { readonly reason: string; readonly ms?: number | null | undefined } | undefined
}

/** What a request leaves in the log: its decisions at level debug, and one line. A fault of our own makes it an error. */
export function logLine(
  { id, method, path, route, record }: CallHead,
  status: number | undefined,
  ending: string,
  logger: Logger,
  isOwnFault: boolean,
): void {
  for (const { plugin, text } of record.notes) logger.debug({ id, plugin }, text)
  const f = record.facts
  // The client's answer is the last attempt's; those before it were paid for, and are in `record.attempts`.
  const answer = record.attempts.at(-1)
  // Field by field: the same line put together with spreads takes 6 µs.
  const line = {
    id,
    method,
    path,
    status,
    ending,
    session: f.session,
    model: f.model,
    mappedModel: f.mappedModel,
    upstream: f.upstream,
    account: f.account,
    attempts: f.attempts,
    upstreamRequestId: f.upstreamRequestId,
    inputTokens: answer?.inputTokens,
    outputTokens: answer?.outputTokens,
    cacheReadTokens: answer?.cacheReadTokens,
    cacheCreationTokens: answer?.cacheCreationTokens,
    stopReason: answer?.stopReason,
    error: f.error,
    code: f.errorCode,
    upstreamMs: f.upstreamMs === undefined ? undefined : Math.round(f.upstreamMs),
    firstContentMs: firstContent(answer),
    ms: Math.round(record.elapsed()),
    tries: triesOf(record.attempts),
  }
  if (isOwnFault) logger.error(line, 'request')
  else if (isQuiet(route) || isRead(method, route, status)) logger.debug(line, 'request')
  else if (ending === 'broken' || status === 429 || (status ?? 0) >= 500) logger.warn(line, 'request')
  else logger.info(line, 'request')
}

function firstContent(answer: AttemptRecord | undefined): number | undefined {
  const at = answer?.times.firstContent
  return at === undefined ? undefined : Math.round(at)
}

/** The attempts that failed; most requests have none. */
function triesOf(attempts: readonly AttemptRecord[]): readonly Tried[] | undefined {
  const failed = attempts.filter(
    ({ status, failure, cooldown }) => failure !== undefined || (status ?? 200) >= 400 || cooldown,
  )
  if (failed.length === 0) return undefined
  return failed.map(({ account, status, failure, error, ms, cooldown }) => ({
    account,
    status,
    failure,
    error,
    ms: ms && Math.round(ms),
    cooldown: cooldown && {
      reason: cooldown.reason,
      ms: cooldown.ms === Number.POSITIVE_INFINITY ? null : cooldown.ms,
    },
  }))
}

/** Pages and scrapers ask endpoints every few seconds. */
function isRead(method: string, route: CallHead['route'], status = 500): boolean {
  return route === 'endpoint' && method === 'GET' && status < 400
}
