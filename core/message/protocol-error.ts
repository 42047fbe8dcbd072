import { UpstreamError } from '../errors/gateway-errors.js'

export function protocolError(what: string, cause?: unknown): UpstreamError {
  return new UpstreamError('protocol', `the upstream sent ${what}`, { cause })
}
