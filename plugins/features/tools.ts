import type { Accepts, Edit } from '../../core/index.js'
import { type JsonNode, withoutItems } from '../../core/kit.js'

/** Claude Code's stand-in for the tools that it has not loaded: nothing that a model could call. */
const PLACEHOLDER = 'DeferredToolPlaceholder'

export interface ToolNeeds {
  readonly deferredTools: boolean
  readonly serverTools: Accepts['serverTools']
}

export interface FittedTools {
  readonly edits: readonly Edit[]
  readonly removed: readonly string[]
  /** Top-level fields that have nothing left to say. */
  readonly emptied: readonly string[]
}

/** Takes out tools that the upstream can't run, and what speaks of them. */
export function fitTools(body: JsonNode, { deferredTools, serverTools }: ToolNeeds): FittedTools {
  const tools = body.get('tools')
  const items = tools?.items() ?? []
  const isGone = (tool: JsonNode) => {
    const type = tool.get('type')?.string() ?? 'custom'
    if (!deferredTools && tool.get('defer_loading') && tool.get('name')?.is(PLACEHOLDER)) return true
    if (serverTools === true || type === 'custom') return false
    return serverTools === false || !serverTools.some((start) => type.startsWith(start))
  }
  const gone = items.filter(isGone)
  if (gone.length === 0) return { edits: [], removed: [], emptied: [] }
  const removed = gone.map((tool) => tool.get('name')?.string() ?? tool.get('type')?.string() ?? 'a tool')
  const chosen = body.get('tool_choice')?.get('name')?.string()
  const noChoice = gone.length === items.length || (chosen !== undefined && removed.includes(chosen))
  if (gone.length === items.length) return { edits: [], removed, emptied: ['tools', 'tool_choice'] }
  return { edits: withoutItems(tools!, isGone), removed, emptied: noChoice ? ['tool_choice'] : [] }
}

/** References to tools in tool results become words, where they are not taken, or not without the tool in `tools`. */
export function withoutReferences(body: JsonNode, taken: false | 'listed'): Edit[] {
  if (body.places('tool_reference').length === 0) return []
  const listed = new Set(
    taken ? (body.get('tools')?.items() ?? []).map((tool) => tool.get('name')?.string()) : [],
  )
  const edits: Edit[] = []
  for (const message of body.get('messages')?.items() ?? []) {
    for (const result of message.get('content')?.items() ?? []) {
      if (!result.get('type')?.is('tool_result')) continue
      for (const block of result.get('content')?.items() ?? []) {
        if (!block.get('type')?.is('tool_reference')) continue
        const name = block.get('tool_name')?.string()
        if (listed.has(name)) continue
        const text = JSON.stringify({ type: 'text', text: `Tool available: ${name ?? ''}` })
        edits.push({ start: block.start, end: block.end, text })
      }
    }
  }
  return edits
}
