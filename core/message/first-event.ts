import { errorInEvent } from '../errors/embedded-error.js'
import { UpstreamError } from '../errors/gateway-errors.js'
import { isRecord, parseJson } from '../json/plain.js'
import { type SseEvent, saysNothing } from '../stream/sse-event.js'

/** Events that a Messages stream can't begin with. */
const LATER = new Set([
  'content_block_start',
  'content_block_delta',
  'content_block_stop',
  'message_delta',
  'message_stop',
])

/** What an event makes of a stream that has not begun. */
export type Beginning = 'stream' | 'message' | UpstreamError

/** Events that may come first although they are of a type that no list knows, or have none: an error may follow them as well. */
const MOST_ODD = 16
/** Characters of such an event; a larger one begins the stream, as all of them are kept until something does. */
const SMALL = 4_000

/**
 * Judges the events of a stream until it has begun: with an event of the Messages API, one that is a whole message, or one that
 * no answer begins with: an error of any envelope, the stream of another API, a stream without its beginning. What says nothing
 * is passed over, and so are events without a name that are no JSON or of no type, as the official SDK does.
 */
export class Beginnings {
  #odd: UpstreamError | undefined
  #count = 0

  /** Undefined for an event after which another one may begin the stream. */
  judge(event: SseEvent): Beginning | undefined {
    if (saysNothing(event)) return undefined
    const found = beginningOf(event)
    if (found !== ODD && found !== UNKNOWN) return found
    this.#odd ??= oddError(event)
    const mayGoOn = found === UNKNOWN || !event.isNamed
    return ++this.#count < MOST_ODD && mayGoOn ? undefined : this.#odd
  }

  /** What a stream is that ended before it began. */
  get ended(): UpstreamError {
    return this.#odd ?? new UpstreamError('truncated', 'the upstream answered with an empty stream')
  }
}

const ODD = 'odd'
/** Of a type that no list knows: what it may become is not said yet. */
const UNKNOWN = 'unknown'

function beginningOf(event: SseEvent): Beginning | typeof ODD | typeof UNKNOWN {
  const error = errorInEvent(event)
  if (error) return error
  if (event.malformed) return ODD
  const { type } = event.data
  if (type === 'message_start') return 'stream'
  if (LATER.has(type))
    return new UpstreamError('protocol', `the upstream sent a ${type} before message_start`)
  const api = foreignApi(event.data)
  if (api) return otherKind(`a stream of the ${api} API`)
  // `message` is also the name of an event without one (https://html.spec.whatwg.org/#event-stream-interpretation).
  if (type === 'message' && isMessage(parseJson(event.text))) return 'message'
  if (type === '' || type === 'message') return ODD
  return event.text.length <= SMALL ? UNKNOWN : 'stream'
}

function oddError(event: SseEvent): UpstreamError {
  if (event.malformed) return new UpstreamError('protocol', 'the upstream sent an event that is not JSON')
  return otherKind('events of another kind')
}

function otherKind(what: string): UpstreamError {
  return new UpstreamError('shape', `the upstream answered with ${what} instead of a Messages stream`)
}

/** True for a Messages answer. Some upstreams leave its type out. */
export function isMessage(body: unknown): boolean {
  if (!isRecord(body)) return false
  return (
    body.type === 'message' || (body.type === undefined && body.role === 'assistant' && 'content' in body)
  )
}

/** The API that an answer or an event is of, where it is known and is not the Messages API. */
export function foreignApi(body: object): string | undefined {
  const { object, type, choices, candidates } = body as Readonly<Record<string, unknown>>
  if (/^(chat\.completion|text_completion|response)\b/.test(String(object ?? ''))) return 'OpenAI'
  if (Array.isArray(choices) || /^response\./.test(String(type ?? ''))) return 'OpenAI'
  return Array.isArray(candidates) ? 'Gemini' : undefined
}
