import { randomUUID } from 'node:crypto'
import type { EventData } from '../../core/index.js'
import { Blocks } from './blocks.js'
import { cutStream, errorData, FailedAnswer, type ProviderError, providerError, truncated } from './errors.js'
import type { Finish, Source, StreamPart, Warning } from './language-model.js'
import { SearchResults } from './search.js'
import { BREAKS_OFF, isCut, stop } from './stop.js'
import { TextBlocks } from './text-blocks.js'
import { ToolBlocks } from './tool-blocks.js'
import { usageOf } from './usage.js'

export interface EventsInit {
  /** The model's `provider`, for signatures. */
  readonly provider: string
  readonly model: string
  /** Ids of tool calls in the conversation: a server that counts from 0 in each answer gets other ones. */
  readonly toolIds: ReadonlySet<string>
  readonly searches: boolean
  /** Leaves thinking out; see `wantsThinking`. */
  readonly hidesThinking: boolean
  /** The client gets the message in one piece: nothing goes out before all of it is there. */
  readonly folds: boolean
  readonly requestId: string
  /** The body of an error that the provider sent in its stream, and its package never saw. */
  reported(): unknown
  /** Told what of the request the package leaves out, by its names for it. */
  ignored?(features: readonly string[]): void
}

/** The parts of one answer as events of the Messages API. */
export class MessageEvents {
  readonly #blocks: Blocks
  readonly #texts: TextBlocks
  readonly #tools: ToolBlocks
  readonly #search: SearchResults | undefined
  readonly #init: EventsInit
  #out: EventData[] = []
  #model: string
  #begun = false
  #done = false

  constructor(init: EventsInit) {
    this.#model = init.model
    this.#init = init
    this.#blocks = new Blocks((event) => this.#send(event))
    this.#texts = new TextBlocks(this.#blocks, init.provider, init.hidesThinking)
    this.#tools = new ToolBlocks(this.#blocks, init.provider, init.toolIds, init.folds)
    this.#search = init.searches ? new SearchResults(this.#blocks) : undefined
  }

  /** The last event is out; whatever else comes says nothing. */
  get done(): boolean {
    return this.#done
  }

  /**
   * What this part comes to; often nothing. `message_start` waits for the first content, so that an error before it is a
   * failed attempt and not half an answer.
   *
   * @throws FailedAnswer for an error of the provider's while the client has nothing
   * @throws UpstreamError `truncated` where the provider's stream ended without saying that the answer is whole
   */
  push(part: StreamPart): readonly EventData[] {
    this.#out = []
    if (!this.#done) this.#take(part)
    return this.#out
  }

  /** The stream ended, or threw. @throws what it threw; UpstreamError `truncated` when it ended before its `finish` */
  end(thrown?: { readonly error: unknown }): readonly EventData[] {
    this.#out = []
    if (!this.#done && this.#init.reported() !== undefined) this.#fail(undefined)
    else if (thrown) throw thrown.error
    else if (!this.#done) throw truncated()
    return this.#out
  }

  #take(part: StreamPart): void {
    switch (part.type) {
      case 'text-start':
      case 'text-delta':
      case 'text-end':
      case 'reasoning-start':
      case 'reasoning-delta':
      case 'reasoning-end':
        this.#texts.take(part)
        break
      case 'tool-call':
      case 'tool-input-start':
      case 'tool-input-delta':
      case 'tool-input-end':
        this.#search?.take(part)
        this.#tools.take(part)
        break
      case 'tool-result':
        this.#search?.take(part)
        break
      case 'source':
        this.#source(part)
        break
      case 'file':
        this.#texts.note(`[a generated ${part.mediaType}, which the Messages API has no block for]`)
        break
      case 'response-metadata':
        this.#model = part.modelId ?? this.#model
        break
      case 'stream-start':
        this.#warn(part.warnings)
        break
      case 'ping':
        this.#out.push({ type: 'ping' })
        break
      case 'error':
        this.#fail(part.error)
        break
      case 'finish':
        this.#finish(part)
    }
  }

  #source(source: Source): void {
    const citation = this.#search?.cite(source)
    if (citation) this.#texts.cite(citation)
  }

  /** By name alone: a warning's words quote the conversation. */
  #warn(warnings: readonly Warning[]): void {
    const features = warnings.flatMap(({ feature }) => feature ?? [])
    if (features.length > 0) this.#init.ignored?.(features)
  }

  #fail(error: unknown): void {
    const reported = this.#init.reported()
    const cut = reported === undefined ? cutStream(error) : undefined
    if (cut) throw cut
    this.#breakOff(providerError(reported ?? error))
  }

  #breakOff(said: ProviderError): void {
    this.#done = true
    const { folds, requestId } = this.#init
    if (folds || !this.#begun) throw new FailedAnswer(said)
    this.#out.push(errorData(said, requestId) as unknown as EventData)
  }

  #finish(part: Finish): void {
    const { finishReason: reason } = part
    if (this.#init.reported() !== undefined) this.#fail(undefined)
    else if (isCut(reason)) throw truncated()
    else if (reason.unified === 'error')
      this.#fail({ message: `the provider broke off: ${reason.raw ?? 'error'}` })
    else this.#complete(part)
  }

  #complete({ finishReason, usage, providerMetadata }: Finish): void {
    this.#texts.finish()
    this.#tools.finish()
    this.#blocks.closeAll()
    const mayBreakOff = BREAKS_OFF.has(finishReason.unified)
    const { fault } = this.#tools
    if (fault !== undefined && !mayBreakOff) {
      this.#breakOff({ status: 502, message: fault })
      return
    }
    const found = this.#search?.finish()
    const called = this.#tools.hasCalled(!mayBreakOff)
    const counts = { ...usageOf(usage), ...(found && { server_tool_use: { web_search_requests: 1 } }) }
    this.#send({
      type: 'message_delta',
      delta: stop(finishReason, called, providerMetadata),
      usage: counts,
    })
    this.#send({ type: 'message_stop' })
    this.#done = true
  }

  #send(event: EventData): void {
    if (!this.#begun) {
      this.#begun = true
      this.#out.push({ type: 'message_start', message: this.#message() })
    }
    this.#out.push(event)
  }

  /** The providers tell the usage at the end. */
  #message() {
    return {
      id: `msg_${randomUUID().replaceAll('-', '')}`,
      type: 'message',
      role: 'assistant',
      model: this.#model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: {
        input_tokens: 0,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
        output_tokens: 0,
      },
    }
  }
}
