import { UpstreamError } from '../../core/index.js'
import { statusOfType, typeOfStatus } from '../../core/kit.js'

export type Json = Record<string, unknown>

export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function protocolError(what: string, cause?: unknown): UpstreamError {
  return new UpstreamError('protocol', `the upstream sent ${what}`, { cause })
}

/**
 * An `error` event (or an error body under status 200) as the error that it means: the upstream's own words, since
 * clients act on them ("prompt is too long: …"), and the status that belongs to its type.
 */
export function errorOf(data: Json): UpstreamError {
  const error = isRecord(data.error) ? data.error : data
  const status = statusOfType(typeof error.type === 'string' ? error.type : '')
  const message =
    typeof error.message === 'string' ? error.message : 'the upstream reported an error inside its stream'
  return new UpstreamError('error-event', message, { status, type: typeOfStatus(status), cause: data })
}
