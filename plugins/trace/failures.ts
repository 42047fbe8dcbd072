import type { AttemptRecord, CooldownReason } from '../../core/index.js'

/** An attempt that brought no answer. */
export interface FailedAttempt {
  readonly account: string
  /** Undefined where nothing came. */
  readonly status: number | undefined
  /** Without words of an upstream that may quote the prompt. */
  readonly error: string | undefined
  /** Why the account is in cooldown since then, and until when (RFC 3339; null: until the config changes). */
  readonly reason: CooldownReason | undefined
  readonly until: string | null | undefined
}

/** Of a request that began at `at` (milliseconds since 1970); undefined where every attempt was answered. */
export function failedAttempts(at: number, attempts: readonly AttemptRecord[]): FailedAttempt[] | undefined {
  const failed = attempts.filter(
    ({ status = 0, failure, error }) => status >= 400 || failure !== undefined || error !== undefined,
  )
  return failed.length === 0 ? undefined : failed.map((attempt) => failedAttempt(at, attempt))
}

function failedAttempt(
  at: number,
  { account, status, error, cooldown, times }: AttemptRecord,
): FailedAttempt {
  const ended = at + (times.lastByte ?? times.headers ?? times.started)
  return { account, status, error, reason: cooldown?.reason, until: restsUntil(ended, cooldown?.ms) }
}

function restsUntil(from: number, ms: number | undefined): string | null | undefined {
  if (ms === undefined) return undefined
  return Number.isFinite(ms) ? new Date(from + ms).toISOString() : null
}
