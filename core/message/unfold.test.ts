import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { messages } from '../../test/support/arbitrary-message.js'
import type { StreamEvent as StreamEventContract } from '../contract/http.js'
import { TapeNode } from '../json/node.js'
import { FrameDecoder } from '../stream/sse-decoder.js'
import { StreamEvent } from '../stream/sse-event.js'
import { MessageFold } from './fold.js'
import { unfold } from './unfold.js'

const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'glm-4.7',
  content: [{ type: 'text', text: 'hi' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 3, output_tokens: 2 },
}

function eventsOf(json: string): StreamEventContract[] {
  const events: StreamEventContract[] = []
  new FrameDecoder().push(unfold(TapeNode.parse(Buffer.from(json), 1_000)), (frame) => {
    events.push(StreamEvent.parse(frame))
  })
  return events
}

const dataOf = (message: object) => eventsOf(JSON.stringify(message)).map(({ data }) => data)

function folded(json: string): string {
  const fold = new MessageFold()
  for (const event of eventsOf(json)) fold.push(event)
  return fold.result()
}

describe('the stream of a message', () => {
  it('is the stream that the API would have sent', () => {
    const content = [
      { type: 'thinking', thinking: 'hm', signature: 'Eq' },
      { type: 'text', text: 'hi', citations: [{ type: 'page_location', page: 1 }] },
      { type: 'tool_use', id: 't', name: 'Bash', input: { command: 'ls' } },
      { type: 'redacted_thinking', data: 'x' },
    ]
    const details = { type: 'refusal' }
    const edits = { applied_edits: [] }
    const message = {
      ...MESSAGE,
      content,
      stop_reason: 'tool_use',
      stop_details: details,
      container: { id: 'c' },
    }
    const delta = (index: number, fields: object) => ({ type: 'content_block_delta', index, delta: fields })
    const start = (index: number, content_block: object) => ({
      type: 'content_block_start',
      index,
      content_block,
    })
    const stop = (index: number) => ({ type: 'content_block_stop', index })
    expect(dataOf({ ...message, context_management: edits })).toEqual([
      {
        type: 'message_start',
        message: {
          ...message,
          content: [],
          stop_reason: null,
          stop_details: null,
          container: null,
          context_management: null,
        },
      },
      start(0, { type: 'thinking', thinking: '', signature: '' }),
      delta(0, { type: 'thinking_delta', thinking: 'hm' }),
      delta(0, { type: 'signature_delta', signature: 'Eq' }),
      stop(0),
      start(1, { type: 'text', text: '', citations: [] }),
      delta(1, { type: 'text_delta', text: 'hi' }),
      delta(1, { type: 'citations_delta', citation: { type: 'page_location', page: 1 } }),
      stop(1),
      start(2, { type: 'tool_use', id: 't', name: 'Bash', input: {} }),
      delta(2, { type: 'input_json_delta', partial_json: '{"command":"ls"}' }),
      stop(2),
      start(3, { type: 'redacted_thinking', data: 'x' }),
      stop(3),
      {
        type: 'message_delta',
        delta: {
          stop_reason: 'tool_use',
          stop_sequence: null,
          stop_details: details,
          container: { id: 'c' },
        },
        usage: MESSAGE.usage,
        context_management: edits,
      },
      { type: 'message_stop' },
    ])
  })

  it('names each event', () => {
    for (const { type, data } of eventsOf(JSON.stringify(MESSAGE))) expect(type).toBe(data.type)
    expect(unfold(TapeNode.parse(Buffer.from(JSON.stringify(MESSAGE)), 9)).toString()).toMatch(
      /^event: message_start\ndata: \{/,
    )
  })

  it.each([
    ['no usage', { usage: undefined }, { input_tokens: 0, output_tokens: 0 }],
    ['a null usage', { usage: null }, { input_tokens: 0, output_tokens: 0 }],
  ])('has counters where the message has %s, as the SDK reads them', (_name, fields, usage) => {
    const data = dataOf({ ...MESSAGE, ...fields })
    expect(data[0]).toMatchObject({ message: { usage } })
    expect(data.at(-2)).toMatchObject({ usage })
  })

  it.each([
    ['nothing', []],
    ['null', null],
    ['left out', undefined],
    ['empty text', [{ type: 'text', text: '' }]],
    ['no text', [{ type: 'text', text: null }]],
    ['what is no block', [null, 'x', 3]],
  ])('is whole for content that is %s', (_name, content) => {
    const types = dataOf({ ...MESSAGE, content }).map(({ type }) => type)
    expect(types[0]).toBe('message_start')
    expect(types).not.toContain('content_block_delta')
    expect(types.slice(-2)).toEqual(['message_delta', 'message_stop'])
  })

  it('has a block for content that is one text', () => {
    expect(JSON.parse(folded(JSON.stringify({ ...MESSAGE, content: 'hi' })))).toEqual(MESSAGE)
  })

  it('says what kind of answer it is where the message does not', () => {
    const { type: _type, role: _role, ...rest } = MESSAGE
    expect(dataOf(rest)[0]).toMatchObject({ message: { type: 'message', role: 'assistant' } })
  })
})

describe('what is folded again', () => {
  it('is the same message, its keys in their order, however it is spelt', () => {
    fc.assert(
      fc.property(messages, fc.constantFrom(undefined, 1, '\t'), (message, space) => {
        const json = JSON.stringify(message)
        expect(JSON.parse(folded(JSON.stringify(message, null, space)))).toEqual(JSON.parse(json))
        expect(folded(json)).toBe(json)
      }),
    )
  })

  it('keeps numbers and escapes', () => {
    const input = '{"id":1234567890123456789,"x":1.0,"big":1e400,"s":"\\u00e9\\/"}'
    const json = JSON.stringify({ ...MESSAGE, content: [{ type: 'tool_use', id: 't', name: 'n', input: 0 }] })
    expect(folded(json.replace('"input":0', `"input":${input}`))).toContain(`"input":${input}`)
    expect(folded(json.replace('"input":0', '"input":{\n "a": 1.0\r\n}'))).toContain('"a": 1.0')
  })
})
