import type { CallHead } from '../contract/call.js'
import { errorBody } from '../errors/api-errors.js'
import { GatewayError, PluginError, ReportedError, UpstreamError } from '../errors/gateway-errors.js'
import { Reply } from '../exchange/reply.js'

/**
 * Any error as the Anthropic-shaped answer to the client: nothing of a stack, a cause or a plugin's own words. What an
 * upstream said comes without the key that it was called with.
 */
export function renderError(error: unknown, head: Pick<CallHead, 'id' | 'record'>): Reply {
  if (ReportedError.is(error)) return renderError(error.cause, head)
  const { id: requestId, record } = head
  const headers = { 'request-id': requestId }
  if (GatewayError.is(error)) {
    const { type, message, status } = error
    return Reply.json(errorBody(type, record.masked(message), requestId), {
      status,
      headers: { ...headers, ...error.headers },
    })
  }
  if (UpstreamError.is(error)) {
    const body = errorBody(error.type, record.masked(error.message), requestId)
    const advice = error.failure === 'shape' ? { 'x-should-retry': 'false' } : {}
    return Reply.json(body, { status: error.status, headers: { ...headers, ...advice } })
  }
  const message = PluginError.is(error)
    ? `${error.message}; the gateway's log has the details`
    : 'the gateway failed; its log has the details'
  // A bug stays a bug: eleven more attempts of the client only make the wait longer.
  return Reply.json(errorBody('api_error', message, requestId), {
    status: 500,
    headers: { ...headers, 'x-should-retry': 'false' },
  })
}
