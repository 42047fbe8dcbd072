import type { PlanWindow } from '../contract/accounts.js'
import type { Reply } from '../contract/reply.js'
import type { StateStore } from '../contract/state.js'
import { isRecord, parseJson } from '../json/plain.js'

const KIND = 'plan-window'
/** Milliseconds; the longest window is a week. */
const TTL = 8 * 86_400_000
const UTILIZATION = /^anthropic-ratelimit-unified-(\w+)-utilization$/

/** What the answers of accounts that a plan pays say of its windows; gateways tell each other. */
export class PlanWindows {
  constructor(private readonly store: StateStore) {}

  /** An answer without such headers costs one look at them. */
  saw(id: string, reply: Reply): void {
    if (reply.header('anthropic-ratelimit-unified-status') === undefined) return
    const windows = windowsIn(reply)
    if (windows.length === 0) return
    const value = JSON.stringify(windows)
    if (this.store.get(KIND, id)?.value !== value) this.store.set(KIND, id, value, TTL)
  }

  /** Those that have not ended, as the last answer said. */
  of(id: string, now = Date.now()): readonly PlanWindow[] {
    const value = parseJson(this.store.get(KIND, id)?.value ?? '[]')
    if (!Array.isArray(value)) return []
    return value.filter((window) => isRecord(window) && !(Number(window.resets) < now)) as PlanWindow[]
  }
}

function windowsIn({ headers }: Reply): PlanWindow[] {
  return Object.entries(headers).flatMap(([header, value]) => {
    const name = UTILIZATION.exec(header)?.[1]
    const used = Number(value)
    if (name === undefined || !Number.isFinite(used)) return []
    const seconds = Number(headers[`anthropic-ratelimit-unified-${name}-reset`])
    const resets = Number.isFinite(seconds) && seconds > 0 ? { resets: seconds * 1000 } : {}
    return [{ name, used: Math.round(used * 100) / 100, ...resets }]
  })
}
