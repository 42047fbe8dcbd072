import { Reply } from '../reply.js'
import type { ByteSource } from '../stream.js'

/** The same reply; `over` is called once when its body has ended, broken or been given up. At once for one that is whole. */
export function whenOver(reply: Reply, over: () => void): Reply {
  if (reply.held) {
    over()
    return reply
  }
  const source = reply.source()
  const watched: ByteSource = {
    pipe: (sink) =>
      source.pipe({
        data: (chunk) => sink.data(chunk),
        end() {
          over()
          sink.end()
        },
        error(error) {
          over()
          sink.error(error)
        },
      }),
    pause: () => source.pause(),
    resume: () => source.resume(),
    cancel() {
      over()
      source.cancel()
    },
  }
  return Reply.stream(watched, reply)
}
