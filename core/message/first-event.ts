import type { StreamEvent } from '../contract/http.js'
import { errorInEvent } from '../errors/embedded-error.js'
import { UpstreamError } from '../errors/gateway-errors.js'
import { isRecord, parseJson } from '../json/plain.js'

/** Events that a Messages stream can't begin with. */
const LATER = new Set([
  'content_block_start',
  'content_block_delta',
  'content_block_stop',
  'message_delta',
  'message_stop',
])

/** What the first event of a stream makes of it. Events of a type that no list knows may come first. */
export type Beginning = 'stream' | 'message' | UpstreamError

/**
 * Judges the first event that has data and is no ping: a stream begins, the event is a whole message, or there is no answer:
 * an error of any envelope, the stream of another API, or one without its beginning.
 */
export function beginningOf(event: StreamEvent): Beginning {
  const error = errorInEvent(event)
  if (error) return error
  if (event.malformed) return new UpstreamError('protocol', 'the upstream sent an event that is not JSON')
  const { type } = event.data
  if (type === 'message_start') return 'stream'
  if (LATER.has(type))
    return new UpstreamError('protocol', `the upstream sent a ${type} before message_start`)
  const api = foreignApi(event.data)
  // `message` is also the name of an event without one (https://html.spec.whatwg.org/#event-stream-interpretation).
  if (!api && type === 'message' && isMessage(parseJson(event.text))) return 'message'
  if (!api && type !== '' && type !== 'message') return 'stream'
  const what = api ? `a stream of the ${api} API` : 'events of another kind'
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
