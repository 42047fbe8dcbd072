import type { EventData, StreamEvent } from '../contract/http.js'
import { errorInEvent } from '../errors/embedded-error.js'
import { UpstreamError } from '../errors/gateway-errors.js'
import { isRecord } from '../json/plain.js'
import { BLOCK_KINDS, BlockFold, type BlockKind, type DeltaKey, kindOfDelta } from './block.js'
import { protocolError } from './protocol-error.js'
import { dataOf, parsed, type RawObject, rawFields, rawObject, writeArray, writeObject } from './raw.js'

/** Events without which the message would be wrong; any other may be malformed or unknown and is passed over. */
const ESSENTIAL = new Set([
  'message_start',
  'content_block_start',
  'content_block_delta',
  'content_block_stop',
  'message_delta',
  'message_stop',
])

/**
 * With these the model ended its answer itself, so that a tool input that is cut is the upstream's fault: to call a tool with
 * half of it would be wrong. Any other (`max_tokens`, `refusal`, `pause_turn`) may stop it in the middle, and that is an answer.
 */
const FINISHED: ReadonlySet<string | undefined> = new Set(['"tool_use"', '"end_turn"', '"stop_sequence"'])

/**
 * Folds the events of one answer into the message that the same answer would have been without a stream. The rules are
 * those of https://docs.claude.com/en/api/messages-streaming; where that is silent, those of the Anthropic SDK.
 * Throws an UpstreamError for `error` events and for events that break the protocol.
 *
 * All but the text of deltas is copied as JSON text and never decoded, so that numbers stay what they were.
 */
export class MessageFold {
  #message: RawObject | undefined
  /** In the order in which they began, as the SDK has it: some upstreams number every block 0. */
  readonly #blocks: BlockFold[] = []
  readonly #byIndex = new Map<number, BlockFold>()
  /** The one that began last, of those that take deltas of a kind. */
  readonly #latest = new Map<BlockKind, BlockFold>()
  /** Its counters, once a message_delta has brought some. */
  #usage: RawObject | undefined
  /** Those that it began with. */
  #usageAtStart: { readonly text: string | undefined; fields(): RawObject | undefined } | undefined
  /** Where the last delta went. */
  #last: BlockFold | undefined
  #done = false

  /** `message_stop` has come: nothing after it counts. */
  get done(): boolean {
    return this.#done
  }

