import { randomUUID } from 'node:crypto'
import type { Accepts } from '../../core/contract/accepts.js'
import type { Call as CallType } from '../../core/contract/call.js'
import type { MessagesRequest } from '../../core/contract/messages.js'
import type { Reply as ReplyType } from '../../core/contract/reply.js'
import { Call, type CallInit } from '../../core/exchange/call.js'
import { Reply } from '../../core/exchange/reply.js'
import { ACCEPTS } from '../../core/upstream/accepts.js'

/** An upstream that takes everything, as Anthropic does. */
export const ACCEPTS_ALL: Accepts = ACCEPTS

/** Makes a call as a client would send it. */
export function makeCall(body: Partial<MessagesRequest> = {}, init: Partial<CallInit> = {}): CallType {
  const full = { model: 'claude-sonnet-5', messages: [{ role: 'user', content: 'hi' }], ...body }
  return Call.of({ id: `req_${randomUUID()}`, bytes: Buffer.from(JSON.stringify(full)), ...init })
}

/** A message as an upstream answers it. */
export function messageReply(text = 'hello', fields: object = {}): ReplyType {
  return Reply.json({
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-5',
    content: [{ type: 'text', text }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 3, output_tokens: 2 },
    ...fields,
  })
}

/** Whether a request is a call, and not the body of one. */
export function isCall(value: object): value is CallType {
  return 'record' in value
}
