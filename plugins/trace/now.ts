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
    /** Milliseconds that it still cools down; null: until the config changes. */
    readonly ms: number | null
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
      ms: Number.isFinite(cooldownMs) ? Math.ceil(cooldownMs) : null,
      windows: windows.map(({ name, used, resets = null }) => ({ name, used, resets })),
    })),
  }
}
