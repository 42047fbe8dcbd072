import type { ByteSink, ByteSource } from '../contract/http.js'
import { ReportedError, UpstreamError } from '../errors/gateway-errors.js'

/** A source of bytes that are already there. */
export function bytesSource(chunks: Iterable<Buffer>): ByteSource {
  return iterableSource(chunks)
}

/**
 * A source over any (async) iterable: for plugins that make a stream of their own. Pulls one item at a time, so
 * back-pressure reaches the generator; `cancel` runs its `finally` blocks.
 */
export function iterableSource(items: Iterable<Buffer> | AsyncIterable<Buffer>): ByteSource {
  let state: 'idle' | 'flowing' | 'done' = 'idle'
  let wake: (() => void) | undefined
  let paused = false
  const iterator =
    Symbol.asyncIterator in items
      ? items[Symbol.asyncIterator]()
      : (items as Iterable<Buffer>)[Symbol.iterator]()

  async function flow(sink: ByteSink): Promise<void> {
    try {
      for (;;) {
        if (paused) await new Promise<void>((resolve) => (wake = resolve))
        if (state === 'done') return
        const item = await iterator.next()
        if ((state as string) === 'done') return
        if (item.done) break
        sink.data(item.value)
      }
      state = 'done'
      sink.end()
    } catch (error) {
      if ((state as string) === 'done') return
      state = 'done'
      stop() // when it was the sink that threw
      sink.error(error as Error)
    }
  }

  const stop = () => void Promise.resolve(iterator.return?.()).catch(() => {})

  const go = () => {
    paused = false
    wake?.()
    wake = undefined
  }
  return {
    pipe(sink) {
      if (state !== 'idle') throw new Error('a stream can be read once')
      state = 'flowing'
      void flow(sink)
    },
    pause() {
      paused = true
    },
    resume: go,
    cancel() {
      if (state === 'done') return
      state = 'done'
      go()
      stop()
    },
  }
}

/** All bytes of a source, at most `limit`; beyond it the source is cancelled and the promise rejects with an UpstreamError. */
export function collect(source: ByteSource, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    source.pipe({
      data(chunk) {
        size += chunk.length
        if (size > limit) {
          source.cancel()
          reject(new UpstreamError('shape', `the upstream's answer has more than ${limit} bytes`))
          return
        }
        chunks.push(chunk)
      },
      end: () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)),
      error: (error) => reject(ReportedError.is(error) ? error.cause : error),
    })
  })
}

/** Pull form of a source. Leaving the loop early cancels the source. */
export async function* chunksOf(source: ByteSource): AsyncGenerator<Buffer> {
  let queue: Buffer[] = []
  let ended = false
  let failure: Error | undefined
  let wake: (() => void) | undefined
  const notify = () => {
    wake?.()
    wake = undefined
  }
  source.pipe({
    data(chunk) {
      queue.push(chunk)
      if (queue.length > 16) source.pause()
      notify()
    },
    end() {
      ended = true
      notify()
    },
    error(error) {
      failure = error
      notify()
    },
  })
  try {
    for (;;) {
      // All that came at a time: a list of 60,000 that is shifted for each would take 1 s.
      const chunks = queue
      queue = []
      if (chunks.length > 0) {
        yield* chunks
        source.resume()
      } else if (failure) throw failure
      else if (ended) return
      else await new Promise<void>((resolve) => (wake = resolve))
    }
  } finally {
    if (!ended && !failure) source.cancel()
  }
}
