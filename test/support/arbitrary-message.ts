import fc from 'fast-check'
import { jsonValue } from './json-value.js'

const text = fc.string({ unit: 'grapheme', maxLength: 40 })
const json = fc.dictionary(text, jsonValue({ maxDepth: 3 }), { maxKeys: 4 })
/** Keys that the protocol does not name; they must come back too. */
const extra = fc.dictionary(
  text.map((key) => `x_${key}`),
  jsonValue({ maxDepth: 2 }),
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

/** Any message that an upstream may send. */
export const messages = fc
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
