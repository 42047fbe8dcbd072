import type { IncomingMessage } from 'node:http'
import { GatewayError } from '../errors/gateway-errors.js'
import { manyHosts } from './refusals.js'

export interface HeaderLimits {
  /** Bytes of names and values. */
  readonly headerLimit: number
  readonly headerCountLimit: number
}

/**
 * Refuses a request whose headers are too many or too large; Node would drop those past its own count without a word. Of two `Host`
 * headers it keeps the first: what stands before the gateway may have looked at the other.
 */
export function checkHeaders({ rawHeaders }: IncomingMessage, limits: HeaderLimits): void {
  const count = rawHeaders.length / 2
  if (count > limits.headerCountLimit) {
    throw tooMuch(`${count} headers came, and server.headerCountLimit is ${limits.headerCountLimit}`)
  }
  let size = 0
  let hosts = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!
    size += name.length + rawHeaders[i + 1]!.length + 4
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++
  }
  if (hosts > 1) throw manyHosts(hosts)
  if (size > limits.headerLimit)
    throw tooMuch(`the headers have ${size} bytes, and server.headerLimit is ${limits.headerLimit}`)
}

function tooMuch(message: string): GatewayError {
  return new GatewayError('invalid_request_error', message, {
    code: 'AGP_HEADERS_TOO_LARGE',
    status: 431,
    retry: false,
  })
}
