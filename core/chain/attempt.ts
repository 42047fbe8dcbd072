import type { Next } from '../contract/plugin.js'
import type { Reply } from '../contract/reply.js'
import { isKnownError, PluginError } from '../errors/gateway-errors.js'
import { expectReply } from './compose.js'
import { localAnswers } from './local-routes.js'

/** The chain's innermost end: the target's upstream sends the call; without a target the gateway answers by itself. */
export const attempt: Next = (call) => {
  const { target } = call
  return target ? sent(target.upstream.name, async () => target.upstream.send(call)) : localAnswers(call)
}

/** An error of an upstream's own code is a fault of its plugin; upstream errors pass. */
async function sent(name: string, send: () => Promise<Reply>): Promise<Reply> {
  let reply: unknown
  try {
    reply = await send()
  } catch (error) {
    throw isKnownError(error) ? error : new PluginError(name, 'send', error)
  }
  return expectReply(name, 'send', reply)
}
