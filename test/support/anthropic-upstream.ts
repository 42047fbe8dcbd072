import type { Handler } from './bad-upstream.js'
import { errorData, type MessageInit, message, messageEvents } from './messages.js'
import { json, type Script, sse } from './script.js'

/** An answer as the API gives it: a stream when the body asks for one, JSON otherwise. */
export function answer(init: MessageInit, request: { json(): object }): Script {
  const { stream, model } = request.json() as { stream?: boolean; model?: string }
  const full = { ...(model !== undefined && { model }), ...init }
  const headers = { 'request-id': 'req_upstream' }
  return stream ? sse(messageEvents(full), { headers }) : json(message(full), 200, { headers })
}

/** An error as the API gives it. */
export function failure(
  status: number,
  type: string,
  text: string,
  headers: Record<string, string> = {},
): Script {
  return json(errorData(type, text), status, { headers: { 'request-id': 'req_upstream', ...headers } })
}

/** A well-behaved upstream: answers messages with `reply`, counts 42 tokens and lists two models. */
export function anthropicUpstream(reply: MessageInit | Handler = { text: 'hello' }): Handler {
  return (request, n) => {
    const path = request.url.split('?')[0]
    if (path === '/v1/messages') {
      return typeof reply === 'function' ? reply(request, n) : answer(reply, request)
    }
    if (path === '/v1/messages/count_tokens') return json({ input_tokens: 42 })
    if (path === '/v1/models') {
      return json({
        data: ['claude-opus-5-5', 'claude-sonnet-5'].map((id) => ({
          type: 'model',
          id,
          display_name: id,
          created_at: '2026-01-01T00:00:00Z',
        })),
        has_more: false,
        first_id: 'claude-opus-5-5',
        last_id: 'claude-sonnet-5',
      })
    }
    return failure(404, 'not_found_error', `no route ${request.method} ${path}`)
  }
}
