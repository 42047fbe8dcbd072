import type { ByteSource } from '../../core/index.js'

/** Chunks that wait to be read before the source is paused. */
const WAITING = 16

/** A source as the stream that a `Response` wants. Cancelling it closes the source's connection. */
export function webStream(source: ByteSource): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream(
    {
      start(controller) {
        source.pipe({
          data(chunk) {
            controller.enqueue(chunk as Uint8Array<ArrayBuffer>)
            if ((controller.desiredSize ?? 0) <= 0) source.pause()
          },
          end: () => controller.close(),
          error: (error) => controller.error(error),
        })
      },
      pull: () => source.resume(),
      cancel: () => source.cancel(),
    },
    { highWaterMark: WAITING },
  )
}
