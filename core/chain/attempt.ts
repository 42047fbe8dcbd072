import type { Call, Target, Upstream } from '../contract/call.js'
import type { Next } from '../contract/plugin.js'
import type { AttemptRecord } from '../contract/record.js'
import type { Reply } from '../contract/reply.js'
import { ClientGoneError, isKnownError, PluginError, UpstreamError } from '../errors/gateway-errors.js'
import { confirm } from '../upstream/confirm.js'
import { errorReply } from '../upstream/replies.js'
import { expectReply } from './compose.js'
import { localAnswers } from './local-routes.js'

/** The chain's innermost end: the target's upstream sends the call; without a target the gateway answers by itself. */
export const attempt: Next = (call) => {
  const { target } = call
  return target ? sent(call, target, target.upstream) : localAnswers(call)
}

type Sender = Pick<Upstream, 'send'>

/**
 * One attempt: the upstream's answer, confirmed to be one, so that every plugin sees a reply that is what its status says. What
 * it cost goes into the record, whether it served or not.
 */
export async function sent(call: Call, target: Target, sender: Sender): Promise<Reply> {
  const { upstream, account } = target
  const { record } = call
  const startedAt = performance.now()
  const attempt = record.begin(upstream.name, account.id, call.model)
  try {
    const answer = await answerOf(upstream.name, call, sender)
    attempt.httpStatus = answer.status
    const reply = await confirm(answer, call, attempt)
    attempt.status = reply.status
    return reply
  } catch (error) {
    attempt.failure = failureOf(error)
    throw error
  } finally {
    attempt.model = record.facts.mappedModel ?? attempt.model
    attempt.ms = performance.now() - startedAt
  }
}

/**
 * An error of an upstream's own code is a fault of its plugin; upstream errors pass, and one that it read from an answer is
 * an answer with the status of that error.
 */
async function answerOf(name: string, call: Call, sender: Sender): Promise<Reply> {
  let reply: unknown
  try {
    reply = await sender.send(call)
  } catch (error) {
    if (UpstreamError.is(error) && error.failure === 'error-event') return errorReply(error, call)
    throw isKnownError(error) ? error : new PluginError(name, 'send', error)
  }
  return expectReply(name, 'send', reply)
}

function failureOf(error: unknown): NonNullable<AttemptRecord['failure']> {
  if (UpstreamError.is(error)) return error.failure
  return ClientGoneError.is(error) ? 'gone' : 'error'
}
