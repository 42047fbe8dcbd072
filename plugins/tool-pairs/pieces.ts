import type { Edit } from '../../core/index.js'
import { applyEdits, type JsonNode } from '../../core/kit.js'

/** Placeholder for the result of a call that has none: an error, so that the model does not take it for an answer. */
const MISSING = 'There is no result: the call was interrupted.'
/** Prefix of a result whose call is gone: without it they would read as the user's own. */
const ORPHANED = 'The result of a tool call that is no longer part of this conversation:'
const NO_OUTPUT = JSON.stringify('(no output)')

const textBlock = (json: string | Buffer) => Buffer.concat([OPEN_TEXT, Buffer.from(json), CLOSE])
const OPEN_TEXT = Buffer.from('{"type":"text","text":')
const CLOSE = Buffer.from('}')

export function missingResult(id: string): Buffer {
  return Buffer.from(
    JSON.stringify({ type: 'tool_result', tool_use_id: id, content: MISSING, is_error: true }),
  )
}

/** A result without its call, as blocks that may be anywhere. A tool reference may not, and says nothing alone. */
export function orphanBlocks(result: JsonNode): Buffer[] {
  const label = textBlock(JSON.stringify(ORPHANED))
  const content = result.get('content')
  if (content?.isString) return isEmpty(content) ? [label] : [label, textBlock(content.raw)]
  const kept = (content?.items() ?? []).filter((block) => !block.get('type')?.is('tool_reference'))
  return [label, ...kept.map((block) => block.raw)]
}

/** A message's text as blocks: none for an empty one. */
export function textBlocks(content: JsonNode): Buffer[] {
  return isEmpty(content) ? [] : [textBlock(content.raw)]
}

/** Gives a result without content some. */
export function filled(result: JsonNode): Edit[] {
  const content = result.get('content')
  if (content === undefined)
    return [{ start: result.end - 1, end: result.end - 1, text: `,"content":${NO_OUTPUT}` }]
  return isEmpty(content) ? [{ start: content.start, end: content.end, text: NO_OUTPUT }] : []
}

/** `null`, `""` or `[]`. */
function isEmpty(content: JsonNode): boolean {
  if (content.isArray) return content.items().length === 0
  return content.isString ? content.is('') : !content.isObject && content.raw.equals(NULL)
}
const NULL = Buffer.from('null')

/** A node's text with edits inside of it made. */
export function edited(node: JsonNode, edits: readonly Edit[]): Buffer {
  if (edits.length === 0) return node.raw
  const inside = edits.map(({ start, end, text }) => ({
    start: start - node.start,
    end: end - node.start,
    text,
  }))
  return applyEdits(node.raw, inside)
}

export function listOf(pieces: readonly Buffer[]): Buffer {
  const parts = pieces.flatMap((piece, i) => (i === 0 ? [piece] : [COMMA, piece]))
  return Buffer.concat([OPEN, ...parts, CLOSE_LIST])
}
const OPEN = Buffer.from('[')
const CLOSE_LIST = Buffer.from(']')
const COMMA = Buffer.from(',')

/** A message with these results, to stand behind another. */
export function messageOf(results: readonly Buffer[]): Buffer {
  return Buffer.concat([OPEN_MESSAGE, listOf(results), CLOSE])
}
const OPEN_MESSAGE = Buffer.from(',{"role":"user","content":')
