import type { ContentBlock } from '../../core/contract/messages.js'
import { isRecord, type Json, protocolError } from './errors.js'

/** One content block as its deltas build it. */
export class BlockFold {
  #block: Json
  /** By key of the block: what its deltas appended. Joined at the end, so that the work stays linear. */
  readonly #text = new Map<string, string[]>()
  readonly #lists = new Map<string, unknown[]>()
  readonly #json: string[] = []

  constructor(block: Json) {
    this.#block = block
  }

  delta(delta: unknown): void {
    if (!isRecord(delta)) throw protocolError('a content_block_delta without a delta')
    const { type, ...fields } = delta
    switch (type) {
      case 'text_delta':
        this.#append('text', fields.text)
        break
      case 'thinking_delta':
        this.#append('thinking', fields.thinking)
        break
      case 'input_json_delta':
        if (typeof fields.partial_json !== 'string') throw protocolError('an input_json_delta without JSON')
        this.#json.push(fields.partial_json)
        break
      case 'citations_delta':
        this.#extend('citations', [fields.citation])
        break
      case 'signature_delta': // these two carry the final value
      case 'compaction_delta':
        this.#set(fields)
        break
      default:
        this.#merge(fields)
    }
  }

  /** At content_block_stop; once more does nothing. Throws an UpstreamError when the tool input is no JSON. */
  stop(): void {
    for (const [key, pieces] of this.#text) {
      const known = this.#block[key]
      this.#set({ [key]: (typeof known === 'string' ? known : '') + pieces.join('') })
    }
    this.#text.clear()
    for (const [key, items] of this.#lists) {
      const known = this.#block[key]
      this.#set({ [key]: Array.isArray(known) ? [...known, ...items] : items })
    }
    this.#lists.clear()
    const json = this.#json.splice(0).join('')
    if (json === '') return // a tool without parameters: the input is what the block began with, {}
    try {
      this.#set({ input: JSON.parse(json) })
    } catch {
      throw protocolError('a tool input that is not valid JSON')
    }
  }

  /** The block; closes it where the upstream left out content_block_stop. */
  result(): ContentBlock {
    this.stop()
    return this.#block as ContentBlock
  }

  #append(key: string, piece: unknown): void {
    if (typeof piece !== 'string') throw protocolError(`a delta without its ${key}`)
    const pieces = this.#text.get(key)
    if (pieces) pieces.push(piece)
    else this.#text.set(key, [piece])
  }

  #extend(key: string, items: readonly unknown[]): void {
    const list = this.#lists.get(key)
    if (list) list.push(...items)
    else this.#lists.set(key, [...items])
  }

  /** A delta that no list knows: strings go on, lists grow, anything else replaces. */
  #merge(fields: Json): void {
    for (const [key, value] of Object.entries(fields)) {
      const known = Object.hasOwn(this.#block, key) ? this.#block[key] : undefined
      if (typeof value === 'string' && typeof known === 'string') this.#append(key, value)
      else if (Array.isArray(value) && Array.isArray(known)) this.#extend(key, value)
      else this.#set({ [key]: value })
    }
  }

  #set(fields: Json): void {
    this.#block = { ...this.#block, ...fields }
  }
}
