import type { Reply } from '../contract/reply.js'
import { isErrorBody, isErrorType, typeOfStatus } from '../errors/api-errors.js'
import { parseJson } from '../json/plain.js'
import { heldBytes } from './inner.js'

/** A larger error is not decoded for the sake of a log line. */
const ERROR_LIMIT = 64 * 1024

/** An error answer by its type and status; undefined for a good one. Its words stay out, since they may quote the prompt. */
export function refusalOf(reply: Reply): string | undefined {
  const { status } = reply
  if (status < 400) return undefined
  const held = heldBytes(reply)
  const body = held && held.length <= ERROR_LIMIT ? parseJson(held.toString('utf8')) : undefined
  const type = isErrorBody(body) && isErrorType(body.error.type) ? body.error.type : typeOfStatus(status)
  return `${type} (${status})`
}
