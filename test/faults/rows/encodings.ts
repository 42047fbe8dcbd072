import zlib, { brotliCompressSync, gzipSync } from 'node:zlib'
import { message, messageEvents } from '../../support/messages.js'
import { compressed, type Encoding, hangUp, head, respond, type Script, write } from '../../support/script.js'
import { frames } from '../../support/sse-bytes.js'
import { ANSWER, byKind, failed, type Row, refused, WHOLE, whole } from '../row.js'

const STREAM = { 'content-type': 'text/event-stream' }
const JSON_TYPE = { 'content-type': 'application/json' }
const SSE = Buffer.concat(frames(messageEvents({ text: ANSWER })))
const BODY = Buffer.from(JSON.stringify(message({ text: ANSWER })))

/** Both kinds of answer, in an encoding that may be another than the header claims. */
const encoded = (encoding: Encoding, claim: string = encoding): Row['answers'] =>
  byKind(
    compressed(SSE, encoding, { claim, headers: STREAM }),
    compressed(BODY, encoding, { claim, headers: JSON_TYPE }),
  )

const readable = (upstream: string, answers: Row['answers']): Row => ({
  upstream,
  answers,
  stream: whole,
  json: whole,
  second: WHOLE,
})

const unreadable = (upstream: string, answers: Row['answers'], message: string): Row => {
  const outcome = failed(502, 'api_error', message)
  return { upstream, answers, stream: outcome, json: outcome, second: WHOLE }
}

const unknown = (upstream: string, answers: Row['answers'], message: string): Row => {
  const outcome = refused(message)
  return { upstream, answers, stream: outcome, json: outcome, second: WHOLE }
}

/** Half of the compressed bytes, then a closed connection. */
function half(bytes: Buffer, headers: Record<string, string>): Script {
  const zipped = gzipSync(bytes)
  const fields = { ...headers, 'content-encoding': 'gzip' }
  return [head(200, fields), write(zipped.subarray(0, zipped.length >> 1)), hangUp()]
}

/** Twice compressed, undone in reverse order (RFC 9110 §8.4). */
const twice = (bytes: Buffer, headers: Record<string, string>) =>
  respond(200, brotliCompressSync(gzipSync(bytes)), {
    headers: { ...headers, 'content-encoding': 'gzip, br' },
  })

export const encodingRows: readonly Row[] = [
  readable('compresses with gzip', encoded('gzip')),
  readable('compresses with deflate', encoded('deflate')),
  readable('compresses with br', encoded('br')),
  readable('compresses twice, with gzip and br', byKind(twice(SSE, STREAM), twice(BODY, JSON_TYPE))),
  {
    ...unknown(
      'compresses with zstd (Node before 22.15 cannot read it)',
      encoded('zstd'),
      "the upstream's answer is encoded as 'zstd', which this Node version can't read",
    ),
    skip: 'createZstdDecompress' in zlib,
  },
  unknown(
    'compresses with something that nobody knows',
    encoded('gzip', 'snappy'),
    "the upstream's answer is encoded as 'snappy', which this Node version can't read",
  ),
  unreadable(
    'says gzip and compresses with br',
    encoded('br', 'gzip'),
    "the upstream's answer is not valid gzip",
  ),
  unreadable(
    'says br and compresses with gzip',
    encoded('gzip', 'br'),
    "the upstream's answer is not valid br",
  ),
  unreadable(
    'says gzip and compresses nothing',
    byKind(
      respond(200, SSE, { headers: { ...STREAM, 'content-encoding': 'gzip' } }),
      respond(200, BODY, { headers: { ...JSON_TYPE, 'content-encoding': 'gzip' } }),
    ),
    "the upstream's answer is not valid gzip",
  ),
  {
    upstream: 'breaks off inside a compressed answer',
    answers: byKind(half(SSE, STREAM), half(BODY, JSON_TYPE)),
    stream: failed(502, 'api_error', 'HOST broke the connection (UND_ERR_SOCKET)'),
    json: failed(502, 'api_error', 'HOST broke the connection (UND_ERR_SOCKET)'),
    second: WHOLE,
  },
]

export const zstd = encoded('zstd')
