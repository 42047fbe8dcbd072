import type { AccountStatus, Accounts, ActiveCooldown } from '../contract/accounts.js'
import type { CooldownReason } from '../contract/upstream.js'
import { GatewayError } from '../errors/gateway-errors.js'
import { Reply } from '../exchange/reply.js'

/** What `GET /_agproxy/api/accounts` answers. */
export interface AccountsAnswer {
  readonly accounts: readonly AccountAnswer[]
  /** Requests that wait for an account. */
  readonly waiting: number
}

export interface AccountAnswer {
  readonly id: string
  readonly upstream: string
  readonly email?: string | undefined
  readonly priority?: number | undefined
  readonly weight?: number | undefined
  readonly maxConcurrent?: number | undefined
  /** Whether it can serve now, leaving aside single models. */
  readonly usable: boolean
  /** Requests under way; through all gateways where `maxConcurrent` is set, else through this one. */
  readonly inFlight: number
  /** Paid by a plan and not by tokens. */
  readonly plan: boolean
  /** How much of the plan's windows is used, as the last answer told. */
  readonly windows: readonly {
    readonly name: string
    /** 1: all of it. */
    readonly used: number
    /** RFC 3339. */
    readonly resets: string | null
  }[]
  readonly cooldowns: readonly CooldownAnswer[]
}

export interface CooldownAnswer {
  readonly reason: CooldownReason
  /** Null: for every model. */
  readonly model: string | null
  /** Null: until the config changes. */
  readonly seconds: number | null
  /** RFC 3339. */
  readonly until: string | null
  readonly failures: number
}

/** All accounts and what is held against them; no secret is part of it. */
export function accountsReply(pool: Accounts): Reply {
  const answer: AccountsAnswer = { accounts: pool.status().map(accountAnswer), waiting: pool.waiting }
  return Reply.json(answer)
}

function accountAnswer({
  account,
  cooldownMs,
  cooldowns,
  inFlight,
  windows = [],
}: AccountStatus): AccountAnswer {
  const { id, upstream, email, priority, weight, maxConcurrent } = account
  return {
    id,
    upstream,
    email,
    priority,
    weight,
    maxConcurrent,
    usable: cooldownMs === 0,
    inFlight,
    plan: account.plan === true,
    windows: windows.map(({ name, used, resets }) => ({
      name,
      used,
      resets: resets === undefined ? null : new Date(resets).toISOString(),
    })),
    cooldowns: cooldowns.map(cooldownAnswer),
  }
}

function cooldownAnswer({ reason, model, ms, failures }: ActiveCooldown): CooldownAnswer {
  const ends = Number.isFinite(ms)
  return {
    reason,
    model: model ?? null,
    seconds: ends ? Math.ceil(ms / 1000) : null,
    until: ends ? new Date(Date.now() + ms).toISOString() : null,
    failures,
  }
}

/** Forgets what is held against an account: `{"id":"glm","cleared":1}`. */
export function clearReply(pool: Accounts, id: string): Reply {
  const cleared = pool.clear(id)
  if (cleared === undefined) {
    const ids = pool.all().map((account) => account.id)
    const message = `no account '${id}'; there are ${ids.join(', ') || 'none'}`
    throw new GatewayError('not_found_error', message, { code: 'AGP_UNKNOWN_ACCOUNT', retry: false })
  }
  return Reply.json({ id, cleared })
}
