import { isRecord, type JsonRecord, parseJson } from '../json/plain.js'
import { isErrorType, typeOfStatus } from './api-errors.js'
import { UpstreamError } from './gateway-errors.js'
import { httpStatus, wordsOfJson } from './upstream-words.js'

/** `type` of an answer and of the events of one: no error, whatever else they hold. */
const ANSWERS = new Set([
  'message',
  'message_start',
  'message_delta',
  'message_stop',
  'content_block_start',
  'content_block_delta',
  'content_block_stop',
  'ping',
])

/**
 * The error that an upstream put where an answer or an event of one belongs, under a good status; undefined for what is
 * none. The one reader for JSON answers, first events and folded streams, so that all of them say the same.
 */
export function embeddedError(body: unknown): UpstreamError | undefined {
  const error = Array.isArray(body) ? body[0] : body
  return isRecord(error) && isError(error) ? toUpstreamError(body) : undefined
}

/**
 * An error body as the failure that it would have been under its own status; 502 where it names none. `cause` is the body,
 * for plugins that know the upstream's codes.
 */
export function toUpstreamError(body: unknown): UpstreamError {
  const { message = 'the upstream reported an error', status = 502 } = wordsOfJson(body)
  return new UpstreamError('error-event', message, {
    type: typeOfStatus(status),
    status,
    cause: body,
  })
}

/** An event as far as it has to be read to find an error in it; core/stream/sse-event.ts has the class. */
interface EventLike {
  readonly type: string
  readonly data: JsonRecord
  /** Its data as it came. */
  readonly text: string
}

/**
 * The error that a stream's event is: an `event: error` of any data, or any other whose data is an error body, whatever its
 * `event:` line says.
 */
export function errorInEvent(event: EventLike): UpstreamError | undefined {
  const isErrorEvent = event.type === 'error'
  if (!isErrorEvent && event.type === 'message_start' && isRecord(event.data.message)) return undefined
  const body = parseJson(event.text) ?? event.text
  return isErrorEvent ? toUpstreamError(body) : embeddedError(body)
}

function isError(body: JsonRecord): boolean {
  const { type } = body
  if (typeof type === 'string' && ANSWERS.has(type)) return false
  if (type === 'error' || body.object === 'error' || isErrorType(type)) return true
  if (says(body.error) || says(body.errors) || body.success === false) return true
  if (isRecord(body.base_resp) && Number(body.base_resp.status_code) !== 0) return true
  if (httpStatus(body.code) ?? httpStatus(body.status) ?? httpStatus(body.statusCode)) return true
  // An event of a type that no list knows may have words; an error's type says so, and a body of words alone is one.
  const mayBe = !type || (typeof type === 'string' && /(error|exception)$/i.test(type))
  return mayBe && (says(body.detail) || isText(body.message) || isText(body.msg))
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

function says(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0
  return isRecord(value) ? Object.keys(value).length > 0 : Boolean(value)
}
