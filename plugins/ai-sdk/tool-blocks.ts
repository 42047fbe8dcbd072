import { randomUUID } from 'node:crypto'
import { parseJson } from '../../core/kit.js'
import type { Blocks } from './blocks.js'
import { worthCarrying } from './carried.js'
import type { ProviderOptions, StreamPart, ToolCall, ToolInputStart } from './language-model.js'
import { seal } from './signature.js'

type ToolPart = Extract<StreamPart, { type: `tool-${'input-start' | 'input-delta' | 'input-end' | 'call'}` }>

interface ToolRun {
  /** What the client sees, and what comes back. */
  readonly id: string
  readonly isText: boolean
  readonly carried: ProviderOptions | undefined
  hasInput: boolean
}

/** Ids that other upstreams take too, when the conversation moves on. */
const PLAIN_ID = /^[\w-]{1,64}$/

/** Tool calls, each a `tool_use` block whose input comes in pieces. */
export class ToolBlocks {
  readonly #blocks: Blocks
  readonly #provider: string
  readonly #taken: Set<string>
  /** By the provider's id. */
  readonly #runs = new Map<string, ToolRun>()
  /** Of tools that the provider runs itself. */
  readonly #foreign = new Set<string>()
  #calls = 0
  #lastInput = ''

  constructor(blocks: Blocks, provider: string, taken: ReadonlySet<string>) {
    this.#blocks = blocks
    this.#provider = provider
    this.#taken = new Set(taken)
  }

  take(part: ToolPart): void {
    switch (part.type) {
      case 'tool-input-start':
        if (part.providerExecuted) this.#foreign.add(part.id)
        else this.#start(part)
        break
      case 'tool-input-delta': {
        const run = this.#runs.get(part.id)
        if (run && !run.isText) this.#input(run, part.delta)
        break
      }
      case 'tool-input-end': {
        const run = this.#runs.get(part.id)
        // Without any piece of it, the input comes with the call.
        if (run?.hasInput) this.#blocks.close(run.id)
        break
      }
      case 'tool-call':
        if (!part.providerExecuted && !this.#foreign.has(part.toolCallId)) this.#call(part)
    }
  }

  finish(): void {
    for (const { id } of this.#runs.values()) this.#blocks.close(id)
  }

  /** Whether a tool is to be run. Unless the end is `certain`, the last call counts only if its input is whole. */
  hasCalled(certain: boolean): boolean {
    if (this.#calls === 0) return false
    return certain || parseJson(this.#lastInput) !== undefined
  }

  #start({ id, toolName, providerMetadata, inputEncoding }: Omit<ToolInputStart, 'type'>): ToolRun {
    const carried = worthCarrying(providerMetadata)
    const run = { id: this.#newId(id), isText: inputEncoding === 'text', carried, hasInput: false }
    this.#runs.set(id, run)
    if (carried) this.#blocks.add(this.#carrier(run.id, carried))
    this.#blocks.open({ key: run.id, block: { type: 'tool_use', id: run.id, name: toolName, input: {} } })
    return run
  }

  #call({ toolCallId, toolName, input, providerMetadata }: ToolCall): void {
    const run = this.#runs.get(toolCallId) ?? this.#start({ id: toolCallId, toolName, providerMetadata })
    if (!run.hasInput) this.#input(run, input)
    this.#blocks.close(run.id)
    this.#calls++
    this.#lastInput = input
    const carried = worthCarrying(providerMetadata)
    if (carried && JSON.stringify(carried) !== JSON.stringify(run.carried))
      this.#blocks.add(this.#carrier(run.id, carried))
    this.#runs.delete(toolCallId) // an id that comes again is another call
  }

  #input(run: ToolRun, piece: string): void {
    if (piece === '') return
    run.hasInput = true
    this.#blocks.append(run.id, { type: 'input_json_delta', partial_json: piece })
  }

  #newId(id: string): string {
    const own = PLAIN_ID.test(id) && !this.#taken.has(id) ? id : `toolu_${randomUUID().replaceAll('-', '')}`
    this.#taken.add(own)
    return own
  }

  #carrier(tool: string, metadata: ProviderOptions) {
    return { type: 'redacted_thinking', data: seal({ provider: this.#provider, metadata, of: { tool } }) }
  }
}
