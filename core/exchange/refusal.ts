import type { ExchangeRecord } from '../contract/record.js'
import type { Reply } from '../contract/reply.js'
import { isErrorBody, isErrorType, typeOfStatus } from '../errors/api-errors.js'
import { wordsOfJson } from '../errors/upstream-words.js'
import { parseJson } from '../json/plain.js'
import { heldBytes } from './inner.js'

/** A larger error is not decoded for the sake of a log line. */
const ERROR_LIMIT = 64 * 1024

/** An error answer by its type and status; undefined for a good one. Its words stay out, since they may quote the prompt. */
export function refusalOf(reply: Reply): string | undefined {
  const { status } = reply
  if (status < 400) return undefined
  const body = bodyOf(reply)
  const type = isErrorBody(body) && isErrorType(body.error.type) ? body.error.type : typeOfStatus(status)
  return `${type} (${status})`
}

/** The upstream's own words of an error answer, with its code: `Rate limit reached (1302)`. They may quote the prompt. */
export function quoteOf(reply: Reply): string | undefined {
  const { message, code } = wordsOfJson(bodyOf(reply))
  if (message === undefined || code === undefined || message.includes(code)) return message
  return `${message} (${code})`
}

function bodyOf(reply: Reply): unknown {
  const held = heldBytes(reply)
  return held && held.length <= ERROR_LIMIT ? parseJson(held.toString('utf8')) : undefined
}

/** Notes why an error answer that came as a reply is one. */
export function noteRefusal(reply: Reply, { facts, attempts }: ExchangeRecord): void {
  const refusal = facts.error === undefined ? refusalOf(reply) : undefined
  if (refusal !== undefined)
    facts.error = `${attempts.length > 0 ? 'the upstream' : 'a plugin'} reported ${refusal}`
}
