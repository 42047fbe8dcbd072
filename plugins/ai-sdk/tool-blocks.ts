import { randomUUID } from 'node:crypto'
import type { Blocks } from './blocks.js'
import { worthCarrying } from './carried.js'
import type { ProviderOptions, StreamPart, ToolCall, ToolInputStart } from './language-model.js'
import { seal } from './signature.js'
import { ToolInput } from './tool-input.js'

type ToolPart = Extract<StreamPart, { type: `tool-${'input-start' | 'input-delta' | 'input-end' | 'call'}` }>

interface ToolRun {
  /** What the client sees, and what comes back. */
  readonly id: string
  readonly name: string
  readonly isText: boolean
  readonly carried: ProviderOptions | undefined
  readonly input: ToolInput
  isOver: boolean
}

/** Ids that other upstreams take too, when the conversation moves on. */
const PLAIN_ID = /^[\w-]{1,64}$/

/** Tool calls, each a `tool_use` block whose input comes in pieces. */
export class ToolBlocks {
  readonly #blocks: Blocks
  readonly #provider: string
  readonly #taken: Set<string>
  readonly #holds: boolean
  /** By the provider's id. */
  readonly #runs = new Map<string, ToolRun>()
  /** Of tools that the provider runs itself. */
  readonly #foreign = new Set<string>()
  #calls = 0
  /** Of the last call. */
  #isWhole = false
  #fault: string | undefined

  /** `holds`: inputs go out when they are whole. */
  constructor(blocks: Blocks, provider: string, taken: ReadonlySet<string>, holds: boolean) {
    this.#blocks = blocks
    this.#provider = provider
    this.#taken = new Set(taken)
    this.#holds = holds
  }

  /** What is wrong with an input that the client has in part, in words. */
  get fault(): string | undefined {
    return this.#fault
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
        if (run && !run.input.isEmpty) this.#close(run)
        break
      }
      case 'tool-call':
        if (!part.providerExecuted && !this.#foreign.has(part.toolCallId)) this.#call(part)
    }
  }

  /** Calls that began and were never said to be whole are calls too: the answer is whole. */
  finish(): void {
    for (const run of this.#runs.values()) {
      this.#close(run)
      this.#calls++
    }
  }

  /** Whether a tool is to be run. Unless the end is `certain`, the last call counts only if its input is whole. */
  hasCalled(certain: boolean): boolean {
    return this.#calls > 0 && (certain || this.#isWhole)
  }

  #start({ id, toolName, providerMetadata, inputEncoding }: Omit<ToolInputStart, 'type'>): ToolRun {
    const carried = worthCarrying(providerMetadata)
    const run: ToolRun = {
      id: this.#newId(id),
      name: toolName,
      isText: inputEncoding === 'text',
      carried,
      input: new ToolInput(this.#holds),
      isOver: false,
    }
    this.#runs.set(id, run)
    if (carried) this.#blocks.add(this.#carrier(run.id, carried))
    this.#blocks.open({ key: run.id, block: { type: 'tool_use', id: run.id, name: toolName, input: {} } })
    return run
  }

  #call({ toolCallId, toolName, input, providerMetadata }: ToolCall): void {
    const run = this.#runs.get(toolCallId) ?? this.#start({ id: toolCallId, toolName, providerMetadata })
    if (run.input.isEmpty) this.#input(run, typeof input === 'string' ? input : JSON.stringify(input ?? {}))
    this.#close(run)
    this.#calls++
    const carried = worthCarrying(providerMetadata)
    if (carried && JSON.stringify(carried) !== JSON.stringify(run.carried))
      this.#blocks.add(this.#carrier(run.id, carried))
    this.#runs.delete(toolCallId) // an id that comes again is another call
  }

  #input(run: ToolRun, piece: string): void {
    this.#send(run, run.input.push(piece))
  }

  #send({ id }: ToolRun, piece: string): void {
    if (piece !== '') this.#blocks.append(id, { type: 'input_json_delta', partial_json: piece })
  }

  #close(run: ToolRun): void {
    if (run.isOver) return
    run.isOver = true
    const { rest, fault } = run.input.end()
    this.#send(run, rest)
    this.#isWhole = run.input.isWhole
    if (fault !== undefined)
      this.#fault ??= `the model called the tool '${run.name}' with ${fault} instead of an object`
    this.#blocks.close(run.id)
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
