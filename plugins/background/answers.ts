import { randomUUID } from 'node:crypto'
import { type Call, type MessageReply, Reply } from '../../core/index.js'
import { type Kind, lastText } from './kinds.js'

const WORDS = 6
const LONGEST = 50

/** The answer to a request beside the conversation, made here; undefined where nothing is known of what it wants. */
export function answerTo(kind: Kind, call: Call): Reply | undefined {
  const text = textFor(kind, call)
  if (text === undefined) return undefined
  const message = messageOf(call.model, text, kind === 'probe' ? 'max_tokens' : 'end_turn')
  return call.stream ? Reply.events(eventsOf(message, text)) : Reply.json(message)
}

function textFor(kind: Kind, call: Call): string | undefined {
  const messages = call.tree.get('messages')!.items()
  const asked = messages.find((message) => message.get('role')!.is('user'))
  switch (kind) {
    case 'title':
      return JSON.stringify({ title: titleOf(lastText(asked?.get('content')) ?? '') })
    case 'topic': {
      const answer = JSON.stringify({ isNewTopic: false, title: null })
      // Some versions begin the answer themselves.
      return lastText(messages.at(-1)!.get('content')) === '{' ? answer.slice(1) : answer
    }
    case 'probe':
      return '.'
    case 'other':
      return undefined
  }
}

/** The first words of what the user asked for. */
function titleOf(text: string): string {
  const words = text
    .slice(0, 2_000)
    .replaceAll(/<[^<>]{1,60}>/g, ' ')
    .trim()
    .split(/\s+/)
    .slice(0, WORDS)
  const title = words.join(' ').slice(0, LONGEST).trim()
  return title === '' ? 'New session' : title[0]!.toUpperCase() + title.slice(1)
}

function messageOf(model: string, text: string, stop_reason: string): MessageReply {
  return {
    id: `msg_${randomUUID().replaceAll('-', '')}`,
    type: 'message',
    role: 'assistant',
    model,
    content: [{ type: 'text', text }],
    stop_reason,
    stop_sequence: null,
    usage: { input_tokens: 1, output_tokens: 1 },
  }
}

/** The same as a stream of one block (https://docs.claude.com/en/api/messages-streaming). */
function eventsOf({ stop_reason, ...message }: MessageReply, text: string) {
  return [
    { type: 'message_start', message: { ...message, content: [], stop_reason: null } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage: message.usage },
    { type: 'message_stop' },
  ]
}
