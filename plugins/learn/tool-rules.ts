import { has, hasEmptyResult, hasUnlistedReference } from './request.js'
import { always, type Rule, rule, type Teach } from './rule.js'

const blockType: Teach = (found, call, { toolReferences }) => {
  switch (found[1]) {
    case 'tool_reference':
      return { toolReferences: toolReferences === true && hasUnlistedReference(call) ? 'listed' : false }
    case 'redacted_thinking':
      return { redactedThinking: false }
    case 'thinking':
      return { thinkingBlocks: false }
    case 'image':
      return { images: false }
    case 'document':
      return { documents: false, documentURLs: false }
    default:
      return undefined
  }
}

const schemaRefs: Teach = (_, call) => (has(call, '$ref') ? { schemaRefs: false } : undefined)

/** Without them a schema says nothing. */
const NEEDED = new Set(['type', 'properties', 'items', 'required', 'description', 'enum'])
const REFERENCES = new Set(['$ref', '$defs', 'definitions'])

/** Keywords of a tool's schema that are not known there: each refusal names some. */
const keywords: Teach = ({ input }, call) => {
  const named = [...input.matchAll(/unknown name "([\w$]{1,60})"|'([\w$]{1,60})' is not permitted/gi)]
  const found = new Set(
    named.map(([, gemini, openai]) => gemini ?? openai!).filter((word) => has(call, word)),
  )
  if ([...found].some((word) => REFERENCES.has(word)))
    return schemaRefs([] as never, call, undefined as never)
  const refused = [...found].filter((word) => !NEEDED.has(word))
  return refused.length > 0 ? { refusedSchemaKeywords: refused } : undefined
}

const emptyResult: Teach = (_, call) => (hasEmptyResult(call) ? { emptyResults: false } : undefined)

/** What upstreams say of blocks, of tools and of their schemas. */
export const TOOL_RULES: readonly Rule[] = [
  // Blocks and tools.
  rule(/unsupported content type[^:]{0,40}: `?(\w+)/i, blockType),
  always(/tool reference .{1,200} not found in available tools/i, { toolReferences: 'listed' }),
  rule(
    /\bname: string should match pattern '?\^\[([^\]]{1,60})\]\{1,(\d{1,4})\}\$/i,
    ([, characters, length]) => ({
      toolNameCharacters: characters!,
      toolNameLength: Number(length),
    }),
  ),
  rule(/\bid: string should match pattern '?\^\[([^\]]{1,60})\]\+\$/i, ([, characters]) => ({
    toolIdCharacters: characters!,
  })),
  always(/tool_use.{0,20}ids? .{0,40}(without|unique|unexpected)|unexpected `?tool_use_id/i, {
    unpairedTools: false,
  }),
  always(/content blocks must be non-?empty|must have non-?empty content/i, { emptyText: false }),
  always(/cannot end with trailing whitespace/i, { trailingSpace: false }),
  always(/assistant message prefill/i, { prefill: false }),
  always(/no low surrogate in string|lone (leading |trailing )?surrogate|surrogates not allowed/i, {
    loneSurrogates: false,
  }),

  // Schemas: Kimi, Fireworks and LiteLLM, Gemini behind a gateway; then OpenAI's.
  rule(
    /\$defs not found for reference|error resolving schema reference|\$ref .{1,80} set alongside/i,
    schemaRefs,
  ),
  rule(/unknown name "[\w$]{1,60}" at|in context=\(.{0,200}\), '[\w$]{1,60}' is not permitted/is, keywords),
  always(/object schema missing properties/i, { schemaWithoutProperties: false }),

  // Results: Anthropic, Bedrock's Converse, serde (DeepSeek), and others by the shape of their words.
  rule(
    /tool_result: content cannot be empty|content field in the message object at messages\.\d+ is empty/i,
    emptyResult,
  ),
  rule(/missing field `content`/i, emptyResult),
  rule(/\btool.{0,60}\bcontent\b.{0,40}\b(?:empty|required|blank)\b/i, emptyResult),
]
