import { type Account, type Call, type EstimateTokens, Reply, type Transport } from '../../core/index.js'
import { keyOf } from '../../core/kit.js'
import type { Attempt, Attempts } from './attempt.js'
import { mapCall } from './call-options.js'
import { EventSource } from './event-source.js'
import { MessageEvents } from './events.js'
import { Failures } from './failures.js'
import { createFetch } from './fetch.js'
import { MessageFold } from './fold.js'
import type { CallOptions, LanguageModel, PromptMessage, StreamPart } from './language-model.js'
import { Providers, type ProvidersInit } from './provider.js'
import { wantsThinking } from './provider-options.js'
import { secretsIn } from './secrets.js'

export interface SenderInit extends Omit<ProvidersInit, 'fetch' | 'api' | 'baseURL'> {
  readonly api?: string | undefined
  readonly baseURL?: string | undefined
  readonly transport: Transport
  readonly estimate: EstimateTokens
  readonly providerOptions: Readonly<Record<string, unknown>>
  contextWindow(model: string): number | undefined
}

const STREAM = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }

const JSON_TYPE = { 'content-type': 'application/json' }

/** Sends calls to the models of one upstream. */
export class Sender {
  readonly #init: SenderInit
  readonly #attempts: Attempts = new WeakMap()
  readonly #providers: Providers
  readonly #secrets: readonly string[]

  constructor(init: SenderInit) {
    this.#init = init
    const { name, transport, provider, settings, api, baseURL } = init
    const fetch = createFetch(name, transport, this.#attempts)
    this.#secrets = secretsIn(settings)
    this.#providers = new Providers({ name, provider, settings, api, baseURL, fetch })
  }

  /** @throws SetupError for what would fail every request of the account */
  async check(account: Account, modelId: string): Promise<void> {
    await this.#providers.check(account, modelId)
  }

  /** One attempt. A model is always asked for a stream; a client that wants none gets the same events, folded. */
  async send(call: Call, modelId: string): Promise<Reply> {
    const { name } = this.#init
    const { account } = call.target!
    const key = await keyOf(account)
    for (const secret of [key, ...this.#secrets]) call.record.sentWith(secret)
    const attempt: Attempt = { call }
    const reported = () => attempt.error
    const window = this.#init.contextWindow(call.model)
    const failures = new Failures({ call, window, estimate: this.#init.estimate, reported })
    const failure = (error: unknown) => failures.thrown(error)
    const model = await this.#providers.model(account, key, modelId).catch(async (error) => {
      throw await failure(error)
    })
    const { options, dropped, searches } = mapCall(call.body, model, this.#init.providerOptions)
    if (dropped.length > 0) call.record.note(name, `left out tools: ${dropped.join(', ')}`)

    const sentAt = performance.now()
    let stream: ReadableStream<StreamPart>
    try {
      stream = await this.#stream(model, options, attempt)
    } catch (error) {
      return await failures.reply(error)
    } finally {
      call.record.facts.upstreamMs = performance.now() - sentAt
    }
    const events = new MessageEvents({
      provider: model.provider,
      model: modelId,
      toolIds: toolIdsOf(options.prompt),
      searches,
      hidesThinking: !wantsThinking(call.body),
      folds: !call.stream,
      requestId: call.id,
      reported,
      ignored: (features) => call.record.note(name, `the provider ignores ${features.join(', ')}`),
    })
    if (!call.stream) return Reply.bytes(await folded(stream, events, failure), { headers: JSON_TYPE })
    return Reply.stream(new EventSource(stream, events, failure), { headers: STREAM })
  }

  async #stream(
    model: LanguageModel,
    options: CallOptions,
    attempt: Attempt,
  ): Promise<ReadableStream<StreamPart>> {
    const { signal } = attempt.call
    this.#attempts.set(signal, attempt)
    const { stream } = await model.doStream({ ...options, abortSignal: signal })
    return stream
  }
}

/** Rejects with an error of ours; the stream is cancelled in each case. */
async function folded(
  stream: ReadableStream<StreamPart>,
  events: MessageEvents,
  failure: (error: unknown) => Promise<Error>,
): Promise<Buffer> {
  const fold = new MessageFold()
  let thrown: { error: unknown } | undefined
  try {
    for await (const part of stream) for (const event of events.push(part)) fold.push(event)
  } catch (error) {
    thrown = { error }
  }
  try {
    events.end(thrown)
  } catch (error) {
    throw await failure(error)
  }
  return fold.json()
}

function toolIdsOf(prompt: readonly PromptMessage[]): Set<string> {
  const ids = new Set<string>()
  for (const { role, content } of prompt) {
    if (role !== 'assistant') continue
    for (const part of content) if (part.type === 'tool-call') ids.add(part.toolCallId)
  }
  return ids
}
