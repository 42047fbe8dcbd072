import type { Call } from '../contract/call.js'
import type { Link } from './link.js'

/**
 * Freezes what a plugin under test sees of events and headers, as the last link of its chain: a change in place, which would be
 * lost or reach later attempts, then throws. A gateway does not pay for it.
 */
export const FREEZING: Link = {
  name: 'freezing',
  phase: 'attempt',
  routes: 'all',
  plugin: { onEvent: (event) => void deepFreeze(event.data) },
}

/** The same call, whose headers and parameters throw when they are changed. */
export function frozenCall(call: Call): Call {
  Object.freeze(call.headers)
  Object.freeze(call.params)
  return call
}

function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return
  Object.freeze(value)
  for (const inner of Object.values(value)) deepFreeze(inner)
}
