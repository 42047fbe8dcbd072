import type { ByteSink, ByteSource } from '../contract/http.js'
import type { Reply } from '../contract/reply.js'
import { heldBytes } from './inner.js'

/** Sees the bytes of an answer as they pass. */
export interface ReplyWatcher {
  data(chunk: Buffer): void
  /** With an error: it broke. Not called for an answer that is cancelled. */
  end?(error?: Error): void
}

/** The same reply, seen by a watcher; one whose bytes are here already is seen at once and stays as it is. */
export function watchReply(reply: Reply, watcher: ReplyWatcher): Reply {
  const held = heldBytes(reply)
  if (held) {
    watcher.data(held)
    watcher.end?.()
    return reply
  }
  const source = reply.source()
  const watched: ByteSource = {
    pause: () => source.pause(),
    resume: () => source.resume(),
    cancel: () => source.cancel(),
    pipe: (sink: ByteSink) =>
      source.pipe({
        data(chunk) {
          watcher.data(chunk)
          sink.data(chunk)
        },
        end() {
          watcher.end?.()
          sink.end()
        },
        error(error) {
          watcher.end?.(error)
          sink.error(error)
        },
      }),
  }
  return reply.with({ source: watched })
}
