import { randomUUID } from 'node:crypto'
import type { EventData, MessageReply } from '../../core/index.js'

const TEXT = 'OK'
const USAGE = { input_tokens: 1, output_tokens: 1 }

/** The answer to a warm-up. Each has an id of its own: clients file what they got by id. */
export function warmupMessage(model: string): MessageReply {
  return {
    id: `msg_${randomUUID().replaceAll('-', '')}`,
    type: 'message',
    role: 'assistant',
    model,
    content: [{ type: 'text', text: TEXT }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: USAGE,
  }
}

/** The same answer as the six events of a one-block stream (https://docs.claude.com/en/api/messages-streaming). */
export function warmupEvents(model: string): EventData[] {
  const message = { ...warmupMessage(model), content: [], stop_reason: null }
  return [
    { type: 'message_start', message },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: TEXT } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: USAGE },
    { type: 'message_stop' },
  ]
}
