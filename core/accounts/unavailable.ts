import type { Headers } from '../contract/http.js'
import type { Account, CooldownReason } from '../contract/upstream.js'
import { GatewayError } from '../errors/gateway-errors.js'
import { shownStatus } from '../exchange/shown-status.js'
import { retryAfterSeconds } from '../upstream/retry-after.js'
import { clockText, durationText, SOON } from '../upstream/times.js'

/** An account that could not be had: it is in cooldown, or it is busy. */
export interface Unavailable {
  readonly id: string
  /** Undefined: every slot was taken, or another request was probing it. */
  readonly rest: { readonly reason: CooldownReason; readonly ms: number } | undefined
}

/** No account serves the model at all. */
export function noAccount(model: string, all: readonly Account[], client: Headers): GatewayError {
  if (all.length === 0) {
    const message =
      'no upstream account is configured: set ZAI_API_KEY or AGPROXY_ANTHROPIC_API_KEY, or `accounts` in the config; `agproxy check` says which are left out'
    return new GatewayError('api_error', message, {
      code: 'AGP_NO_ACCOUNT',
      status: shownStatus(500, client),
      retry: false,
    })
  }
  const message = `no account serves the model '${model}' (accounts: ${all.map((a) => a.id).join(', ')})`
  return new GatewayError('not_found_error', message, {
    code: 'AGP_MODEL_NOT_SERVED',
    status: shownStatus(404, client),
    retry: false,
  })
}

/** The error for a client that no account can serve now: each account, why, and when to come back. */
export function exhausted(accounts: readonly Unavailable[], client: Headers, now = Date.now()): GatewayError {
  const list = accounts.map(({ id, rest }) => `${id} (${rest ? describe(rest, now) : 'busy'})`).join(', ')
  const cooldowns = accounts.flatMap(({ rest }) => (rest ? [rest] : []))
  const busy = cooldowns.length < accounts.length
  const soonest = busy ? 0 : Math.min(...cooldowns.map((rest) => rest.ms))
  if (!Number.isFinite(soonest)) {
    const message = `no account can serve: ${list}. Correct the gateway's accounts in its config, or the environment variables that their keys come from`
    return cooldowns.every(({ reason }) => reason === 'billing')
      ? new GatewayError('billing_error', message, { code: 'AGP_ACCOUNTS_UNUSABLE', retry: false })
      : new GatewayError('authentication_error', message, {
          code: 'AGP_ACCOUNTS_UNUSABLE',
          status: shownStatus(401, client),
          retry: false,
        })
  }
  const overloaded =
    !busy && cooldowns.every(({ reason }) => reason === 'overloaded' || reason === 'server-error')
  return new GatewayError(
    overloaded ? 'overloaded_error' : 'rate_limit_error',
    busy ? `all accounts are busy or cooling down: ${list}` : `all accounts are cooling down: ${list}`,
    { code: 'AGP_ACCOUNTS_BUSY', headers: { 'retry-after': retryAfterSeconds(soonest) } },
  )
}

function describe(
  { reason, ms }: { readonly reason: CooldownReason; readonly ms: number },
  now: number,
): string {
  const why = reason.replaceAll('-', ' ')
  if (Number.isFinite(ms))
    return `${why}, ${durationText(ms)}${ms < SOON ? '' : `, until ${clockText(now + ms, now)}`}`
  return `${why}, until ${reason === 'unauthorised' ? 'its key is changed' : 'the config changes'}`
}
