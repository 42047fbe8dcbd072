import type { Call } from '../../core/index.js'
import type { JsonNode } from '../../core/kit.js'

/** Any string of the body that is this text, as far as it is spelt without escapes. */
export const has = (call: Call, text: string): boolean => call.tree.places(text).length > 0

const itemsOf = (node: { get(key: string): unknown } | undefined, key: string) =>
  (node?.get(key) as JsonNode | undefined)?.items() ?? []

function resultsOf(call: Call): JsonNode[] {
  if (!has(call, 'tool_result')) return []
  return itemsOf(call.tree, 'messages').flatMap((message) =>
    itemsOf(message, 'content').filter((block) => block.get('type')?.is('tool_result')),
  )
}

/** A result of a tool that says nothing. */
export function hasEmptyResult(call: Call): boolean {
  return resultsOf(call).some((result) => {
    const content = result.get('content')
    return !content || content.is('') || (content.isArray && content.items().length === 0)
  })
}

/** A reference to a tool that the request has not. */
export function hasUnlistedReference(call: Call): boolean {
  if (!has(call, 'tool_reference')) return false
  const listed = new Set(itemsOf(call.tree, 'tools').map((tool) => tool.get('name')?.string()))
  return resultsOf(call).some((result) =>
    itemsOf(result, 'content').some(
      (block) => block.get('type')?.is('tool_reference') && !listed.has(block.get('tool_name')?.string()),
    ),
  )
}
