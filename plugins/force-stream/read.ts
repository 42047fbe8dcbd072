import { type ByteSource, StreamEvent, UpstreamError } from '../../core/index.js'
import { type Cancellation, FrameDecoder, isKnownError, orCancelled } from '../../core/kit.js'
import { protocolError } from './errors.js'
import { MessageFold } from './fold.js'

/** Bytes that one answer's stream may have. A million tokens, one an event, are about 150 MB; memory holds only the message. */
const STREAM_LIMIT = 512 * 1024 * 1024

/**
 * Milliseconds that a stream may go on after `message_stop`. Reading it to its end lets the connection be used again,
 * and a cancelled one costs the next request a TLS handshake; an upstream that never ends it is cut off.
 */
const LINGER = 1_000

/**
 * Reads a stream into its message, as JSON text. Rejects with an UpstreamError when the stream breaks, lies or ends early, with a
 * ClientGoneError as soon as the request is cancelled; the stream is cancelled in each case.
 *
 * Pushed rather than `reply.events()`: waiting there for an upstream that says nothing could not be interrupted.
 */
export function readMessage(source: ByteSource, cancellation: Cancellation): Promise<string> {
  return orCancelled(cancellation, (resolve, reject) => {
    const fold = new MessageFold()
    const decoder = new FrameDecoder()
    let size = 0
    let settled = false
    let linger: NodeJS.Timeout | undefined

    const take = (frame: Buffer) => {
      if (settled) return
      const event = StreamEvent.parse(frame)
      if (event.hasData) fold.push(event)
      if (!fold.done) return
      const message = fold.result()
      linger = setTimeout(() => source.cancel(), LINGER).unref()
      resolve(message)
    }
    const attempt = (run: () => void) => {
      try {
        run()
      } catch (error) {
        reject(isKnownError(error) ? error : protocolError('a stream that cannot be read', error))
      }
    }

    source.pipe({
      data(chunk) {
        if (settled) return
        size += chunk.length
        if (size > STREAM_LIMIT) return reject(protocolError(`a stream of more than ${STREAM_LIMIT} bytes`))
        attempt(() => decoder.push(chunk, take))
      },
      end() {
        clearTimeout(linger)
        if (settled) return
        attempt(() => {
          // Some upstreams leave out the last blank line. A frame that was cut is no JSON, and so no `message_stop`.
          const rest = StreamEvent.parse(decoder.rest())
          if (rest.hasData && !rest.malformed) take(rest.raw)
          if (!settled) fold.result()
        })
      },
      error(error) {
        clearTimeout(linger)
        reject(
          isKnownError(error)
            ? error
            : new UpstreamError('reset', 'the upstream broke its stream', { cause: error }),
        )
      },
    })
    return () => {
      settled = true
      if (!linger) source.cancel()
    }
  })
}
