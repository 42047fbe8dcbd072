import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type EventData, StreamEvent } from '../../core/index.js'
import { MessageFold } from './fold.js'

const text = fc.string({ unit: 'grapheme', maxLength: 40 })
const json = fc.dictionary(text, fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 })
/** Keys that the protocol does not name; they must come back too. */
const extra = fc.dictionary(
  text.map((key) => `x_${key}`),
  fc.jsonValue({ maxDepth: 2 }),
  { maxKeys: 2 },
)

const blocks = fc.oneof(
  fc.record({ type: fc.constant('text'), text }),
  fc.record({ type: fc.constant('text'), text, citations: fc.array(json, { maxLength: 3 }) }),
  fc.record({ type: fc.constant('thinking'), thinking: text, signature: text }),
  fc.record({
    type: fc.constantFrom('tool_use', 'server_tool_use', 'mcp_tool_use'),
    id: text,
    name: text,
    input: json,
  }),
  fc.record({ type: fc.constant('redacted_thinking'), data: text }),
)

const messages = fc
  .record({
    id: text,
    model: text,
    content: fc.array(
      fc.tuple(blocks, extra).map(([block, more]) => ({ ...block, ...more })),
      { maxLength: 5 },
    ),
    stop_reason: fc.constantFrom('end_turn', 'tool_use', 'max_tokens'),
    stop_sequence: fc.option(text),
    usage: fc.record({ input_tokens: fc.nat(), output_tokens: fc.nat() }),
    more: extra,
  })
  .map(({ more, ...fields }) => ({ type: 'message', role: 'assistant', ...fields, ...more }))

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
