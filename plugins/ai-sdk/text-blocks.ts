import type { Blocks } from './blocks.js'
import { worthCarrying } from './carried.js'
import type { ProviderOptions, StreamPart } from './language-model.js'
import { merged, type Owner, seal } from './signature.js'

type TextOrThinking = Extract<StreamPart, { type: `${'text' | 'reasoning'}-${'start' | 'delta' | 'end'}` }>

interface Run {
  readonly owner: 'text' | 'thinking'
  readonly key: string
  metadata: ProviderOptions
  /** The metadata that went out with a block. */
  sealed?: ProviderOptions
  /** It has had words. */
  spoke: boolean
}

/** Text and thinking. A block begins with the first word: clients send empty blocks back, and the API refuses those. */
export class TextBlocks {
  readonly #blocks: Blocks
  readonly #provider: string
  readonly #hidesThinking: boolean
  readonly #runs = new Map<string, Run>()
  /** The text that spoke last. */
  #speaking = ''

  constructor(blocks: Blocks, provider: string, hidesThinking: boolean) {
    this.#blocks = blocks
    this.#provider = provider
    this.#hidesThinking = hidesThinking
  }

  take(part: TextOrThinking): void {
    const owner = part.type.startsWith('text') ? 'text' : 'thinking'
    if (this.#hidesThinking && owner === 'thinking') return
    const run = this.#run(owner, part.id)
    if (part.providerMetadata) run.metadata = merged([run.metadata, part.providerMetadata])
    if (part.type.endsWith('-delta')) this.#say(run, (part as { delta: string }).delta)
    else if (part.type.endsWith('-end')) this.#end(run)
  }

  /** Words of our own, as a block. */
  note(text: string): void {
    this.#blocks.add({ type: 'text', text })
  }

  /** Into the text that is being said. */
  cite(citation: object): void {
    this.#blocks.append(this.#speaking, { type: 'citations_delta', citation })
  }

  /** Some packages leave out the ends. */
  finish(): void {
    for (const run of this.#runs.values()) this.#end(run)
  }

  #run(owner: Run['owner'], id: string): Run {
    const key = `${owner} ${id}`
    const known = this.#runs.get(key)
    if (known) return known
    const run: Run = { owner, key, metadata: {}, spoke: false }
    this.#runs.set(key, run)
    return run
  }

  #say(run: Run, words: string): void {
    if (words === '') return
    run.spoke = true
    if (run.owner === 'text') this.#speaking = run.key
    if (!this.#blocks.has(run.key)) this.#open(run)
    const delta =
      run.owner === 'text' ? { type: 'text_delta', text: words } : { type: 'thinking_delta', thinking: words }
    this.#blocks.append(run.key, delta)
  }

  #open(run: Run): void {
    const { key } = run
    if (run.owner === 'text') {
      const block = { type: 'text', text: '' }
      this.#blocks.open({ key, block, splits: true, followedBy: () => this.#carrier(run, 'text') })
    } else {
      const block = { type: 'thinking', thinking: '', signature: '' }
      this.#blocks.open({ key, block, splits: true, lastDeltas: () => [this.#signature(run)] })
    }
  }

  #signature(run: Run): object {
    run.sealed = run.metadata
    return { type: 'signature_delta', signature: seal({ provider: this.#provider, metadata: run.metadata }) }
  }

  #end(run: Run): void {
    this.#runs.delete(run.key)
    if (this.#blocks.has(run.key)) {
      this.#blocks.close(run.key)
    } else if (run.spoke || run.owner === 'thinking') {
      // Nothing was said, or the block was closed before all of the metadata came.
      const carrier = this.#carrier(run, run.spoke ? run.owner : undefined)
      if (carrier) this.#blocks.add(carrier)
    }
  }

  /** The provider's metadata in a block that clients replay, where it is not in one already. */
  #carrier(run: Run, of: Owner | undefined) {
    const metadata = worthCarrying(run.metadata)
    if (this.#hidesThinking || !metadata || same(metadata, worthCarrying(run.sealed))) return undefined
    run.sealed = run.metadata
    return {
      type: 'redacted_thinking',
      data: seal({ provider: this.#provider, metadata, ...(of && { of }) }),
    }
  }
}

function same(a: object, b: object | undefined): boolean {
  return b !== undefined && JSON.stringify(a) === JSON.stringify(b)
}
