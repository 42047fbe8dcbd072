import type { Content, ContentBlock } from '../../core/index.js'
import type { AssistantPart, ProviderOptions } from './language-model.js'
import { merged, type Sealed, unseal } from './signature.js'

/**
 * An assistant's turn. Thinking goes back only to the provider that signed it; without its signature a provider refuses it
 * or takes it for its own words.
 */
export function assistantParts(content: Content, provider: string): AssistantPart[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  const turn = new Turn()
  for (const block of content) {
    if (block.type === 'redacted_thinking') turn.attach(unseal(block.data, provider))
    else for (const part of partsOf(block, provider)) turn.add(part)
  }
  return turn.parts()
}

/** The parts of a turn, and what of the provider's own belongs to each. */
class Turn {
  readonly #parts: AssistantPart[] = []
  /** By part, and by the id of a tool call. */
  readonly #signed = new Map<AssistantPart | string, ProviderOptions[]>()
  readonly #latest = new Map<AssistantPart['type'], AssistantPart>()

  add(part: AssistantPart): void {
    this.#parts.push(part)
    this.#latest.set(part.type, part)
  }

  attach(sealed: Sealed | undefined): void {
    if (!sealed) return
    const { of, metadata } = sealed
    if (of === undefined) {
      this.add({ type: 'reasoning', text: '', providerOptions: metadata })
      return
    }
    const owner =
      typeof of === 'object' ? of.tool : this.#latest.get(of === 'thinking' ? 'reasoning' : 'text')
    if (owner === undefined) return
    const known = this.#signed.get(owner)
    if (known) known.push(metadata)
    else this.#signed.set(owner, [metadata])
  }

  parts(): AssistantPart[] {
    return this.#parts.map((part) => {
      const more = this.#signed.get(part.type === 'tool-call' ? part.toolCallId : part) ?? []
      const providerOptions = merged([part.providerOptions, ...more].map(underGoogle))
      if (Object.keys(providerOptions).length > 0) return { ...part, providerOptions }
      const { providerOptions: _, ...bare } = part
      return bare as AssistantPart
    })
  }
}

/**
 * The OpenAI-compatible package reports Gemini's signatures under its provider's own name, and reads them under `google`
 * (`extra_content.google.thought_signature` on the wire).
 */
function underGoogle(metadata: ProviderOptions | undefined): ProviderOptions | undefined {
  const signed = Object.values(metadata ?? {}).find((options) => options?.thoughtSignature !== undefined)
  if (!signed || metadata?.google) return metadata
  return { ...metadata, google: { thoughtSignature: signed.thoughtSignature } }
}

function partsOf(block: ContentBlock, provider: string): AssistantPart[] {
  switch (block.type) {
    case 'text':
      return block.text === '' ? [] : [{ type: 'text', text: String(block.text) }]
    case 'thinking': {
      const sealed = unseal(block.signature, provider)
      if (!sealed) return []
      return [{ type: 'reasoning', text: String(block.thinking ?? ''), providerOptions: sealed.metadata }]
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

/** What a search found, as text: only the provider that searched has its own form for it, and it sends that again. */
function searchResults(content: unknown): AssistantPart[] {
  if (!Array.isArray(content) || content.length === 0) return []
  const lines = content.map((result) => `- ${result?.title ?? ''} ${result?.url ?? ''}`)
  return [{ type: 'text', text: `Web search results:\n${lines.join('\n')}` }]
}
