import { UpstreamError } from '../../core/errors.js'
import { StreamEvent } from '../../core/sse/event.js'
import type { ByteSink, ByteSource } from '../../core/stream.js'
import { Heart } from './heart.js'

export interface GuardOptions {
  /** Milliseconds without a byte from the upstream before a comment keeps the client's connection alive; 0: never. */
  readonly heartbeat: number
  /** What a client sees of a stream that broke: `reset`, the bare truth, or an `event: error` and a clean end. */
  readonly onBreak: 'reset' | 'error-event'
}

/**
 * A stream that is never silent and never lies: comments while the upstream thinks, an `event: error` for one that stalled,
 * and for one that broke what `onBreak` says. A clean end without `message_stop` stays the clean end that it was.
 */
export function guarded(source: ByteSource, options: GuardOptions): ByteSource {
  let heart: Heart | undefined
  return {
    pause: () => source.pause(),
    resume: () => source.resume(),
    cancel() {
      heart?.stop()
      source.cancel()
    },
    pipe(sink: ByteSink) {
      const beat = new Heart(options.heartbeat, sink)
      heart = beat
      source.pipe({
        data(chunk) {
          beat.saw(chunk)
          sink.data(chunk)
        },
        end() {
          beat.stop()
          sink.end()
        },
        error(error) {
          beat.stop()
          finish(error, beat, sink, options.onBreak)
        },
      })
    },
  }
}

function finish(error: Error, heart: Heart, sink: ByteSink, onBreak: GuardOptions['onBreak']): void {
  const stalled = UpstreamError.is(error) && error.failure === 'timeout'
  // Inside a half-sent event an error event would be read as part of it.
  if (!heart.atLineStart || !(stalled || onBreak === 'error-event')) {
    sink.error(error)
    return
  }
  const message = stalled
    ? 'the upstream stalled: it sent nothing for longer than plugins.stream-guard.idleTimeout; the answer so far is incomplete'
    : `the upstream broke the stream; the answer so far is incomplete`
  const type = stalled ? 'overloaded_error' : 'api_error'
  sink.data(Buffer.concat([heart.closing, StreamEvent.of({ type: 'error', error: { type, message } }).raw]))
  sink.end()
}
