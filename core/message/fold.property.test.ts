import fc from 'fast-check'
import { expect, it } from 'vitest'
import { messages } from '../../test/support/arbitrary-message.js'
import { type EventData, StreamEvent } from '../index.js'
import { MessageFold } from './fold.js'

type Message = typeof messages extends fc.Arbitrary<infer M> ? M : never

/** The message as an upstream would stream it, its strings cut where `cut` says. */
function encode(message: Message, cut: (text: string) => string[]): EventData[] {
  const { stop_reason, stop_sequence, usage, content, ...rest } = message
  const first = {
    ...rest,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...usage, output_tokens: 0 },
  }
  const events: EventData[] = [{ type: 'message_start', message: first }, { type: 'ping' }]
  content.forEach((block, index) => {
    const [empty, deltas] = taken(block as unknown as Record<string, unknown>, cut)
    events.push({ type: 'content_block_start', index, content_block: empty })
    for (const delta of deltas) events.push({ type: 'content_block_delta', index, delta })
    events.push({ type: 'content_block_stop', index })
  })
  const output = { output_tokens: usage.output_tokens }
  events.push({ type: 'message_delta', delta: { stop_reason, stop_sequence }, usage: output })
  return [...events, { type: 'message_stop' }]
}

/** A block as content_block_start has it, and the deltas that make it whole. */
function taken(block: Record<string, unknown>, cut: (text: string) => string[]): [object, object[]] {
  switch (block.type) {
    case 'text': {
      const deltas: object[] = cut(block.text as string).map((t) => ({ type: 'text_delta', text: t }))
      const citations = block.citations as object[] | undefined
      if (!citations) return [{ ...block, text: '' }, deltas]
      const cited = citations.map((citation) => ({ type: 'citations_delta', citation }))
      return [{ ...block, text: '', citations: [] }, [...deltas, ...cited]]
    }
    case 'thinking': {
      const deltas = cut(block.thinking as string).map((t) => ({ type: 'thinking_delta', thinking: t }))
      const signature = { type: 'signature_delta', signature: block.signature }
      return [{ ...block, thinking: '', signature: '' }, [...deltas, signature]]
    }
    case 'redacted_thinking':
      return [block, []]
    default: {
      const pieces = cut(JSON.stringify(block.input))
      const deltas = pieces.map((partial_json) => ({ type: 'input_json_delta', partial_json }))
      return [{ ...block, input: {} }, deltas]
    }
  }
}

it('gives back any message, however its deltas are cut', () => {
  fc.assert(
    fc.property(messages, fc.infiniteStream(fc.nat({ max: 7 })), (message, lengths) => {
      const cut = (whole: string) => {
        const pieces: string[] = []
        for (let at = 0; at < whole.length; ) {
          const length = lengths.next().value as number // sometimes 0: empty deltas are allowed
          pieces.push(whole.slice(at, at + length))
          at += length
        }
        return pieces
      }
      const fold = new MessageFold()
      for (const event of encode(message, cut)) {
        // Over the wire: what a test holds in memory would hide what JSON does to it.
        fold.push(StreamEvent.parse(StreamEvent.of(event).raw))
      }
      expect(JSON.parse(fold.result())).toEqual(JSON.parse(JSON.stringify(message)))
    }),
    { numRuns: 300 },
  )
})
