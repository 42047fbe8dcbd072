import type { Next } from '../contract/plugin.js'
import { GatewayError } from '../errors/gateway-errors.js'
import { Reply } from '../exchange/reply.js'

const EMPTY = Buffer.alloc(0)

/** The chain's innermost end: routes that the gateway answers whatever its plugins. */
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

/** The error for a route that no plugin and no built-in answers. */
export const nobodyAnswered: Next = async (call) => {
  throw new GatewayError(
    'api_error',
    `no plugin of this chain answers ${call.method} ${call.path}; \`agproxy check\` prints the chain`,
    { code: 'AGP_NO_ANSWER', retry: false },
  )
}
