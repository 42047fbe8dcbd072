import { GatewayError, UpstreamError } from '../errors/gateway-errors.js'

const CONNECT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'EPROTO',
])
const TIMEOUT = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'])
/** undici's HTTPParserError has no code, so its name is used instead. */
const PROTOCOL = /^(HPE_|HTTPParserError|UND_ERR_(RES_|HEADERS_OVERFLOW|NOT_SUPPORTED|INVALID))/
const TLS = /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/

const ADVICE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there: check the base URL and its port',
  ENOTFOUND: 'no such host: check the base URL and the network',
  EAI_AGAIN: 'the host name could not be resolved: check the network',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time: check the network, and HTTPS_PROXY if you need one',
}

/** undici's codes for the end of our own pool: the second Ctrl-C cut the answer, and not the upstream. */
const OWN_END = new Set(['UND_ERR_DESTROYED', 'UND_ERR_CLOSED'])

const BROKE_OFF = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'UND_ERR_SOCKET'])

/** The other side ended the connection. */
export const brokeOff = (error: Error): boolean => BROKE_OFF.has((error as NodeJS.ErrnoException).code ?? '')

/** V8 reserves 8 to 10 GB of address space for undici's parser, which is WebAssembly. */
const NO_ROOM = /Wasm memory/

/** An error of the connection in words that name the host and the cause, and hold nothing of the request. */
export function connectionError(error: Error, origin: string): UpstreamError | GatewayError {
  const cause = innermost(error)
  if (UpstreamError.is(cause)) return cause
  const code = (cause as NodeJS.ErrnoException).code ?? cause.name
  if (OWN_END.has(code)) {
    const message = 'the gateway was stopped before the answer was over'
    return new GatewayError('api_error', message, { code: 'AGP_GATEWAY_STOPPED', status: 503, cause })
  }
  if (NO_ROOM.test(cause.message)) {
    const message =
      'the gateway has too little address space for its connections (ulimit -v): start it with NODE_OPTIONS=--disable-wasm-trap-handler, or raise the limit'
    return new GatewayError('api_error', message, { code: 'AGP_OUT_OF_MEMORY', retry: false, cause })
  }
  const host = URL.canParse(origin) ? new URL(origin).host : origin
  if (TLS.test(code)) {
    return new UpstreamError(
      'connect',
      `no secure connection to ${host} (${code}): check its certificate and the base URL`,
      { cause },
    )
  }
  if (CONNECT.has(code)) {
    return new UpstreamError(
      'connect',
      `could not connect to ${host} (${code}); ${ADVICE[code] ?? 'check the network and the base URL'}`,
      { cause },
    )
  }
  if (TIMEOUT.has(code)) return new UpstreamError('timeout', `${host} did not answer in time`, { cause })
  if (PROTOCOL.test(code))
    return new UpstreamError('protocol', `${host} sent an answer that is not valid HTTP (${code})`, { cause })
  return new UpstreamError('reset', `${host} broke the connection (${code})`, { cause })
}

/** With several addresses for one host, Node reports an AggregateError; its first error says more. */
function innermost(error: Error): Error {
  if (UpstreamError.is(error)) return error // a proxy's, which has its words already
  const first = (error as AggregateError).errors?.[0]
  if (first instanceof Error) return innermost(first)
  return error.cause instanceof Error && !('code' in error) ? innermost(error.cause) : error
}
