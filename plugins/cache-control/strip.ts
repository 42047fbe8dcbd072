import { type Edit, withoutMembers } from '../../core/json/edit.js'
import type { JsonNode } from '../../core/json/node.js'

/**
 * Where blocks hold further blocks: the field, by the `type` of what holds it. Taken from the request types of
 * `@anthropic-ai/sdk` 1.12.0 (stable and beta). Everything that is not listed is data and is not entered, above all
 * the `input` of a tool call.
 */
const NESTED = new Map([
  ['tool_result', 'content'],
  ['mcp_tool_result', 'content'],
  ['search_result', 'content'],
  ['document', 'source'],
  ['content', 'content'], // a document's source, made of blocks
  ['web_fetch_tool_result', 'content'],
  ['web_fetch_result', 'content'], // holds one document
  ['tool_search_tool_result', 'content'],
  ['tool_search_tool_search_result', 'tool_references'],
  ['compaction', 'tool_changes'],
  ['tool_addition', 'tool'],
  ['tool_definition', 'definition'],
])

/** What takes every `cache_control` that the protocol knows out of a body; nothing when there is none. */
export function stripAll(body: JsonNode): Edit[] {
  const edits = unmarked(body)
  stripBlocks(body.get('system'), edits)
  stripBlocks(body.get('tools'), edits) // their schemas are not entered: a property may have that name
  for (const message of itemsOf(body.get('messages'))) stripBlocks(message.get('content'), edits)
  return edits
}

/** What takes `cache_control` off thinking blocks, where no upstream takes it. */
export function stripThinking(body: JsonNode): Edit[] {
  const edits: Edit[] = []
  for (const message of itemsOf(body.get('messages'))) {
    for (const block of itemsOf(message.get('content'))) {
      const type = block.get('type')
      if (type?.is('thinking') || type?.is('redacted_thinking')) edits.push(...unmarked(block))
    }
  }
  return edits
}

/** A list of blocks, or the one block that some results hold instead of a list. Anything else is left alone. */
function stripBlocks(content: JsonNode | undefined, edits: Edit[]): void {
  if (content?.isObject) stripBlock(content, edits)
  else for (const block of itemsOf(content)) stripBlock(block, edits)
}

function stripBlock(block: JsonNode, edits: Edit[]): void {
  if (!block.isObject) return
  edits.push(...unmarked(block))
  const field = NESTED.get(block.get('type')?.string() ?? '')
  if (field !== undefined) stripBlocks(block.get(field), edits)
}

function unmarked(object: JsonNode): Edit[] {
  return object.get('cache_control') ? withoutMembers(object, (key) => key.is('cache_control')) : []
}

function itemsOf(node: JsonNode | undefined): readonly JsonNode[] {
  return node?.items() ?? []
}
