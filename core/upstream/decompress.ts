import type { Transform } from 'node:stream'
import zlib from 'node:zlib'
import type { ByteSink, ByteSource } from '../contract/http.js'
import type { Reply } from '../contract/reply.js'
import { UpstreamError } from '../errors/gateway-errors.js'
import { Reply as Replies } from '../exchange/reply.js'

type Decoder = () => Transform

// zstd came to node:zlib with 22.15; on older versions it is refused in words instead of relayed as noise.
const zstd = (zlib as { createZstdDecompress?: Decoder }).createZstdDecompress

const DECODERS: Readonly<Record<string, Decoder | undefined>> = {
  gzip: () => zlib.createGunzip(),
  'x-gzip': () => zlib.createGunzip(),
  deflate: () => zlib.createInflate(),
  br: () => zlib.createBrotliDecompress(),
  zstd,
}

/**
 * The reply with a readable body. We ask for `identity`, so this is for upstreams that compress all the same.
 * Encodings are undone in reverse order (RFC 9110 §8.4); one that we can't undo is an error, not noise for the client.
 */
export function decompressed(reply: Reply, source: ByteSource): Reply {
  const encodings = (reply.header('content-encoding') ?? '')
    .toLowerCase()
    .split(',')
    .map((e) => e.trim())
    .filter((e) => e && e !== 'identity')
  if (encodings.length === 0) return reply
  let plain = source
  for (const encoding of encodings.reverse()) {
    const decoder = Object.hasOwn(DECODERS, encoding) ? DECODERS[encoding] : undefined
    if (!decoder)
      throw new UpstreamError(
        'shape',
        `the upstream's answer is encoded as '${encoding}', which this Node version can't read`,
      )
    plain = through(plain, decoder(), encoding)
  }
  const headers = { ...reply.headers, 'content-encoding': undefined, 'content-length': undefined }
  return Replies.stream(plain, { status: reply.status, headers })
}

function through(source: ByteSource, decoder: Transform, encoding: string): ByteSource {
  let cancelled = false
  const cancel = () => {
    cancelled = true
    source.cancel()
    decoder.destroy()
  }
  return {
    pause: () => void decoder.pause(),
    resume: () => void decoder.resume(),
    cancel,
    pipe(sink: ByteSink) {
      const fail = (error: Error) => {
        if (cancelled) return
        cancel()
        sink.error(error)
      }
      decoder.on('data', (chunk: Buffer) => {
        try {
          sink.data(chunk)
        } catch (error) {
          fail(error as Error) // thrown on, it would be an error outside of every request
        }
      })
      decoder.on('end', () => !cancelled && sink.end())
      decoder.on('error', (cause) =>
        fail(new UpstreamError('protocol', `the upstream's answer is not valid ${encoding}`, { cause })),
      )
      decoder.on('drain', () => source.resume())
      source.pipe({
        data(chunk) {
          if (!decoder.write(chunk)) source.pause()
        },
        end: () => void decoder.end(),
        error: fail,
      })
    },
  }
}
