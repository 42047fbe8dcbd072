import type { MessagesRequest } from '../../core/protocol/messages.js'

type Fields = Readonly<Record<string, unknown>>

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

/** The body without any `cache_control` that the protocol knows; the same object when there was none. */
export function stripAll(body: MessagesRequest): MessagesRequest {
  let out = unmarked(body)
  out = withField(out, 'system', stripBlocks)
  out = withField(out, 'tools', stripBlocks) // their schemas are not entered: a property may have that name
  return withContents(out, stripBlocks)
}

/** The body without `cache_control` on thinking blocks, which no upstream takes there. */
export function stripThinking(body: MessagesRequest): MessagesRequest {
  return withContents(body, (content) =>
    mapList(content, (block) =>
      block.type === 'thinking' || block.type === 'redacted_thinking' ? unmarked(block) : block,
    ),
  )
}

function stripBlock(block: Fields): Fields {
  const field = NESTED.get(block.type as string)
  return field === undefined ? unmarked(block) : withField(unmarked(block), field, stripBlocks)
}

/** A list of blocks, or the one block that some results hold instead of a list. */
function stripBlocks(content: unknown): unknown {
  return isObject(content) ? stripBlock(content) : mapList(content, stripBlock)
}

function withContents(body: MessagesRequest, change: (content: unknown) => unknown): MessagesRequest {
  return withField(body, 'messages', (messages) =>
    mapList(messages, (message) => withField(message, 'content', change)),
  )
}

/*
 * The three below give back what they got when nothing changes. So only what holds a marker is copied, and a call
 * without one keeps its body, and with it the client's bytes.
 */

function unmarked<T extends Fields>(object: T): T {
  if (!Object.hasOwn(object, 'cache_control')) return object
  const { cache_control: _, ...rest } = object
  return rest as unknown as T
}

function withField<T extends Fields>(object: T, field: string, change: (value: unknown) => unknown): T {
  const value = object[field]
  const changed = change(value)
  return changed === value ? object : { ...object, [field]: changed }
}

/** Maps the objects of a list; anything else, in the list or instead of it, stays. */
function mapList(list: unknown, change: (item: Fields) => Fields): unknown {
  if (!Array.isArray(list)) return list
  let copy: unknown[] | undefined
  for (let i = 0; i < list.length; i++) {
    if (!isObject(list[i])) continue
    const changed = change(list[i])
    if (changed === list[i]) continue
    copy ??= list.slice()
    copy[i] = changed
  }
  return copy ?? list
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
