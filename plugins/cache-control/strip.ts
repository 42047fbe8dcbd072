import type { Edit, Span } from '../../core/index.js'
import { type JsonNode, withoutMembers } from '../../core/kit.js'

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

const KEY = 'cache_control'

/** Where the field's name stands in a body: what holds none of these places need not be entered. */
export class Marks {
  readonly #places: readonly number[]

  constructor(body: JsonNode) {
    this.#places = body.places(KEY)
  }

  get none(): boolean {
    return this.#places.length === 0
  }

  within({ start, end }: Span): boolean {
    const places = this.#places
    let from = 0
    for (let to = places.length; from < to; ) {
      const middle = (from + to) >> 1
      if (places[middle]! < start) from = middle + 1
      else to = middle
    }
    return from < places.length && places[from]! < end
  }
}

/** What takes every `cache_control` that the protocol knows out of a body; nothing when there is none. */
export function stripAll(body: JsonNode, marks: Marks): Edit[] {
  const edits = unmarked(body)
  const stripBlocks = (content: JsonNode | undefined) => {
    // A list of blocks, or the one block that some results hold instead of a list. Anything else is left alone.
    if (!content || !marks.within(content)) return
    for (const block of content.isObject ? [content] : content.items()) stripBlock(block)
  }
  const stripBlock = (block: JsonNode) => {
    if (!block.isObject || !marks.within(block)) return
    for (const edit of unmarked(block)) edits.push(edit)
    const field = NESTED.get(block.get('type')?.string() ?? '')
    if (field !== undefined) stripBlocks(block.get(field))
  }
  stripBlocks(body.get('system'))
  stripBlocks(body.get('tools')) // their schemas are not entered: a property may have that name
  for (const message of itemsOf(body.get('messages')))
    if (marks.within(message)) stripBlocks(message.get('content'))
  return edits
}

/** What takes `cache_control` off thinking blocks, where no upstream takes it. */
export function stripThinking(body: JsonNode, marks: Marks): Edit[] {
  const edits: Edit[] = []
  for (const message of itemsOf(body.get('messages'))) {
    if (!marks.within(message)) continue
    for (const block of itemsOf(message.get('content'))) {
      const type = marks.within(block) ? block.get('type') : undefined
      if (!type?.is('thinking') && !type?.is('redacted_thinking')) continue
      for (const edit of unmarked(block)) edits.push(edit)
    }
  }
  return edits
}

/** As many edits as the client wrote the field: too many, perhaps, for the arguments of one `push`. */
function unmarked(object: JsonNode): Edit[] {
  return object.get(KEY) ? withoutMembers(object, (key) => key.is(KEY)) : []
}

function itemsOf(node: JsonNode | undefined): readonly JsonNode[] {
  return node?.items() ?? []
}
