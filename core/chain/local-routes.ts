import type { Next } from '../contract/plugin.js'
import { Reply } from '../exchange/reply.js'
import { nobodyAnswered } from './compose.js'

const EMPTY = Buffer.alloc(0)

/** The chain's innermost end: routes that the gateway answers by itself, whatever its plugins. */
export const localAnswers: Next = async (call) => {
  switch (call.route) {
    case 'health':
      return Reply.json({ status: 'ok' })
    case 'hello':
      return Reply.bytes(EMPTY)
    case 'telemetry':
      // Clients post usage statistics here; they are dropped here and forwarded nowhere.
      return Reply.json({})
    default:
      return nobodyAnswered(call)
  }
}
