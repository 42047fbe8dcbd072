import type { EstimateTokens } from '../contract/services.js'
import { estimateTokens } from './estimate.js'
import { TurnQueue } from './event-loop.js'

/** One for the process: the estimates of all requests and plugins share the turns of its event loop. */
const turns = new TurnQueue()

/** The gateway's own `tokens.estimate`. */
export const estimate: EstimateTokens = ({ body, signal }) => estimateTokens(body, turns, signal)
