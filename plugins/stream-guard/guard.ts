import {
  type ByteSink,
  type ByteSource,
  type ExchangeRecord,
  StreamEvent,
  UpstreamError,
} from '../../core/index.js'
import { isReported } from '../../core/kit.js'
import { Heartbeat } from './heartbeat.js'
import { MessageStop } from './message-stop.js'

export interface GuardOptions {
  /** Milliseconds without a byte from the upstream before a comment keeps the client's connection alive; 0: never. */
  readonly heartbeat: number
  /** What a client sees of a stream that broke: `reset`, the bare truth, or an `event: error` and a clean end. */
  readonly onBreak: 'reset' | 'error-event'
  readonly record: ExchangeRecord
}

/**
 * Milliseconds that a stream may go on after `message_stop`. Clients wait for the stream's end, so an upstream that forgets
 * it would hold them until `idleTimeout`; one that ends it lets its connection be used again.
 */
const LINGER = 1_000

/**
 * A stream that is never silent and never lies: comments while the upstream thinks, an `event: error` for one that stalled,
 * and for one that broke what `onBreak` says. A clean end without `message_stop` stays the clean end that it was. After
 * `message_stop` the answer is whole, and ends cleanly whatever the upstream's connection does.
 */
export function guarded(source: ByteSource, options: GuardOptions): ByteSource {
  let stop = () => {}
  let heartbeat: Heartbeat | undefined
  return {
    pause() {
      heartbeat?.pause()
      source.pause()
    },
    resume() {
      heartbeat?.resume()
      source.resume()
    },
    cancel() {
      stop()
      source.cancel()
    },
    pipe(sink: ByteSink) {
      const { facts } = options.record
      const onBeat = () => {
        facts.heartbeats = (facts.heartbeats ?? 0) + 1
      }
      const beat = new Heartbeat(options.heartbeat, sink, onBeat)
      heartbeat = beat
      const sign = new MessageStop()
      let linger: NodeJS.Timeout | undefined
      let over = false
      stop = () => {
        over = true
        beat.stop()
        clearTimeout(linger)
      }
      const end = () => {
        if (over) return
        stop()
        sink.end()
      }
      source.pipe({
        data(chunk) {
          if (over) return
          beat.saw(chunk)
          sink.data(chunk)
          if (!linger && sign.saw(chunk)) {
            beat.stop()
            linger = setTimeout(() => {
              source.cancel()
              end()
            }, LINGER).unref()
          }
        },
        end,
        error(error) {
          if (linger) return end()
          stop()
          finish(error, beat, sink, options.onBreak)
        },
      })
    },
  }
}

function finish(error: Error, heartbeat: Heartbeat, sink: ByteSink, onBreak: GuardOptions['onBreak']): void {
  const stalled = UpstreamError.is(error) && error.failure === 'timeout'
  if (isReported(error)) {
    sink.error(error)
    return
  }
  // Inside a half-sent event an error event would be read as part of it.
  if (!heartbeat.atLineStart || !(stalled || onBreak === 'error-event')) {
    sink.error(error)
    return
  }
  const message = stalled
    ? 'the upstream stalled: it sent nothing for longer than plugins.stream-guard.idleTimeout; the answer so far is incomplete'
    : `the upstream broke the stream; the answer so far is incomplete`
  const type = stalled ? 'overloaded_error' : 'api_error'
  sink.data(
    Buffer.concat([heartbeat.closing, StreamEvent.of({ type: 'error', error: { type, message } }).raw]),
  )
  sink.end()
}
