import { answer, anthropicUpstream } from '../support/anthropic-upstream.js'
import type { Handler, SeenRequest } from '../support/bad-upstream.js'

/** What the user asks for and what the model says; the words are unlikely enough to be found anywhere. */
export const CHAT = { prompt: 'Say the word kormidlo.', answer: 'The word is kormidlo.' }
export const TOOL = {
  prompt: 'Run the marker command for me.',
  command: 'echo agproxy-$((40+2))',
  output: 'agproxy-42',
  answer: 'The shell printed the marker forty-two.',
}

interface Body {
  readonly messages: readonly { readonly role: string; readonly content: unknown }[]
  readonly tools?: readonly { readonly name: string }[]
}

/** Plays the model: answers the chat prompt, asks for the Bash tool, and tells what the tool printed. */
export const assistant: Handler = anthropicUpstream((request) => {
  if (!isMain(request)) return answer({ text: 'ok' }, request)
  if (toolResult(request)?.includes(TOOL.output)) return answer({ text: TOOL.answer }, request)
  if (!lastUser(request).includes(TOOL.prompt)) return answer({ text: CHAT.answer }, request)
  const input = { command: TOOL.command, description: 'Print a marker' }
  return answer({ text: 'Running it.', toolUse: { name: 'Bash', input } }, request)
})

/** A turn of the conversation, and none of the side requests (titles, warm-ups, probes, summaries of commands). */
export function isMain(request: SeenRequest): boolean {
  if (request.method !== 'POST' || request.url.split('?')[0] !== '/v1/messages') return false
  if (!request.json<Body>().tools?.some((tool) => tool.name === 'Bash')) return false
  const text = lastUser(request)
  return text.includes(CHAT.prompt) || text.includes(TOOL.prompt) || toolResult(request) !== undefined
}

/** The last tool result that the request brings, as JSON text. */
export function toolResult(request: SeenRequest): string | undefined {
  const last = request.json<Body>().messages.findLast((message) => message.role === 'user')
  if (!Array.isArray(last?.content)) return undefined
  const block = last.content.findLast((content) => content.type === 'tool_result')
  return block && JSON.stringify(block.content)
}

function lastUser(request: SeenRequest): string {
  return JSON.stringify(request.json<Body>().messages.findLast((message) => message.role === 'user') ?? '')
}
