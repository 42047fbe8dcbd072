import { isRecord, type JsonRecord as Json } from '../json/plain.js'
import { imageTokens, TYPICAL_IMAGE } from './images.js'
import { UNSEEN_DOCUMENT } from './pdf.js'

/** What a request is made of, as far as its tokens go. */
export type Part =
  | { readonly text: string }
  | { readonly tokens: number }
  /** Base64. */
  | { readonly pdf: string }

/**
 * Names, ids and tags around a tool call or its result. Not published; an id such as `toolu_01A09q90qw90lq917835lq9` never
 * reaches the model, the tags that do are of this order.
 */
const TOOL_BLOCK = 10

/** Levels of blocks within blocks that are looked into; the protocol has three. */
const MAX_DEPTH = 16

/** The parts of a `system`, of a message's or of a tool result's content. Takes anything: a count must not fail on odd input. */
export function* partsOf(content: unknown, depth = 0): Generator<Part> {
  if (typeof content === 'string') yield { text: content }
  else if (Array.isArray(content)) for (const block of content) yield* blockParts(block, depth)
  else yield* blockParts(content, depth)
}

function* blockParts(block: unknown, depth: number): Generator<Part> {
  if (typeof block === 'string') yield { text: block }
  if (!isRecord(block)) return
  if (depth > MAX_DEPTH) return yield { text: jsonOf(block) }
  switch (block.type) {
    case 'text':
      return yield textOf(block.text)
    case 'thinking': // its signature is a seal, not text
      return yield textOf(block.thinking)
    case 'redacted_thinking':
      return yield cipher(block.data)
    case 'tool_use':
    case 'server_tool_use':
    case 'mcp_tool_use':
      yield textOf(block.name)
      yield { text: stringify(block.input) }
      return yield { tokens: TOOL_BLOCK }
    case 'tool_result':
      yield* partsOf(block.content, depth + 1)
      return yield { tokens: TOOL_BLOCK }
    case 'image':
      return yield { tokens: imageSource(block.source) }
    case 'document':
      return yield* documentParts(block, depth)
    default:
      return yield* otherParts(block, depth)
  }
}

function* documentParts({ source, title, context }: Json, depth: number): Generator<Part> {
  yield textOf(title)
  yield textOf(context)
  if (!isRecord(source)) return
  if (source.type === 'text') yield textOf(source.data)
  else if (source.type === 'content') yield* partsOf(source.content, depth + 1)
  else if (typeof source.data === 'string') yield { pdf: source.data }
  else yield { tokens: UNSEEN_DOCUMENT }
}

/** Search results, results of server tools, and types that no list here knows: their fields, and the blocks inside. */
function* otherParts({ content, encrypted_content, ...fields }: Json, depth: number): Generator<Part> {
  yield { text: jsonOf(fields) }
  if (content !== undefined && content !== null) yield* partsOf(content, depth + 1)
  else yield cipher(encrypted_content)
}

function imageSource(source: unknown): number {
  return isRecord(source) && typeof source.data === 'string' ? imageTokens(source.data) : TYPICAL_IMAGE
}

/** Text that only the upstream can read. It is as long as what it hides: 4 base64 characters for 3 of text, 4 of text a token. */
function cipher(base64: unknown): Part {
  return { tokens: typeof base64 === 'string' ? Math.ceil((base64.length * 3) / 16) : 0 }
}

function textOf(value: unknown): Part {
  return typeof value === 'string' ? { text: value } : { tokens: 0 }
}

/** As JSON, without what looks like a file in base64, which no model reads as text. */
export function jsonOf(value: unknown): string {
  return stringify(value).replace(PAYLOAD, '""')
}

/** In the JSON: a function that sees each value would take five times as long. */
const PAYLOAD = /"(data:[\w/+.-]{1,100};base64,)?[\w+/-]{256,}=*"/g

/** JSON.parse takes any depth, JSON.stringify fails at some thousand levels. */
function stringify(value: unknown): string {
  try {
    return JSON.stringify(value) ?? ''
  } catch (error) {
    if (error instanceof RangeError) return ''
    throw error
  }
}
