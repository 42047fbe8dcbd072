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
}

/**
 * One open block at a time, as the events of the Messages API have it
 * (https://docs.claude.com/en/api/messages-streaming). Provider packages end a text after the tools that follow it have
 * begun, and parallel tools send their inputs interleaved: a text is closed when the next block begins, and what comes for
 * a later block waits until the tool before it is whole.
 */
export class Blocks {
  readonly #emit: (event: EventData) => void
  /** The first one is open; the others wait. */
  readonly #queue: Waiting[] = []
  #isOpen = false
  #index = 0

  constructor(emit: (event: EventData) => void) {
    this.#emit = emit
  }

  /** How many blocks have begun or wait for it. */
  get count(): number {
    return this.#index + this.#queue.length
  }

  open(init: BlockInit): void {
    const before = this.#queue.at(-1)
    if (before?.splits) before.ended = true
    this.#queue.push({ ...init, deltas: [], ended: false })
    this.#drain()
  }

  /** A block that is whole. */
  add(block: ContentBlock): void {
    this.open({ key: '', block })
    this.close('')
  }

  /** Whether the block still takes deltas. */
  has(key: string): boolean {
    return this.#find(key) !== undefined
  }

  append(key: string, delta: object): void {
    const block = this.#find(key)
    if (!block) return
    if (this.#isOpen && block === this.#queue[0]) this.#delta(delta)
    else block.deltas.push(delta)
  }

  close(key: string): void {
    const block = this.#find(key)
    if (!block) return
    block.ended = true
    this.#drain()
  }

  closeAll(): void {
    for (const block of this.#queue) block.ended = true
    this.#drain()
  }

  #find(key: string): Waiting | undefined {
    return this.#queue.find((block) => block.key === key && !block.ended)
  }

  #drain(): void {
    for (let first = this.#queue[0]; first; first = this.#queue[0]) {
      if (!this.#isOpen) this.#start(first)
      if (!first.ended) return
      this.#stop(first)
    }
  }

  #start({ block, deltas }: Waiting): void {
    this.#isOpen = true
    this.#emit({ type: 'content_block_start', index: this.#index, content_block: block })
    for (const delta of deltas) this.#delta(delta)
  }

  #delta(delta: object): void {
    this.#emit({ type: 'content_block_delta', index: this.#index, delta })
  }

  #stop(block: Waiting): void {
    for (const delta of block.lastDeltas?.() ?? []) this.#delta(delta)
    this.#emit({ type: 'content_block_stop', index: this.#index })
    this.#queue.shift()
    this.#isOpen = false
    this.#index++
    const next = block.followedBy?.()
    if (next) this.#queue.unshift({ key: '', block: next, deltas: [], ended: true })
  }
}
