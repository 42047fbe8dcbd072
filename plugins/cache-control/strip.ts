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

/** Where the field's name occurs in a body: values without one are skipped. */
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

/** Something that has `cache_control`. */
export interface Marked {
  readonly object: JsonNode
  /** `request` for the body itself, `tool`, else the type of the block; undefined for a block without one. */
  readonly kind: string | undefined
}

/** Everything that has a `cache_control` that the protocol knows, in the order of the text. */
export function markedIn(body: JsonNode, marks: Marks): Marked[] {
  const found: Marked[] = []
  const look = (object: JsonNode, kind: string | undefined) => {
    if (object.get(KEY)) found.push({ object, kind })
  }
  const lookAt = (content: JsonNode | undefined, kind?: string) => {
    // A list of blocks, or the one block that some results hold instead of a list. Anything else is left alone.
    if (!content || !marks.within(content)) return
    for (const block of content.isObject ? [content] : content.items()) {
      if (!block.isObject || !marks.within(block)) continue
      const type = block.get('type')?.string()
      look(block, kind ?? type)
      const field = NESTED.get(type ?? '')
      if (field !== undefined) lookAt(block.get(field))
    }
  }
  look(body, 'request')
  lookAt(body.get('system'))
  lookAt(body.get('tools'), 'tool') // their schemas are not entered: a property may have that name
  for (const message of body.get('messages')?.items() ?? [])
    if (marks.within(message)) lookAt(message.get('content'))
  return found.sort((a, b) => a.object.start - b.object.start)
}

/** What takes it out. As many edits as the client wrote the field: too many, perhaps, for the arguments of one `push`. */
export function unmarked(marked: readonly Marked[]): Edit[] {
  return marked.flatMap(({ object }) => withoutMembers(object, (key) => key.is(KEY)))
}
