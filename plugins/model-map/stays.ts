import type { Call, StateStore } from '../../core/index.js'
import { accountRequest, isRecord, parseJson } from '../../core/kit.js'
import type { Destination } from './route.js'

const KIND = 'model-map'
/** As long as a prompt may reasonably be worked on after its last request. */
const TTL = 60 * 60_000

/** Where sessions were sent: a change costs the prompt cache, so that one stays until its user says something new. */
export class Stays {
  constructor(private readonly state: StateStore) {}

  /** The destinations that are left for the prompt that this call works on, the present one first. */
  of(call: Call): readonly Destination[] | undefined {
    const { prompt } = call.record.facts
    const fact = prompt === undefined ? undefined : this.state.get(KIND, keyOf(call))
    const stay = fact && parseJson(fact.value)
    if (!isRecord(stay) || stay.prompt !== prompt || stay.asked !== call.model) return undefined
    return stay.to as readonly Destination[]
  }

  /** Counts ask nothing, so they move nothing. */
  set(call: Call, to: readonly Destination[]): void {
    const { prompt } = call.record.facts
    if (prompt === undefined || call.route !== 'messages') return
    this.state.set(KIND, keyOf(call), JSON.stringify({ prompt, asked: call.model, to }), TTL)
  }
}

function keyOf(call: Call): string {
  return accountRequest(call).session.own
}
