import { message, messageEvents } from '../../support/messages.js'
import { end, hangUp, head, raw, respond, type Script, write } from '../../support/script.js'
import { frames } from '../../support/sse-bytes.js'
import { ANSWER, always, byKind, failed, once, type Row, SAME, WHOLE, whole } from '../row.js'

const STREAM = { 'content-type': 'text/event-stream' }
const JSON_TYPE = { 'content-type': 'application/json' }
const FRAMES = frames(messageEvents({ text: ANSWER }))
const SSE = Buffer.concat(FRAMES)
const BODY = Buffer.from(JSON.stringify(message({ text: ANSWER })))
const half = SSE.subarray(0, SSE.length >> 1)
const beforeHalf = FRAMES.filter(
  (_f, i) => Buffer.concat(FRAMES.slice(0, i + 1)).length <= half.length,
).length

const both = (script: (bytes: Buffer, headers: Record<string, string>) => Script): Row['answers'] =>
  byKind(script(SSE, STREAM), script(BODY, JSON_TYPE))

const CLOSED = failed(502, 'api_error', 'HOST broke the connection (UND_ERR_SOCKET)')

export const lengthRows: readonly Row[] = [
  {
    upstream: 'promises 100 bytes more than it sends, and closes the connection',
    answers: both((bytes, headers) => respond(200, bytes, { headers, length: bytes.length + 100 })),
    // The answer came whole, to its `message_stop`.
    stream: whole,
    json: CLOSED,
    folded: whole,
    second: WHOLE,
  },
  {
    upstream: 'sends half of what it promised, and closes the connection',
    answers: byKind(
      respond(200, half, { headers: STREAM, length: SSE.length }),
      respond(200, BODY.subarray(0, 50), { headers: JSON_TYPE, length: BODY.length }),
    ),
    sent: half,
    stream: once(`${beforeHalf} events and part of the next, then a broken connection`),
    json: CLOSED,
    second: SAME,
  },
  {
    upstream: 'sends more than it promised',
    answers: both((bytes, headers) =>
      respond(200, Buffer.concat([bytes, Buffer.alloc(50, ' ')]), { headers, length: bytes.length }),
    ),
    stream: whole,
    json: whole,
    second: WHOLE,
  },
  {
    upstream: 'promises 0 bytes and sends an answer',
    answers: both((bytes, headers) => respond(200, bytes, { headers, length: 0 })),
    stream: failed(502, 'api_error', 'the upstream answered with nothing instead of an event stream'),
    json: failed(502, 'api_error', 'the upstream answered with nothing instead of a message'),
    second: WHOLE,
  },
  {
    upstream: 'says nothing of the length and ends by closing the connection (HTTP/1.0)',
    answers: both((bytes, { 'content-type': type }) => [
      raw(`HTTP/1.0 200 OK\r\ncontent-type: ${type}\r\n\r\n`),
      raw(bytes),
      hangUp(),
    ]),
    stream: whole,
    json: whole,
    second: WHOLE,
  },
  {
    upstream: 'sends a chunk whose length is no number',
    answers: always([
      raw('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n'),
      raw(`${FRAMES[0]!.length.toString(16)}\r\n${FRAMES[0]}\r\nzz\r\n`),
      hangUp(),
    ]),
    sent: FRAMES[0]!,
    stream: once('1 event, then a broken connection'),
    folded: failed(502, 'api_error', 'HOST sent an answer that is not valid HTTP (HTTPParserError)'),
    second: SAME,
  },
  {
    upstream: 'states two lengths',
    answers: always([
      raw('HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!'),
      hangUp(),
    ]),
    stream: failed(
      502,
      'api_error',
      'HOST sent an answer that is not valid HTTP (UND_ERR_RES_CONTENT_LENGTH_MISMATCH)',
    ),
    json: failed(
      502,
      'api_error',
      'HOST sent an answer that is not valid HTTP (UND_ERR_RES_CONTENT_LENGTH_MISMATCH)',
    ),
    second: WHOLE,
  },
  {
    upstream: 'ends its answer with trailers',
    answers: both((bytes, headers) => [
      head(200, { ...headers, trailer: 'x-took' }),
      write(bytes),
      ({ res }) => res.addTrailers({ 'x-took': '5' }),
      end(),
    ]),
    stream: whole,
    json: whole,
    second: WHOLE,
  },
]
