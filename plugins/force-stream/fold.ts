import type { MessageReply } from '../../core/contract/messages.js'
import { UpstreamError } from '../../core/errors/gateway-errors.js'
import type { StreamEvent } from '../../core/stream/sse-event.js'
import { BlockFold } from './block.js'
import { errorOf, isRecord, type Json, protocolError } from './errors.js'

/** Events without which the message would be wrong; any other may be malformed or unknown and is passed over. */
const ESSENTIAL = new Set([
  '',
  'message_start',
  'content_block_start',
  'content_block_delta',
  'content_block_stop',
  'message_delta',
  'message_stop',
])

/**
 * Folds the events of one answer into the message that the same answer would have been without a stream. The rules are
 * those of https://docs.claude.com/en/api/messages-streaming; where that is silent, those of the Anthropic SDK.
 * Throws an UpstreamError for `error` events and for events that break the protocol.
 */
export class MessageFold {
  #message: Json | undefined
  /** In the order in which they began, as the SDK has it: some upstreams number every block 0. */
  readonly #blocks: BlockFold[] = []
  readonly #byIndex = new Map<unknown, BlockFold>()
  #done = false

  /** `message_stop` has come: nothing after it counts. */
  get done(): boolean {
    return this.#done
  }

  push(event: StreamEvent): void {
    if (this.#done) return
    const { data } = event
    if (data.type === 'error' || event.type === 'error') throw errorOf(data)
    if (!ESSENTIAL.has(data.type)) return
    if (event.malformed)
      throw protocolError(`a '${data.type || 'message'}' event whose data is not valid JSON`)
    switch (data.type) {
      case 'message_start':
        this.#start(data)
        break
      case 'content_block_start':
        this.#startBlock(data)
        break
      case 'content_block_delta':
        this.#block(data).delta(data.delta)
        break
      case 'content_block_stop':
        this.#block(data).stop()
        break
      case 'message_delta':
        this.#delta(data)
        break
      case 'message_stop':
        this.#opened(data.type)
        this.#done = true
    }
  }

  /** The whole message. Throws an UpstreamError `truncated` before `message_stop`. */
  result(): MessageReply {
    if (!this.#message || !this.#done) {
      throw new UpstreamError('truncated', 'the upstream ended its stream in the middle of the answer')
    }
    const content =
      this.#blocks.length > 0 ? this.#blocks.map((block) => block.result()) : (this.#message.content ?? [])
    // In place, so that the keys stand in the order that `message_start` gave them.
    return { ...this.#message, content } as unknown as MessageReply
  }

  #start({ message }: Json): void {
    if (this.#message) throw protocolError('a second message_start')
    if (!isRecord(message)) throw protocolError('a message_start without a message')
    this.#message = message
  }

  #startBlock({ index, content_block }: Json): void {
    const message = this.#opened('content_block_start')
    if (!isRecord(content_block)) throw protocolError('a content_block_start without a block')
    const block = new BlockFold(content_block)
    this.#blocks.push(block)
    this.#byIndex.set(index, block)
    // After a server-side fallback the last hop names the model that served, as the answer without a stream does.
    const { type, to } = content_block
    if (type === 'fallback' && isRecord(to) && typeof to.model === 'string') {
      this.#message = { ...message, model: to.model }
    }
  }

  #delta({ type, delta, usage, ...beside }: Json): void {
    const message = this.#opened('message_delta')
    const merged = overlay(overlay(message, beside), isRecord(delta) ? delta : {})
    // Counters are totals so far: the last value stands, and one that is left out or null says nothing new.
    const counters = isRecord(usage)
      ? { ...(isRecord(message.usage) ? message.usage : {}), ...withoutNulls(usage) }
      : message.usage
    this.#message = counters === undefined ? merged : { ...merged, usage: counters }
  }

  #opened(event: string): Json {
    if (!this.#message) throw protocolError(`a ${event} before message_start`)
    return this.#message
  }

  #block({ type, index }: Json): BlockFold {
    const block = this.#byIndex.get(index)
    if (!block) throw protocolError(`a ${type} for block ${Number(index)}, which never began`)
    return block
  }
}

/** Later values win, but a null does not erase what is known. Spread, not assignment: a key may be `__proto__`. */
function overlay(known: Json, later: Json): Json {
  const entries = Object.entries(later).filter(([key, value]) => value !== null || !Object.hasOwn(known, key))
  if (entries.length === 0) return known
  return { ...known, ...Object.fromEntries(entries) }
}

function withoutNulls(object: Json): Json {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null))
}
