import { isErrorBody, isErrorType, statusOfType } from './api-errors.js'
import { UpstreamError } from './gateway-errors.js'

/**
 * The error that an upstream put where a message or a first event belongs, under a good status: JSON with an `error` member,
 * as Anthropic's `{"type":"error","error":{…}}` and z.ai's `{"error":{"code":"1302","message":"…"}}`.
 */
export function embeddedError(body: unknown): UpstreamError | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  const { type, error } = body as { type?: unknown; error?: unknown }
  return error && type !== 'message' && type !== 'message_start' ? toUpstreamError(body) : undefined
}

/**
 * An error object as the failure that it would have been under its own status; one whose type says nothing is a 502. `cause`
 * is the object itself, for `errors`, which knows upstreams' codes.
 */
export function toUpstreamError(body: object): UpstreamError {
  const { error } = body as { error?: unknown }
  const said = (typeof error === 'object' && error !== null ? error : body) as Record<string, unknown>
  const message = [said.message, error].find((text) => typeof text === 'string' && text !== '')
  const known = isErrorBody(body) || isErrorType(said.type)
  const type = known ? (said.type as string) : 'api_error'
  return new UpstreamError('error-event', (message as string) ?? 'the upstream reported an error', {
    type: type as never,
    status: known ? statusOfType(type) : 502,
    cause: body,
  })
}
