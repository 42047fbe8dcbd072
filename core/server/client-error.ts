import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { errorBody } from '../errors/api-errors.js'
import { requestId } from './request-id.js'

const ANSWERS: Readonly<Record<string, { line: string; type: string; message: string }>> = {
  HPE_HEADER_OVERFLOW: {
    line: '431 Request Header Fields Too Large',
    type: 'invalid_request_error',
    message: 'the headers are larger than 16 kB',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    line: '408 Request Timeout',
    type: 'timeout_error',
    message: 'the request did not arrive in time (server.headersTimeout, server.requestTimeout)',
  },
}
const MALFORMED = {
  line: '400 Bad Request',
  type: 'invalid_request_error',
  message: 'what came is not valid HTTP',
}

/** Answers what never became a request in the shape that clients read, where Node would close without a word. */
export function answerClientErrors(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (!socket.writable || error.code === 'ECONNRESET') {
      socket.destroy()
      return
    }
    const { line, type, message } = ANSWERS[error.code ?? ''] ?? MALFORMED
    const id = requestId()
    const body = JSON.stringify(errorBody(type, message, id))
    const retry = line.startsWith('408') ? '' : 'x-should-retry: false\r\n'
    const head = `HTTP/1.1 ${line}\r\ncontent-type: application/json\r\nrequest-id: ${id}\r\n${retry}content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n`
    socket.end(head + body)
  })
}
