import type { ContentBlock, EventData } from '../../core/index.js'

export interface BlockInit {
  readonly key: string
  readonly block: ContentBlock
  /** It can be closed at any time and goes on as a block of its own: text and thinking. A tool's input can't. */
  readonly splits?: boolean
  /** Deltas before its end. */
  lastDeltas?(): readonly object[]
  /** A block right behind it. */
  followedBy?(): ContentBlock | undefined
}

interface Waiting extends BlockInit {
  readonly deltas: object[]
  ended: boolean
  next?: Waiting
}

/**
 * One open block at a time, as the events of the Messages API have it
 * (https://docs.claude.com/en/api/messages-streaming). Provider packages end a text after the tools that follow it have
 * begun, and parallel tools send their inputs interleaved: a text is closed when the next block begins, and what comes for
 * a later block waits until the tool before it is whole.
 */
export class Blocks {
  readonly #emit: (event: EventData) => void
  /** A list by `next`: the first one is open, the others wait. */
  #first: Waiting | undefined
  #last: Waiting | undefined
  /** Those that still take deltas. */
  readonly #taking = new Map<string, Waiting>()
  #isOpen = false
  #index = 0

  constructor(emit: (event: EventData) => void) {
    this.#emit = emit
  }

  open(init: BlockInit): void {
    if (this.#last?.splits) this.#end(this.#last)
    const block: Waiting = { ...init, deltas: [], ended: false }
    this.#taking.set(init.key, block)
    if (this.#last) this.#last.next = block
    else this.#first = block
    this.#last = block
    this.#drain()
  }

  /** A block that is whole. */
  add(block: ContentBlock): void {
    this.open({ key: '', block })
    this.close('')
  }

  /** Whether the block still takes deltas. */
  has(key: string): boolean {
    return this.#taking.has(key)
  }

  append(key: string, delta: object): void {
    const block = this.#taking.get(key)
    if (!block) return
    if (block === this.#first) this.#delta(delta)
    else block.deltas.push(delta)
  }

  close(key: string): void {
    const block = this.#taking.get(key)
    if (!block) return
    this.#end(block)
    this.#drain()
  }

  closeAll(): void {
    for (const block of this.#taking.values()) block.ended = true
    this.#taking.clear()
    this.#drain()
  }

  #end(block: Waiting): void {
    block.ended = true
    if (this.#taking.get(block.key) === block) this.#taking.delete(block.key)
  }

  #drain(): void {
    while (this.#first) {
      if (!this.#isOpen) this.#start(this.#first)
      if (!this.#first.ended) return
      this.#stop(this.#first)
    }
  }

  #start({ block, deltas }: Pick<Waiting, 'block' | 'deltas'>): void {
    this.#isOpen = true
    this.#emit({ type: 'content_block_start', index: this.#index, content_block: block })
    for (const delta of deltas) this.#delta(delta)
  }

  #delta(delta: object): void {
    this.#emit({ type: 'content_block_delta', index: this.#index, delta })
  }

  #stop({ lastDeltas, followedBy, next }: Waiting): void {
    for (const delta of lastDeltas?.() ?? []) this.#delta(delta)
    this.#endBlock()
    const block = followedBy?.()
    if (block) {
      this.#start({ block, deltas: [] })
      this.#endBlock()
    }
    this.#first = next
    if (!next) this.#last = undefined
  }

  #endBlock(): void {
    this.#emit({ type: 'content_block_stop', index: this.#index })
    this.#isOpen = false
    this.#index++
  }
}
