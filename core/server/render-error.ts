import { errorBody } from '../errors/api-errors.js'
import { GatewayError, PluginError, ReportedError, UpstreamError } from '../errors/gateway-errors.js'
import { Reply } from '../exchange/reply.js'

/** Any error as the Anthropic-shaped answer to the client: nothing of a stack, a cause or a plugin's own words. */
export function renderError(error: unknown, requestId: string): Reply {
  if (ReportedError.is(error)) return renderError(error.cause, requestId)
  const headers = { 'request-id': requestId }
  if (GatewayError.is(error)) {
    const { type, message, status } = error
    return Reply.json(errorBody(type, message, requestId), {
      status,
      headers: { ...headers, ...error.headers },
    })
  }
  if (UpstreamError.is(error)) {
    return Reply.json(errorBody(error.type, error.message, requestId), { status: error.status, headers })
  }
  const message = PluginError.is(error) ? error.message : 'the gateway failed; its log has the details'
  // A bug stays a bug: eleven more attempts of the client only make the wait longer.
  return Reply.json(errorBody('api_error', message, requestId), {
    status: 500,
    headers: { ...headers, 'x-should-retry': 'false' },
  })
}
