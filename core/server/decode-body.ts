import { promisify } from 'node:util'
import zlib from 'node:zlib'
import { GatewayError } from '../errors/gateway-errors.js'

type Decode = (bytes: Buffer, options: { maxOutputLength: number; chunkSize: number }) => Promise<Buffer>

const inflate: Decode = promisify(zlib.inflate)
const inflateRaw: Decode = promisify(zlib.inflateRaw)
/** node:zlib has it since Node 22.15. */
const { zstdDecompress } = zlib as { zstdDecompress?: Parameters<typeof promisify>[0] }

const DECODERS: Readonly<Record<string, Decode | undefined>> = {
  gzip: promisify(zlib.gunzip),
  'x-gzip': promisify(zlib.gunzip),
  // RFC 9110 §8.4.1.2: zlib's format, which some clients leave out.
  deflate: (bytes, options) => (hasZlibHeader(bytes) ? inflate : inflateRaw)(bytes, options),
  br: promisify(zlib.brotliDecompress),
  zstd: zstdDecompress && (promisify(zstdDecompress) as unknown as Decode),
}

/** Encodings one over the other; each can be as dear as the body is long. */
const MOST = 2
/** Bytes that zlib hands over at a time; its own 16 kB would be 2,000 turns of the event loop for 32 MB. */
const CHUNK = 256 * 1024

/** The names in a `content-encoding`, without `identity`. Throws a 415 for what can't be undone here. */
export function encodingsOf(header: string | undefined): readonly string[] {
  if (header === undefined) return []
  const names = header.toLowerCase().split(',')
  const encodings = names.map((name) => name.trim()).filter((name) => name !== '' && name !== 'identity')
  if (encodings.length > MOST)
    throw refused(
      `the body is encoded ${encodings.length} times (content-encoding), and at most ${MOST} are undone`,
    )
  for (const name of encodings) {
    if (Object.hasOwn(DECODERS, name) && DECODERS[name]) continue
    const shown = name.slice(0, 50).replace(/[^\x20-\x7e]/g, '?')
    throw refused(
      name === 'zstd'
        ? `content-encoding: zstd needs Node 22.15 or later, and the gateway runs on ${process.version}`
        : `content-encoding: found '${shown}'`,
    )
  }
  return encodings
}

/**
 * The body without its encodings, the last one first (RFC 9110 §8.4). Rejects with a 413 once more than `limit` bytes come
 * out, with a 400 for bytes that are not what the header says.
 */
export async function decodeBody(body: Buffer, encodings: readonly string[], limit: number): Promise<Buffer> {
  let bytes = body
  for (const name of [...encodings].reverse()) {
    if (bytes.length === 0) break
    try {
      bytes = await DECODERS[name]!(bytes, { maxOutputLength: limit, chunkSize: CHUNK })
    } catch (error) {
      throw failure(error as NodeJS.ErrnoException, name, limit)
    }
  }
  return bytes
}

function hasZlibHeader(bytes: Buffer): boolean {
  return bytes.length > 1 && (bytes[0]! & 0x0f) === 8 && bytes.readUInt16BE(0) % 31 === 0
}

function failure(cause: NodeJS.ErrnoException, name: string, limit: number): GatewayError {
  if (cause.code === 'ERR_BUFFER_TOO_LARGE') {
    const message = `the ${name} body unpacks to more bytes than server.bodyLimit (${limit})`
    return new GatewayError('request_too_large', message, { code: 'AGP_BODY_TOO_LARGE', retry: false })
  }
  if (/MEM|ALLOC/.test(cause.code ?? ''))
    return new GatewayError('api_error', `the gateway has no memory to unpack the body (${cause.code})`, {
      code: 'AGP_OUT_OF_MEMORY',
      cause,
    })
  const message = `the body is not valid ${name}, as its content-encoding says`
  return new GatewayError('invalid_request_error', message, {
    code: 'AGP_BODY_ENCODING',
    retry: false,
    cause,
  })
}

function refused(found: string): GatewayError {
  const known = Object.keys(DECODERS).filter((name) => DECODERS[name] && name !== 'x-gzip')
  const message = `${found}; allowed: ${known.join(', ')}, or none`
  return new GatewayError('invalid_request_error', message, {
    code: 'AGP_BODY_ENCODING',
    status: 415,
    retry: false,
    headers: { 'accept-encoding': known.join(', ') }, // RFC 9110 §12.5.3
  })
}
