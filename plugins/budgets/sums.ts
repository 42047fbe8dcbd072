import type { Call, FinishedRecord, PriceList, StateStore } from '../../core/index.js'
import { type Budget, MICRO } from './limits.js'
import type { Spent } from './spent.js'
import { SUMS } from './state.js'
import { digest } from './whose.js'

/** What the last request of a session took: the next one takes about as much. */
const LAST = 'budget-last'
/** Milliseconds that a sum without an end is kept after its last change. */
const KEPT = 30 * 86_400_000
/** Milliseconds that it is kept beyond its end. */
const GRACE = 3_600_000
/** Bytes of a token, and tokens of an answer, where nothing better is known. */
const GUESS = { bytesPerToken: 4, output: 500 }

/** What was spent of each budget and what a session's last request took, in the state store: several gateways keep one budget. */
export class Sums {
  constructor(private readonly state: StateStore) {}

  used({ key }: Budget): number {
    return Number(this.state.get(SUMS, key)?.value ?? 0)
  }

  add({ key, ends }: Budget, by: number): void {
    if (by === 0) return
    const ttl = ends === undefined ? KEPT : Math.max(0, ends - Date.now()) + GRACE
    this.state.add(SUMS, key, Math.round(by), ttl)
  }

  /** As the session's last request, else by the size of its body and the price of the model that it asks for. */
  probable(call: Call, prices: PriceList | undefined): Spent {
    const { session } = call.record.facts
    const last = session === undefined ? undefined : this.state.get(LAST, digest(session))?.value
    if (last !== undefined) {
      const [taken, usd] = last.split(' ').map(Number)
      return { tokens: taken ?? 0, usd: usd ?? 0 }
    }
    const inputTokens = Math.ceil(call.bytes.length / GUESS.bytesPerToken)
    const cost = prices?.cost(call.model, { inputTokens, outputTokens: GUESS.output }) ?? 0
    return { tokens: inputTokens + GUESS.output, usd: Math.round(cost * MICRO) }
  }

  remember({ facts }: FinishedRecord, { tokens: taken, usd = 0 }: Spent): void {
    if (facts.session !== undefined && taken > 0)
      this.state.set(LAST, digest(facts.session), `${taken} ${usd}`, GRACE)
  }
}
