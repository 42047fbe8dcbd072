import type { StreamLimits } from './call.js'
import { UpstreamError } from './errors.js'
import { isErrorBody, statusOfType } from './protocol/errors.js'
import { Relay } from './relay.js'
import { Reply } from './reply.js'
import { FrameDecoder } from './sse/decoder.js'
import { StreamEvent } from './sse/event.js'
import type { ByteSource } from './stream.js'

/** What begins a stream under a wrong content type, and what may yet become it: bytes come in any pieces. */
const LOOKS_LIKE_EVENTS = /^\ufeff?[\r\n]*(event|data|id|retry)?:/
const MAY_BE_EVENTS = /^[\ufeff\ufffd]*[\r\n]*[a-z]{0,5}$/
/** JSON is read to its end, as it may be an error in words that clients act on; no honest one is larger. */
const MAY_BE_ERROR = /^\s*\{/
const ERROR_LIMIT = 64 * 1024

/**
 * Waits until a stream has shown a real event, so that one which never does is a failed attempt and not an answer. What
 * came by then is kept and goes first. Rejects with an UpstreamError for a stream that is empty, is no event stream, begins
 * with `event: error`, breaks, or keeps silent too long.
 */
export function committed(reply: Reply, limits: StreamLimits): Promise<Reply> {
  const source = reply.source()
  const relay = new Relay(source)
  relay.holdLimit = Number.POSITIVE_INFINITY // a first event may be large
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
      relay.holdLimit = new Relay().holdLimit
    }
    const fail = (error: Error) => {
      if (decided) return
      decide()
      source.cancel()
      reject(error)
    }
    const pass = () => {
      decide()
      const headers = isEvents ? reply.headers : { ...reply.headers, 'content-type': 'text/event-stream' }
      resolve(Reply.stream(relay, { status: reply.status, headers }))
    }
    watch(source, relay, isEvents, { isDecided: () => decided, pass, fail })
  })
}

/**
 * The whole of an answer that is no stream, once it is certain that it is one. Rejects with an UpstreamError for a 200 that
 * holds an error, and for what is no message: a web page, nothing, an event stream, JSON that broke off.
 */
export async function wholeMessage(reply: Reply): Promise<Reply> {
  const bytes = await reply.bytes()
  let body: unknown
  try {
    body = JSON.parse(bytes.toString('utf8'))
  } catch {
    throw notMessage(bytes)
  }
  if (isErrorBody(body)) throw errorFrom(body)
  if (typeof body !== 'object' || body === null) throw notMessage(bytes)
  return Reply.bytes(bytes, reply)
}

interface Verdict {
  isDecided(): boolean
  pass(): void
  fail(error: Error): void
}

function watch(
  source: ByteSource,
  relay: Relay,
  isEvents: boolean,
  { isDecided, pass, fail }: Verdict,
): void {
  const decoder = new FrameDecoder()
  const onFrame = (frame: Buffer): boolean => {
    if (isDecided()) return true
    const event = StreamEvent.parse(frame)
    if (!event.hasData || event.type === 'ping') return false
    if (event.type === 'error') fail(errorOf(event))
    else if (event.malformed)
      fail(new UpstreamError('protocol', 'the upstream sent an event that is not JSON'))
    else pass()
    return true
  }
  const decode = (chunk: Buffer) => {
    try {
      decoder.push(chunk, onFrame)
    } catch (cause) {
      fail(new UpstreamError('protocol', 'the upstream sent an event that is too large', { cause }))
    }
  }
  /** What came under another content type, until it shows what it is. */
  let odd: Buffer | undefined = isEvents ? undefined : Buffer.alloc(0)
  source.pipe({
    data(chunk) {
      relay.data(chunk)
      if (isDecided()) return
      if (!odd) return decode(chunk)
      odd = Buffer.concat([odd, chunk])
      const start = odd.toString('utf8', 0, 16)
      if (LOOKS_LIKE_EVENTS.test(start)) {
        const events = odd
        odd = undefined
        decode(events)
      } else if (MAY_BE_ERROR.test(start) ? odd.length > ERROR_LIMIT : !MAY_BE_EVENTS.test(start)) {
        fail(notEvents(odd))
      }
    },
    end() {
      relay.end()
      if (odd) return fail(errorIn(odd) ?? notEvents(odd))
      onFrame(decoder.rest()) // some upstreams leave out the last blank line
      fail(new UpstreamError('truncated', 'the upstream answered with an empty stream'))
    },
    error(error) {
      relay.error(error)
      fail(error)
    },
  })
}

/** The error that an upstream sent as JSON under a good status. */
function errorIn(bytes: Buffer): UpstreamError | undefined {
  try {
    const body: unknown = JSON.parse(bytes.toString('utf8'))
    return isErrorBody(body) ? errorFrom(body) : undefined
  } catch {
    return undefined
  }
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
  return LOOKS_LIKE_EVENTS.test(start) ? 'an event stream' : 'something else'
}

/** `event: error` as the error that it would have been before the stream began. */
export function errorOf(event: StreamEvent): UpstreamError {
  return errorFrom(event.data as object)
}

function errorFrom({ error }: { error?: { type?: unknown; message?: unknown } }): UpstreamError {
  const type = typeof error?.type === 'string' ? error.type : 'api_error'
  const message = typeof error?.message === 'string' ? error.message : 'the upstream reported an error'
  return new UpstreamError('error-event', message, { type: type as never, status: statusOfType(type) })
}
