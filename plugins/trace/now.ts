import type { Accounts } from '../../core/index.js'

/** What runs at this moment. */
export interface Now {
  /** Requests under way, and those that wait for an account. */
  readonly inFlight: number
  readonly waiting: number
  readonly accounts: readonly {
    readonly id: string
    readonly upstream: string
    readonly usable: boolean
    readonly reason: string | undefined
    /** When its cooldown ends, in milliseconds since 1970; null: not before the config changes. */
    readonly until?: number | null | undefined
    /** Of its plan, where the upstream says how much is used: 1 is all of it; `resets` in milliseconds since 1970. */
    readonly windows: readonly {
      readonly name: string
      readonly used: number
      readonly resets: number | null
    }[]
  }[]
}

export function nowOf(accounts: Accounts): Now {
  const all = accounts.status()
  return {
    inFlight: all.reduce((sum, { inFlight }) => sum + inFlight, 0),
    waiting: accounts.waiting,
    accounts: all.map(({ account: { id }, upstream, cooldownMs, reason, windows = [] }) => ({
      id,
      upstream,
      usable: cooldownMs === 0,
      reason,
      until: endOf(cooldownMs),
      windows: windows.map(({ name, used, resets = null }) => ({ name, used, resets })),
    })),
  }
}

function endOf(ms: number): number | null | undefined {
  if (ms === 0) return undefined
  return Number.isFinite(ms) ? Math.round(Date.now() + ms) : null
}
