/** The error types of the Anthropic API and the HTTP status that each belongs to. */
const STATUS_OF = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
} as const

export type ErrorType = keyof typeof STATUS_OF

/** Own names only: the type is an upstream's text, and `constructor` is in every object. */
export function isErrorType(type: unknown): type is ErrorType {
  return typeof type === 'string' && Object.hasOwn(STATUS_OF, type)
}

export function statusOfType(type: string): number {
  return isErrorType(type) ? STATUS_OF[type] : 500
}

/** The error type that belongs to an HTTP status; any unlisted 4xx is the request's fault, any other the API's. */
export function typeOfStatus(status: number): ErrorType {
  for (const [type, code] of Object.entries(STATUS_OF)) if (code === status) return type as ErrorType
  if (status === 408) return 'timeout_error'
  return status >= 400 && status < 500 ? 'invalid_request_error' : 'api_error'
}

/**
 * The server, or a proxy before it, could not serve, and the same request may work a moment later. 520 to 527 are
 * Cloudflare's, which fronts api.anthropic.com.
 */
export function isServerFailure(status: number): boolean {
  return [408, 500, 502, 503, 504].includes(status) || (status >= 520 && status <= 527)
}

export interface ErrorBody {
  readonly type: 'error'
  readonly error: { readonly type: string; readonly message: string }
  readonly request_id?: string
}

export function errorBody(type: string, message: string, requestId?: string): ErrorBody {
  return { type: 'error', error: { type, message }, ...(requestId && { request_id: requestId }) }
}

/** True for a body in the Anthropic error shape: such a body is relayed as it is. */
export function isErrorBody(value: unknown): value is ErrorBody {
  const v = value as ErrorBody | null
  return (
    typeof v === 'object' &&
    v?.type === 'error' &&
    typeof v.error?.type === 'string' &&
    typeof v.error.message === 'string'
  )
}
