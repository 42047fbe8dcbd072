import type { Call } from '../../core/index.js'
import type { JsonNode, Lesson } from '../../core/kit.js'

/** Fields that are features of their own, by the end of their path. */
const NAMED: readonly (readonly [end: RegExp, lesson: Lesson])[] = [
  [/^context_management$/, { contextManagement: false }],
  [/^output_config$/, { effort: false, structuredOutput: false }],
  [/^output_config\.effort$/, { effort: false }],
  [/^output_config\.format$/, { structuredOutput: false }],
  [/^messages\[\*\]\.output_config$/, { messageOutputConfig: false }],
  [/^tools\[\*\]\.defer_loading$/, { deferredTools: false }],
  [/^mcp_servers$/, { mcpServers: false }],
  [/^tool_choice$/, { toolChoice: false }],
  [/\bcache_control$/, { cacheControl: false }],
]

/** Longer ones are none of the API. */
const DEEPEST = 12

/**
 * What a refused field teaches, by its place in the words of a refusal: `tools.3.custom.defer_loading`. Undefined for a field
 * that the request has not: then the words mean something else.
 */
export function lessonOfField(place: string, call: Call): Lesson | undefined {
  const path = pathIn(place.split(/[.[\]]+/).filter(Boolean), call.tree as JsonNode)
  if (!path) return undefined
  return NAMED.find(([end]) => end.test(path))?.[1] ?? { refusedFields: [path] }
}

/**
 * The place as a path with `[*]`. Anthropic puts the type of what may be of several behind it (`tools.0.custom`,
 * `cache_control.ephemeral`), which is no field.
 */
function pathIn(parts: readonly string[], tree: JsonNode): string | undefined {
  if (parts.length > DEEPEST) return undefined
  let node = tree
  let path = ''
  let isBehindIndex = false
  for (const part of parts) {
    const isIndex = /^\d+$/.test(part)
    const next = isIndex ? node.items()[Number(part)] : node.get(part)
    if (!next && !isBehindIndex && !node.get('type')?.is(part)) return undefined
    if (next) {
      node = next
      path += isIndex ? '[*]' : `${path && '.'}${part}`
    }
    isBehindIndex = isIndex
  }
  return path || undefined
}
