import type { StreamEvent } from '../contract/http.js'
import { UpstreamError } from '../errors/gateway-errors.js'

/** The API that an answer or an event is of, where it is known and is not the Messages API. */
export function foreignApi(body: object): string | undefined {
  const { object, type, choices, candidates } = body as Readonly<Record<string, unknown>>
  if (/^(chat\.completion|text_completion|response)\b/.test(String(object ?? ''))) return 'OpenAI'
  if (Array.isArray(choices) || /^response\./.test(String(type ?? ''))) return 'OpenAI'
  return Array.isArray(candidates) ? 'Gemini' : undefined
}

/** Why an event can't be the first one of a Messages stream; undefined where it may be. */
export function foreignEvent(event: StreamEvent): UpstreamError | undefined {
  const api = foreignApi(event.data)
  if (!api && event.type !== '') return undefined
  const what = api ? `a stream of the ${api} API` : 'events of another kind'
  return new UpstreamError('shape', `the upstream answered with ${what} instead of a Messages stream`)
}
