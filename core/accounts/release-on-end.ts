import type { ByteSink, ByteSource } from '../contract/http.js'
import type { Reply } from '../contract/reply.js'
import { heldBytes } from '../exchange/inner.js'

interface Releasable {
  release(): void
}

/** The same reply; releases once its body has ended, broken or been given up. At once for one that is whole. */
export function releaseOnEnd(reply: Reply, place: Releasable): Reply {
  if (!heldBytes(reply)) return reply.with({ source: new ReleasingSource(reply.source(), place) })
  place.release()
  return reply
}

class ReleasingSource implements ByteSource, ByteSink {
  #sink: ByteSink | undefined

  constructor(
    private readonly source: ByteSource,
    private readonly place: Releasable,
  ) {}

  pipe(sink: ByteSink): void {
    this.#sink = sink
    this.source.pipe(this)
  }

  pause(): void {
    this.source.pause()
  }

  resume(): void {
    this.source.resume()
  }

  cancel(): void {
    this.place.release()
    this.source.cancel()
  }

  data(chunk: Buffer): void {
    this.#sink!.data(chunk)
  }

  end(): void {
    this.place.release()
    this.#sink!.end()
  }

  error(error: Error): void {
    this.place.release()
    this.#sink!.error(error)
  }
}
