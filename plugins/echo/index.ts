import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { type Call, type Content, defineUpstream, type MessageReply, Reply } from '../../core/index.js'
import { errorBody } from '../../core/kit.js'

/** Prints at most this much of the message back. */
const SHOWN = 400

/**
 * Answers offline, for a first try: no account, no network. Used only while no account is configured, or where an account
 * names it.
 */
export const echo = defineUpstream({
  name: 'echo',
  options: z.strictObject({
    /** What to do to get a real answer; follows the words that say it is offline. Default: names the variables to set. */
    advice: z
      .string()
      .default(
        'Set ZAI_API_KEY or AGPROXY_ANTHROPIC_API_KEY (or `accounts` in agproxy.config.ts) and restart to reach a model.',
      ),
  }),
  create: ({ options }) => ({
    accepts: { countTokens: false },
    precedence: 'offline',
    needsKey: false,
    models: () => [{ id: 'claude-echo', displayName: 'Echo (offline)' }],
    send(call) {
      if (call.route === 'count-tokens')
        return Reply.json(errorBody('not_found_error', 'echo does not count'), { status: 404 })
      const message = messageFor(call, options.advice)
      return call.stream ? Reply.events(eventsOf(message)) : Reply.json(message)
    },
  }),
})

function messageFor(call: Call, advice: string): MessageReply {
  const { model, messages, tools, system } = call.body
  const last = messages.findLast((m) => m.role === 'user')
  const heard = textOf(last?.content ?? '').slice(0, SHOWN)
  const text = [
    'agproxy is offline: no upstream account is configured, so this is an echo and no model was called.',
    advice,
    `Received: model ${model}, ${messages.length} message(s), ${tools?.length ?? 0} tool(s), ${system ? 'a' : 'no'} system prompt, ${call.bytes.length} bytes.`,
    `You said: ${heard || '(no text)'}`,
  ].join('\n')
  return {
    id: `msg_${randomUUID().replaceAll('-', '')}`,
    type: 'message',
    role: 'assistant',
    model,
    content: [{ type: 'text', text }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: Math.ceil(call.bytes.length / 4), output_tokens: Math.ceil(text.length / 4) },
  }
}

function textOf(content: Content): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content
    .map((block) => (block?.type === 'text' && typeof block.text === 'string' ? block.text : ''))
    .filter((text) => text && !text.startsWith('<system-reminder>'))
    .join('\n')
}

function* eventsOf(message: MessageReply) {
  const [block] = message.content
  yield {
    type: 'message_start',
    message: { ...message, content: [], stop_reason: null, usage: { ...message.usage, output_tokens: 1 } },
  }
  yield { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }
  yield { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: block!.text } }
  yield { type: 'content_block_stop', index: 0 }
  yield {
    type: 'message_delta',
    delta: { stop_reason: 'end_turn', stop_sequence: null },
    usage: { output_tokens: message.usage.output_tokens },
  }
  yield { type: 'message_stop' }
}
