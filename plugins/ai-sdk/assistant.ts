import type { Content, ContentBlock } from '../../core/index.js'
import type { AssistantPart, ProviderOptions } from './language-model.js'
import { merged, type Sealed, unseal } from './signature.js'

/**
 * An assistant's turn. Thinking goes back only to the provider that signed it; without its signature a provider refuses it
 * or takes it for its own words.
 */
export function assistantParts(content: Content, provider: string): AssistantPart[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  const parts: AssistantPart[] = []
  const ofTools = new Map<string, ProviderOptions>()
  for (const block of content) {
    if (block.type === 'redacted_thinking') attach(unseal(block.data, provider), parts, ofTools)
    else parts.push(...partsOf(block, provider))
  }
  return parts.map((part) => (part.type === 'tool-call' ? signed(part, ofTools.get(part.toolCallId)) : part))
}

function partsOf(block: ContentBlock, provider: string): AssistantPart[] {
  switch (block.type) {
    case 'text':
      return block.text === '' ? [] : [{ type: 'text', text: String(block.text) }]
    case 'thinking': {
      const sealed = unseal(block.signature, provider)
      if (!sealed) return []
      return [signed({ type: 'reasoning', text: String(block.thinking ?? '') }, sealed.metadata)]
    }
    case 'tool_use':
      return [
        {
          type: 'tool-call',
          toolCallId: String(block.id),
          toolName: String(block.name),
          input: block.input ?? {},
        },
      ]
    case 'web_search_tool_result':
      return searchResults(block.content)
    default:
      return []
  }
}

function attach(
  sealed: Sealed | undefined,
  parts: AssistantPart[],
  ofTools: Map<string, ProviderOptions>,
): void {
  if (!sealed) return
  const { of, metadata } = sealed
  if (of === undefined) parts.push(signed({ type: 'reasoning', text: '' }, metadata))
  else if (typeof of === 'object') ofTools.set(of.tool, merged(ofTools.get(of.tool), metadata))
  else {
    const type = of === 'thinking' ? 'reasoning' : 'text'
    const at = parts.findLastIndex((part) => part.type === type)
    if (at >= 0) parts[at] = signed(parts[at]!, metadata)
  }
}

function signed<P extends AssistantPart>(part: P, metadata: ProviderOptions | undefined): P {
  const providerOptions = merged(part.providerOptions, metadata)
  return Object.keys(providerOptions).length === 0 ? part : { ...part, providerOptions }
}

/** What a search found, as text: only the provider that searched has its own form for it, and it sends that anew. */
function searchResults(content: unknown): AssistantPart[] {
  if (!Array.isArray(content) || content.length === 0) return []
  const lines = content.map((result) => `- ${result?.title ?? ''} ${result?.url ?? ''}`)
  return [{ type: 'text', text: `Web search results:\n${lines.join('\n')}` }]
}
