import type { EstimateTokens } from '../contract/services.js'
import type { StateStore } from '../contract/state.js'
import { parseJson } from '../json/plain.js'
import { type Correction, corrected, parsedCorrection, startingAt, tokensOf } from './correction.js'
import { countRequest } from './estimate.js'
import { TurnQueue } from './event-loop.js'
import { startFactor } from './families.js'

/** One for the process: the estimates of all requests and plugins share the turns of its event loop. */
const turns = new TurnQueue()

/** By the upstream's name for the model: what was learned of it. */
const CORRECTION = 'token-correction'
/** By the client's name for a model: the upstream's name of what served it last. */
const SERVED = 'token-model'
const TTL = 30 * 24 * 60 * 60_000

/** The gateway's own `tokens.estimate`. What it learns is kept in the state store, and so by other gateways that share it. */
export function createEstimate(state: StateStore): EstimateTokens {
  const known = (model: string): Correction =>
    parsedCorrection(parseJson(state.get(CORRECTION, model)?.value ?? '')) ?? startingAt(startFactor(model))

  const estimate = async ({ body, signal }: Parameters<EstimateTokens>[0]) => {
    const { texts, rest } = await countRequest(body, turns, signal)
    const served = state.get(SERVED, body.model)?.value ?? body.model
    return Math.max(1, Math.round(rest + tokensOf(texts, known(served))))
  }
  const learn: EstimateTokens['learn'] = async ({ body, signal }, model, tokens) => {
    if (state.get(SERVED, body.model)?.value !== model) state.set(SERVED, body.model, model, TTL)
    const { texts, rest } = await countRequest(body, turns, signal)
    const before = known(model)
    const after = corrected(before, texts, tokens - rest)
    if (after !== before) state.set(CORRECTION, model, JSON.stringify(after), TTL)
  }
  return Object.assign(estimate, { learn })
}
