import type { StreamEvent as EventContract, EventData, EventMapper, StreamMapper } from '../contract/http.js'
import { HeldText } from './held-text.js'
import { StreamEvent } from './sse-event.js'

/** Blocks whose text can be mapped; each has its text under its own name, in a block as in a delta. */
export type TextBlocks = 'text' | 'thinking'

interface BlockEvent extends EventData {
  readonly content_block?: { readonly type?: string; readonly [field: string]: unknown }
  readonly delta?: { readonly type?: string; readonly [field: string]: unknown }
}

interface Open {
  readonly kind: TextBlocks
  readonly held: HeldText
}

/** Maps the text of a Messages stream, block by block. What a block holds back leaves as a delta before the block's end. */
export class StreamText implements StreamMapper {
  /** By the index of the block. */
  readonly #open = new Map<unknown, Open>()

  constructor(
    private readonly map: (text: string) => string,
    private readonly hold: number,
    private readonly blocks: readonly TextBlocks[],
  ) {}

  event(event: EventContract): ReturnType<EventMapper> {
    switch (event.type) {
      case 'content_block_start':
        return this.#start(event)
      case 'content_block_delta':
        return this.#delta(event)
      case 'content_block_stop':
        return this.#before(event, this.#flush(event.data.index))
      case 'error':
        return this.#before(event, this.end())
      default:
        return undefined
    }
  }

  // What blocks without an end hold.
  readonly end = (): readonly EventContract[] => [...this.#open.keys()].flatMap((index) => this.#flush(index))

  /** Some upstreams begin a block with its first words. */
  #start(event: EventContract): ReturnType<EventMapper> {
    const { content_block: block, index } = event.data as BlockEvent
    const kind = this.blocks.find((name) => name === block?.type)
    const text = kind && block?.[kind]
    if (!kind || typeof text !== 'string' || text === '') return undefined
    const out = this.#held(index, kind).push(text)
    return out === text ? undefined : event.with({ ...event.data, content_block: { ...block, [kind]: out } })
  }

  #delta(event: EventContract): ReturnType<EventMapper> {
    const { delta, index } = event.data as BlockEvent
    // The signature of thinking is its last delta, and clients may stop to collect the text there.
    if (delta?.type === 'signature_delta') return this.#before(event, this.#flush(index))
    const kind = this.blocks.find((name) => delta?.type === `${name}_delta`)
    const text = kind && delta?.[kind]
    if (!kind || typeof text !== 'string') return undefined
    const out = this.#held(index, kind).push(text)
    if (out === text) return undefined
    return out === '' ? [] : event.with({ ...event.data, delta: { ...delta, [kind]: out } })
  }

  #held(index: unknown, kind: TextBlocks): HeldText {
    let open = this.#open.get(index)
    if (open?.kind !== kind) {
      open = { kind, held: new HeldText(this.map, this.hold) }
      this.#open.set(index, open)
    }
    return open.held
  }

  #flush(index: unknown): readonly EventContract[] {
    const open = this.#open.get(index)
    this.#open.delete(index)
    const text = open?.held.flush() ?? ''
    if (!open || text === '') return []
    const delta = { type: `${open.kind}_delta`, [open.kind]: text }
    return [StreamEvent.of({ type: 'content_block_delta', index, delta })]
  }

  #before(event: EventContract, added: readonly EventContract[]): ReturnType<EventMapper> {
    return added.length > 0 ? [...added, event] : undefined
  }
}
