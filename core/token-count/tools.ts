import { jsonOf, type Part } from './parts.js'

/**
 * The system prompt that tools bring with them: 313 for Claude 4, 290 for Opus 4.8, 354 for Sonnet 5, 496 for the 4.5 models
 * (https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview, "Pricing"). With 313 and the next constant
 * Anthropic's example of one tool comes to 402; the API counts 403.
 */
const TOOL_PROMPT = 313

/** Around each definition's JSON; fitted to the same example. ai-tokenizer's measurement for a tool with an empty schema gives 6. */
const TOOL = 10

/** Definitions that the upstream fills in, by the start of their `type`; from the same page and those that it links to. */
const SERVER_TOOLS: readonly (readonly [string, number])[] = [
  ['bash_', 245],
  ['text_editor_', 700],
  ['computer_', 735],
]

/**
 * The parts of `tools`. Tools with `defer_loading` count in full: an upstream that cannot count is not one that knows how to
 * load them later.
 */
export function* toolParts(tools: unknown): Generator<Part> {
  if (!Array.isArray(tools) || tools.length === 0) return
  yield { tokens: TOOL_PROMPT }
  for (const tool of tools) {
    const { type, name, description, input_schema, input_examples } = Object(tool) as Record<string, unknown>
    const known = SERVER_TOOLS.find(([start]) => typeof type === 'string' && type.startsWith(start))
    yield { tokens: known ? known[1] : TOOL }
    if (!known) yield { text: jsonOf({ name, description, input_schema, input_examples }) }
  }
}
