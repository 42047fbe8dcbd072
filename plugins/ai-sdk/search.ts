import { randomUUID } from 'node:crypto'
import { parseJson } from '../../core/kit.js'
import type { Blocks } from './blocks.js'
import type { Source, StreamPart } from './language-model.js'

/**
 * A search that the provider ran, in the blocks of Anthropic's own web search. The providers tell their sources one by one,
 * some of them only after the text, so that the blocks come last.
 */
export class SearchResults {
  readonly #blocks: Blocks
  readonly #found = new Map<string, Source>()
  #query: string | undefined

  constructor(blocks: Blocks) {
    this.#blocks = blocks
  }

  /** The query, where the provider reports it: in the call's input or in the result's `action`. */
  take(part: Extract<StreamPart, { type: `tool-${string}` }>): void {
    if (part.type !== 'tool-call' && part.type !== 'tool-result') return
    const said =
      part.type === 'tool-call' ? parseJson(part.input) : (part.result as { action?: unknown })?.action
    const query = (said as { query?: unknown } | undefined)?.query
    if (typeof query === 'string') this.#query ??= query
  }

  /** Notes the source; the citation is for the text that is being said. */
  cite(source: Source): object | undefined {
    if (!source.url) return undefined
    this.#found.set(source.url, source)
    const title = source.title ?? null
    return { type: 'web_search_result_location', url: source.url, title, cited_text: '', encrypted_index: '' }
  }

  /** Whether there was anything to tell. */
  finish(): boolean {
    if (this.#found.size === 0 && this.#query === undefined) return false
    const id = `srvtoolu_${randomUUID().replaceAll('-', '')}`
    this.#blocks.add({ type: 'server_tool_use', id, name: 'web_search', input: { query: this.#query ?? '' } })
    const content = [...this.#found.values()].map(({ url, title }) => ({
      type: 'web_search_result',
      url,
      title: title ?? url,
      encrypted_content: '',
      page_age: null,
    }))
    this.#blocks.add({ type: 'web_search_tool_result', tool_use_id: id, content })
    return true
  }
}