  push(event: StreamEvent): void {
    if (this.#done) return
    const { data } = event
    if (!ESSENTIAL.has(data.type) || event.type === 'error') {
      const error = errorInEvent(event)
      if (error) throw error
      // An event that no list knows, or words without a name. What begins as an object is an event that broke.
      if (data.type !== '' || !event.malformed || !/^\s*\{/.test(event.text)) return
    }
    if (event.malformed)
      throw protocolError(`a '${data.type || 'message'}' event whose data is not valid JSON`)
    switch (data.type) {
      case 'message_start':
        this.#start(event)
        break
      case 'content_block_start':
        this.#startBlock(event)
        break
      case 'content_block_delta':
        this.#last = this.#block(data)
        this.#last?.delta(data.delta, () => dataOf(event).get('delta'))
        break
      case 'content_block_stop':
        this.#opened(data.type)
        break
      case 'message_delta':
        this.#delta(event)
        break
      case 'message_stop':
        this.#opened(data.type)
        this.#done = true
    }
  }

  /** The text of a delta of the same index and type as the event before it. */
  goOn(key: DeltaKey, piece: string): void {
    this.#last!.append(key, piece)
  }

  /** The JSON of the whole message. Throws an UpstreamError `truncated` before `message_stop`. */
  result(): string {
    if (!this.#message || !this.#done) {
      throw new UpstreamError('truncated', 'the upstream ended its stream in the middle of the answer')
    }
    const isCut = !FINISHED.has(this.#message.get('stop_reason'))
    // In place, so that the keys are in the order that `message_start` gave them.
    if (this.#blocks.length > 0 || !this.#message.has('content'))
      this.#message.set('content', writeArray(this.#blocks.map((block) => block.result(isCut))))
    if (this.#usage) this.#message.set('usage', writeObject(this.#usage))
    return writeObject(this.#message)
  }

  #start(event: StreamEvent): void {
    if (this.#message) throw protocolError('a second message_start')
    const fields = rawFields(event)
    this.#message = fields('message')
    if (!this.#message) throw protocolError('a message_start without a message')
    this.#usageAtStart = { text: this.#message.get('usage'), fields: () => fields('message', 'usage') }
  }

  #startBlock(event: StreamEvent): void {
    const message = this.#opened('content_block_start')
    const fields = rawFields(event)('content_block')
    if (!fields) throw protocolError('a content_block_start without a block')
    const block = this.#begin(fields)
    this.#byIndex.set(numberOf(event.data.index) ?? this.#blocks.length - 1, block)
    // After a server-side fallback the last hop names the model that served, as the answer without a stream does.
    const { type, to } = event.data.content_block as { type?: unknown; to?: unknown }
    if (type === 'fallback' && isRecord(to) && typeof to.model === 'string')
      message.set('model', JSON.stringify(to.model))
  }

  #delta(event: StreamEvent): void {
    const message = this.#opened('message_delta')
    const fields = rawFields(event)
    const beside = fields()!
    for (const key of ['type', 'delta', 'usage']) beside.delete(key)
    overlay(message, beside)
    overlay(message, fields('delta'))
    const counters = fields('usage')
    if (!counters) return
    // Counters are totals so far: the last value counts, and one that is left out or null says nothing new.
    this.#usage ??= this.#firstUsage(message.get('usage')) ?? new Map()
    this.#usageAtStart = undefined // it holds the whole event
    for (const [key, text] of counters) if (text !== 'null') this.#usage.set(key, text)
    message.set('usage', 'null') // its place among the keys; written once, at the end
  }

  #firstUsage(text = 'null'): RawObject | undefined {
    const start = this.#usageAtStart
    return start?.text === text ? start.fields() : rawObject(parsed(text, 'a usage'))
  }

  #opened(event: string): RawObject {
    if (!this.#message) throw protocolError(`a ${event} before message_start`)
    return this.#message
  }

  /**
   * The block that a delta is for. Some upstreams leave indexes out or count them wrongly: where the index leads to no block, or
   * to one of another kind, it is the block of its kind that began last. Words without any such block begin one.
   */
  #block({ type, index, delta }: EventData): BlockFold | undefined {
    this.#opened(type)
    const number = numberOf(index)
    const deltaType = isRecord(delta) ? delta.type : undefined
    const kind = kindOfDelta(deltaType)
    const named = number === undefined ? this.#blocks.at(-1) : this.#byIndex.get(number)
    if (named?.takes(kind)) return named
    const latest = kind ? this.#latest.get(kind) : this.#blocks.at(-1)
    if (latest) return latest
    if (kind === undefined || kind === 'tool')
      throw protocolError(`a ${type} for block ${number}, which never began`)
    // A signature or a citation of nothing is nothing.
    return deltaType === `${kind}_delta` ? this.#begin(new Map([['type', `"${kind}"`]])) : undefined
  }

  #begin(fields: RawObject): BlockFold {
    const block = new BlockFold(fields)
    this.#blocks.push(block)
    for (const kind of BLOCK_KINDS) if (block.takes(kind)) this.#latest.set(kind, block)
    return block
  }
}

/** Some upstreams leave an index out, or write it as a text. */
function numberOf(index: unknown): number | undefined {
  return index === undefined || index === null || index === '' ? undefined : Number(index)
}

/** Later values win, but a null does not erase what is known. */
function overlay(known: RawObject, later: RawObject | undefined): void {
  for (const [key, text] of later ?? []) if (text !== 'null' || !known.has(key)) known.set(key, text)
}
