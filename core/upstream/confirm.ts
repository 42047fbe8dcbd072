import type { Awaitable } from '../contract/awaitable.js'
import type { Call, RouteName, StreamLimits } from '../contract/call.js'
import type { ByteSource } from '../contract/http.js'
import { embeddedError, errorInEvent } from '../errors/embedded-error.js'
import { UpstreamError } from '../errors/gateway-errors.js'
import { Reply } from '../exchange/reply.js'
import { isRecord, parseJson } from '../json/plain.js'
import { PassThrough } from '../stream/pass-through.js'
import { FrameDecoder } from '../stream/sse-decoder.js'
import { looksLikeEvents, StreamEvent } from '../stream/sse-event.js'
import { Odd, Quiet } from './unconfirmed.js'

/** What may yet become a stream under a wrong content type: bytes come in any pieces. */
const MAY_BE_EVENTS = /^[\ufeff\ufffd]*[\r\n]*[a-z]{0,5}$/
/** JSON is read to its end, as it may be an error in words that clients act on; no honest one is larger. */
const MAY_BE_ERROR = /^\s*\{/
const ODD_LIMIT = 64 * 1024

/**
 * A good answer counts once it is certain: a stream by its first event, a JSON answer when it is whole. Without limits only
 * what is held already is looked at. Rejects with an UpstreamError, whose `cause` is the upstream's error if it sent one.
 */
export function confirm(reply: Reply, { limits, stream, route }: Call): Awaitable<Reply> {
  if (reply.isCertain) return reply // a plugin may ask before `retry-rotate` does
  if (limits) return stream ? firstEvent(reply, limits) : wholeMessage(reply, route)
  return reply.held && !reply.isEventStream ? wholeMessage(reply, route) : reply
}

/**
 * Waits until a stream has shown a real event, so that one which never does is a failed attempt and not an answer. Comments
 * and pings that came by then go first, if nobody has passed them on. Rejects with an UpstreamError for a stream that is
 * empty, is no event stream, begins with an error, breaks, or keeps silent too long.
 */
export function firstEvent(reply: Reply, limits: StreamLimits): Promise<Reply> {
  const source = reply.source()
  const passThrough = new PassThrough(source)
  const isEvents = reply.isEventStream
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () =>
        fail(
          new UpstreamError('timeout', `the upstream sent no event for ${limits.firstEventTimeout / 1000} s`),
        ),
      limits.firstEventTimeout,
    )
    let decided = false
    const decide = () => {
      decided = true
      clearTimeout(timer)
    }
    const fail = (error: Error) => {
      if (decided) return
      decide()
      source.cancel()
      reject(error)
    }
    const pass = () => {
      decide()
      const found = reply.withSource(passThrough).makeCertain()
      resolve(isEvents ? found : found.with({ headers: { 'content-type': 'text/event-stream' } }))
    }
    watch(source, passThrough, isEvents, { isDecided: () => decided, pass, fail, passOn: limits.passOn })
  })
}

/**
 * The whole of an answer that is no stream, once it is certain that it is one. Rejects with an UpstreamError for a 200 that
 * holds an error, and for what is no message: a web page, nothing, an event stream, other JSON, JSON that broke off.
 */
export async function wholeMessage(reply: Reply, route: RouteName): Promise<Reply> {
  const bytes = await reply.bytes()
  const body = parseJson(bytes)
  const error = embeddedError(body)
  if (error) throw error
  if (!isRecord(body) || (route === 'messages' && body.type !== 'message')) throw notMessage(bytes)
  // `bytes` has left the reply holding them.
  return reply.makeCertain(body)
}

interface Verdict {
  isDecided(): boolean
  pass(): void
  fail(error: Error): void
  readonly passOn: StreamLimits['passOn']
}

/** Feeds the relay from the first real event on. */
function watch(
  source: ByteSource,
  passThrough: PassThrough,
  isEvents: boolean,
  { isDecided, pass, fail, passOn }: Verdict,
): void {
  const decoder = new FrameDecoder()
  const quiet = new Quiet()
  /** Bytes that came, and those of them in frames that were looked at. */
  let came = 0
  let seen = 0
  /** False for a frame that says nothing yet. */
  const judge = (frame: Buffer): boolean => {
    const event = StreamEvent.parse(frame)
    if (!event.hasData || event.type === 'ping') return false
    const error = errorInEvent(event)
    if (error) fail(error)
    else if (event.malformed)
      fail(new UpstreamError('protocol', 'the upstream sent an event that is not JSON'))
    else {
      for (const each of quiet.frames) passThrough.data(each)
      passThrough.data(frame)
      pass()
    }
    return true
  }
  const onFrame = (frame: Buffer): boolean => {
    seen += frame.length
    if (judge(frame)) return true
    if (!passOn?.(frame)) quiet.keep(frame)
    return false
  }
  const decode = (chunk: Buffer) => {
    came += chunk.length
    try {
      decoder.push(chunk, onFrame)
    } catch (cause) {
      return fail(new UpstreamError('protocol', 'the upstream sent an event that is too large', { cause }))
    }
    // The first event was in this chunk; what follows it was not cut into frames.
    if (isDecided() && seen < came) passThrough.data(chunk.subarray(chunk.length - (came - seen)))
  }
  /** What came under another content type, until it shows what it is. */
  let odd = isEvents ? undefined : new Odd()
  source.pipe({
    data(chunk) {
      if (isDecided()) return passThrough.data(chunk)
      if (!odd) return decode(chunk)
      odd.keep(chunk)
      const { start } = odd
      if (looksLikeEvents(start)) {
        const events = odd.bytes
        odd = undefined
        decode(events)
      } else if (odd.length > ODD_LIMIT || !(MAY_BE_ERROR.test(start) || MAY_BE_EVENTS.test(start))) {
        fail(notEvents(odd.bytes))
      }
    },
    end() {
      if (!isDecided()) {
        if (odd) return fail(embeddedError(parseJson(odd.bytes)) ?? notEvents(odd.bytes))
        judge(decoder.rest()) // some upstreams leave out the last blank line
        fail(new UpstreamError('truncated', 'the upstream answered with an empty stream'))
      }
      passThrough.end()
    },
    error(error) {
      passThrough.error(error)
      fail(error)
    },
  })
}

function notEvents(chunk: Buffer): UpstreamError {
  return new UpstreamError(
    'protocol',
    `the upstream answered with ${kindOf(chunk)} instead of an event stream`,
  )
}

function notMessage(bytes: Buffer): UpstreamError {
  return new UpstreamError('protocol', `the upstream answered with ${kindOf(bytes)} instead of a message`)
}

function kindOf(bytes: Buffer): string {
  const start = bytes.toString('utf8', 0, 64)
  if (start === '') return 'nothing'
  if (/^\s*</.test(start)) return 'a web page'
  return looksLikeEvents(start) ? 'an event stream' : 'something else'
}
