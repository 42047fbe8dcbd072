import { type ByteSource, GatewayError, type Reply, StreamEvent, UpstreamError } from '../../core/index.js'
import { isErrorBody, PassThrough } from '../../core/kit.js'

/**
 * The stream of a reply that has not come yet: heartbeats alone until it does, then its bytes. As the client has a 200 by
 * then, an answer that is an error becomes an `event: error`, which clients treat as they treat the status.
 */
export function deferredStream(pending: Promise<Reply>): ByteSource {
  let paused = false
  const passThrough = new PassThrough({
    pause() {
      paused = true
    },
    resume() {
      paused = false
    },
    cancel() {}, // the call's own signal ends the attempts when the client disconnects
  })
  const tell = (type: string, message: string) => {
    passThrough.data(StreamEvent.of({ type: 'error', error: { type, message } }).raw)
    passThrough.end()
  }
  pending.then(
    async (reply) => {
      if (reply.ok && reply.isEventStream) {
        const source = reply.source()
        passThrough.control(source)
        if (paused) source.pause()
        source.pipe(passThrough)
        return
      }
      const body: unknown = await reply.json().catch(() => undefined)
      if (isErrorBody(body)) tell(body.error.type, body.error.message)
      else tell('api_error', `the upstream answered with status ${reply.status}`)
    },
    (error: unknown) => {
      if (GatewayError.is(error) || UpstreamError.is(error)) tell(error.type, error.message)
      else passThrough.error(error as Error)
    },
  )
  return passThrough
}
