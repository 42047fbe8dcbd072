import type { Call, Target, Upstream } from '../contract/call.js'
import type { Next } from '../contract/plugin.js'
import type { AttemptRecord, ExchangeRecord } from '../contract/record.js'
import type { Reply } from '../contract/reply.js'
import {
  ClientGoneError,
  isKnownError,
  loggable,
  PluginError,
  UpstreamError,
} from '../errors/gateway-errors.js'
import { RequestCall } from '../exchange/call.js'
import { quoteOf, refusalOf } from '../exchange/refusal.js'
import { confirm } from '../upstream/confirm.js'
import { errorReply } from '../upstream/replies.js'
import { localAnswers } from './local-routes.js'
import { expectReply } from './results.js'

/** The chain's innermost end: the target's upstream sends the call; without a target the gateway answers. */
export const attempt: Next = (call) => {
  const { target } = call
  return target ? sent(call, target, target.upstream) : localAnswers(call)
}

type Sender = Pick<Upstream, 'send'>

/** Smaller bodies are not worth a turn of the event loop. */
const LARGE = 64 * 1024

function compact(call: Call): void {
  RequestCall.bodyOf(call)?.compact()
}

/**
 * One attempt: the upstream's answer, confirmed to be one, so that every plugin sees a reply that is what its status says. What
 * it cost goes into the record, whether it served or not. An error of an upstream's own code is a fault of its plugin; upstream
 * errors pass, and one that it read from an answer is an answer with the status of that error.
 */
export async function sent(call: Call, target: Target, sender: Sender): Promise<Reply> {
  const { record } = call
  const { upstream, account, choice } = target
  const startedAt = performance.now()
  const attempt = record.begin(upstream.name, account.id, call.model, choice)
  // Also for an upstream of a plugin's own, whose errors may quote it.
  if (typeof account.apiKey === 'string') record.sentWith(account.apiKey)
  try {
    const sending = sender.send(call)
    if ((record.facts.requestBytes ?? 0) >= LARGE) setImmediate(compact, call) // onlookers compare first
    const answer = expectReply(upstream.name, 'send', await sending)
    attempt.httpStatus = answer.status
    const confirming = confirm(answer, call, attempt)
    const reply = confirming instanceof Promise ? await confirming : confirming
    attempt.status = reply.status
    attempt.error = refusalOf(reply)
    if (attempt.error !== undefined) quote(attempt, reply, record)
    return reply
  } catch (error) {
    const reply =
      UpstreamError.is(error) && error.failure === 'error-event' ? errorReply(error, call) : undefined
    attempt.status = reply?.status
    attempt.error = reply ? refusalOf(reply) : wordsOf(error, record)
    attempt.mark('lastByte')
    if (reply) quote(attempt, reply, record)
    if (reply) return reply
    attempt.failure = failureOf(error)
    throw isKnownError(error) ? error : new PluginError(upstream.name, 'send', error)
  } finally {
    attempt.model = record.facts.mappedModel ?? attempt.model
    attempt.ms = performance.now() - startedAt
  }
}

function quote(attempt: AttemptRecord, reply: Reply, record: ExchangeRecord): void {
  const words = quoteOf(reply)
  if (words !== undefined) attempt.quote(record.masked(words))
}

/** Foreign code may quote anything, so its words are not for the record. */
function wordsOf(error: unknown, record: ExchangeRecord): string {
  return isKnownError(error) ? record.masked(loggable(error)) : 'the code of the upstream failed'
}

function failureOf(error: unknown): NonNullable<AttemptRecord['failure']> {
  if (UpstreamError.is(error)) return error.failure
  return ClientGoneError.is(error) ? 'gone' : 'error'
}
