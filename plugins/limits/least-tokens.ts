import type { JsonNode } from '../../core/kit.js'

/**
 * The least tokens that a prompt can have: one for each word of it, since no vocabulary in use joins words. Only what is surely
 * read counts: texts, tool calls and their results, descriptions of tools that are loaded. Undefined where the upstream is asked
 * to leave some of it out.
 */
export function leastTokens(body: JsonNode): number | undefined {
  if (mayShrink(body)) return undefined
  let words = 0
  const read = (node: JsonNode | undefined) => {
    if (node) words += wordsIn(node.raw)
  }
  const readContent = (content: JsonNode | undefined) => {
    if (content?.isString) return read(content)
    for (const block of content?.items() ?? []) {
      const type = block.get('type')
      if (type?.is('text')) read(block.get('text'))
      else if (type?.is('tool_use')) read(block.get('input'))
      else if (type?.is('tool_result')) readContent(block.get('content'))
    }
  }
  readContent(body.get('system'))
  for (const tool of body.get('tools')?.items() ?? [])
    if (!tool.get('defer_loading')) read(tool.get('description'))
  for (const message of body.get('messages')?.items() ?? []) readContent(message.get('content'))
  return words
}

/** Edits of the context that an upstream makes before it counts; the clearing of thinking, which isn't counted here, is none. */
function mayShrink(body: JsonNode): boolean {
  if (body.get('compaction')) return true
  const edits = body.get('context_management')?.get('edits')?.items() ?? []
  return edits.some((edit) => !edit.get('type')?.string()?.startsWith('clear_thinking'))
}

const BACKSLASH = 0x5c
const LOWER_U = 0x75

/** Runs of Latin letters in a JSON text; none that follows a digit or another script, which some vocabularies may join. */
export function wordsIn(raw: Buffer): number {
  let words = 0
  let before = OTHER
  for (let i = 0; i < raw.length; i++) {
    const byte = raw[i]!
    if (byte === BACKSLASH) {
      i += raw[i + 1] === LOWER_U ? 5 : 1
      before = OTHER
      continue
    }
    const kind = KIND[byte]!
    if (kind === LETTER && before === OTHER) words++
    before = kind
  }
  return words
}

const OTHER = 0
const LETTER = 1
const GLUE = 2
const KIND = Uint8Array.from({ length: 256 }, (_, byte) => {
  if ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a) return LETTER
  if (byte >= 0x30 && byte <= 0x39) return GLUE
  return byte >= 0x80 ? GLUE : OTHER
})
