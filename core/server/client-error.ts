import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { errorBody } from '../errors/api-errors.js'
import { requestId } from '../exchange/request-id.js'
import { Connection } from './connection.js'

interface Answer {
  /** Status and reason of the first line. */
  readonly line: string
  readonly type: string
  readonly message: string
  readonly headers?: string
}

const NO_RETRY = 'x-should-retry: false\r\n'

const ANSWERS: Readonly<Record<string, Answer>> = {
  HPE_HEADER_OVERFLOW: {
    line: '431 Request Header Fields Too Large',
    type: 'invalid_request_error',
    message: 'the headers are larger than 16 kB',
    headers: NO_RETRY,
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    line: '408 Request Timeout',
    type: 'timeout_error',
    message: 'the request did not arrive in time (server.headersTimeout, server.requestTimeout)',
  },
}
const MALFORMED: Answer = {
  line: '400 Bad Request',
  type: 'invalid_request_error',
  message: 'what came is not valid HTTP',
  headers: NO_RETRY,
}
const TUNNEL: Answer = {
  line: '405 Method Not Allowed',
  type: 'invalid_request_error',
  message: 'the gateway is no HTTP proxy: use its address as ANTHROPIC_BASE_URL, not as HTTPS_PROXY',
  headers: `allow: GET, HEAD, POST, DELETE, OPTIONS\r\n${NO_RETRY}`,
}

/** Milliseconds that a client gets to read the answer and to close, before its connection is destroyed. */
const LINGER = 1_000

/**
 * Answers in the shape that clients read what Node would answer without a body. A request without Host
 * is not among it any more: `RequestHandler` answers that one.
 */
export function answerClientErrors(server: Server): void {
  Object.assign(server, { requireHostHeader: false })
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (error.code === 'ECONNRESET') socket.destroy()
    else endWith(ANSWERS[error.code ?? ''] ?? MALFORMED, socket)
  })
  server.on('connect', (_req: IncomingMessage, socket: Duplex) => {
    socket.on('error', () => {}) // Node has taken its own listener off
    endWith(TUNNEL, socket)
    socket.resume()
  })
  server.on('checkExpectation', refuseExpectation)
}

/** The last answer on a connection. In the middle of another one it would become part of that body: the connection ends then. */
function endWith({ line, type, message, headers = '' }: Answer, socket: Duplex): void {
  const connection = Connection.of(socket)
  if (!socket.writable || connection.answering) {
    socket.destroy()
    return
  }
  connection.cancel()
  const id = requestId()
  const body = JSON.stringify(errorBody(type, message, id))
  socket.end(
    `HTTP/1.1 ${line}\r\ncontent-type: application/json\r\nrequest-id: ${id}\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
  setTimeout(() => socket.destroy(), LINGER).unref()
}

function refuseExpectation(_req: IncomingMessage, res: ServerResponse): void {
  const id = requestId()
  const message = 'the only expectation that is met is `Expect: 100-continue`: leave the header out'
  const body = Buffer.from(JSON.stringify(errorBody('invalid_request_error', message, id)))
  const headers = {
    'content-type': 'application/json',
    'content-length': body.length,
    'request-id': id,
    'x-should-retry': 'false',
  }
  res.writeHead(417, headers).end(body)
}
