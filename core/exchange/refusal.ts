import type { Reply } from '../contract/reply.js'
import { isErrorBody, isErrorType, typeOfStatus } from '../errors/api-errors.js'
import { parseJson } from '../json/plain.js'

/** A larger error is not decoded for the sake of a log line. */
const ERROR_LIMIT = 64 * 1024

/** An error answer by its type and status; undefined for a good one. Its words stay out, since they may quote the prompt. */
export function refusalOf({ status, held }: Pick<Reply, 'status' | 'held'>): string | undefined {
  if (status < 400) return undefined
  const body = held && held.length <= ERROR_LIMIT ? parseJson(held.toString('utf8')) : undefined
  const type = isErrorBody(body) && isErrorType(body.error.type) ? body.error.type : typeOfStatus(status)
  return `${type} (${status})`
}
