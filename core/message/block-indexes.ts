import { applyEdits } from '../json/edit.js'
import { isRecord } from '../json/plain.js'
import { mayHave } from '../stream/marks.js'
import { FrameDecoder } from '../stream/sse-decoder.js'
import { SseEvent } from '../stream/sse-event.js'
import { BLOCK_KINDS, type BlockKind, kindOfBlock, kindOfDelta } from './block.js'
import { dataOf } from './raw.js'

/** Of `content_block_start` and `content_block_stop`, from a letter on at which the search seldom stops. */
const BLOCK_EVENT = Buffer.from('k_st')

const BLANK_LINE = Buffer.from('\n\n')

/** Bytes of an event that waits for its end, so that its number is seen: real ones have 150. */
const HELD_LIMIT = 4 * 1024
const NOTHING: Buffer = Buffer.alloc(0)

interface Block {
  readonly number: number
  /** Undefined for a block of a type that no list knows, which takes any delta. */
  readonly kind: BlockKind | undefined
  isOpen: boolean
}

/**
 * Numbers the content blocks of a stream for clients. Some upstreams number every block 0, count from 1 or leave numbers out, and
 * the official SDK then loses text and calls tools without their input. A stream passes byte for byte until the beginning, the
 * first delta or the end of a block has another number than that block's. From there on each event has the number of the block that
 * it is for, by the rules of a fold.
 */
export class BlockIndexes {
  readonly #pass: (bytes: Buffer) => void
  #count = 0
  /** By the upstream's numbers. */
  readonly #byIndex = new Map<unknown, Block>()
  /** The one that began last, of those that take deltas of a kind; under undefined, of all. */
  readonly #latest = new Map<BlockKind | undefined, Block>()
  /** Those without their end are among these, in their order. */
  readonly #open: Block[] = []
  /** A block has begun, and none of its deltas was looked at. */
  #awaitsDelta = false
  /** The event that came in part when the first delta of a block was due. */
  #held = NOTHING
  /** Of a stream that is wrong. */
  #decoder: FrameDecoder | undefined

  constructor(pass: (bytes: Buffer) => void) {
    this.#pass = pass
  }

  /** Whole events; the last may break off where it is no block's beginning or end. */
  push(bytes: Buffer): void {
    if (this.#decoder) this.#renumber(bytes, this.#decoder)
    else if (this.#awaitsDelta || mayHave(bytes, 'block')) this.#look(bytes)
    else this.#pass(bytes)
  }

  end(): void {
    const rest = this.#decoder?.rest() ?? this.#held
    if (rest.length > 0) this.#pass(this.#numbered(rest))
  }

  #look(part: Buffer): void {
    const bytes = this.#held.length > 0 ? Buffer.concat([this.#held, part]) : part
    this.#held = NOTHING
    const right = mayHave(bytes, 'return') ? this.#rightOfAll(bytes) : this.#rightOf(bytes)
    const whole = bytes.length - this.#held.length
    if (right === whole) {
      if (whole > 0) this.#pass(this.#held.length > 0 ? bytes.subarray(0, whole) : bytes)
      return
    }
    if (right > 0) this.#pass(bytes.subarray(0, right))
    this.#decoder = new FrameDecoder(Number.POSITIVE_INFINITY)
    this.#renumber(bytes.subarray(right), this.#decoder)
  }

  /**
   * How many bytes stand before the first event with a wrong number, or before what is held; of a burst of 500 events only those of blocks
   * are read, and first deltas.
   */
  #rightOf(bytes: Buffer): number {
    let at = 0
    while (at < bytes.length) {
      const marker = this.#awaitsDelta ? at : bytes.indexOf(BLOCK_EVENT, at)
      if (marker < 0) break
      const before = bytes.lastIndexOf(BLANK_LINE, marker)
      const start = this.#awaitsDelta || before < at ? at : before + BLANK_LINE.length
      const end = bytes.indexOf(BLANK_LINE, marker)
      if (end < 0 && this.#awaitsDelta && bytes.length - at <= HELD_LIMIT) {
        this.#held = bytes.subarray(at)
        return at
      }
      at = end < 0 ? bytes.length : end + BLANK_LINE.length
      if (!this.#isRight(bytes.subarray(start, at))) return start
    }
    return bytes.length
  }

  /** The same where lines may end in CR. */
  #rightOfAll(bytes: Buffer): number {
    let right = 0
    let isWrong = false
    new FrameDecoder(Number.POSITIVE_INFINITY).push(bytes, (frame) => {
      isWrong = !this.#isRight(frame)
      if (!isWrong) right += frame.length
      return isWrong
    })
    return isWrong ? right : bytes.length
  }

  #isRight(frame: Buffer): boolean {
    const event = SseEvent.parse(frame)
    if (isOfBlock(event) && this.#numberOf(event) !== event.data.index) return false
    this.#note(event)
    return true
  }

  #renumber(bytes: Buffer, decoder: FrameDecoder): void {
    const out: Buffer[] = []
    decoder.push(bytes, (frame) => void out.push(this.#numbered(frame)))
    if (out.length > 0) this.#pass(Buffer.concat(out))
  }

  #numbered(frame: Buffer): Buffer {
    const event = SseEvent.parse(frame)
    if (!isOfBlock(event)) return frame
    const number = this.#numberOf(event)
    this.#note(event)
    return number === undefined || number === event.data.index ? frame : withIndex(event, number)
  }

  /** The number of the block that an event is for. Undefined where there is none. */
  #numberOf(event: SseEvent): number | undefined {
    return event.type === 'content_block_start' ? this.#count : this.#blockOf(event)?.number
  }

  #blockOf({ type, data }: SseEvent): Block | undefined {
    const named = this.#byIndex.get(data.index)
    if (type === 'content_block_stop') return named?.isOpen ? named : (this.#lastOpen() ?? named)
    const kind = isRecord(data.delta) ? kindOfDelta(data.delta.type) : undefined
    return named && takes(named, kind) ? named : this.#latest.get(kind)
  }

  #lastOpen(): Block | undefined {
    while (this.#open.at(-1)?.isOpen === false) this.#open.pop()
    return this.#open.at(-1)
  }

  #note(event: SseEvent): void {
    const { type, data } = event
    if (type === 'content_block_start') this.#begin(data.index, data.content_block)
    else if (type === 'content_block_delta') this.#awaitsDelta = false
    else if (type === 'content_block_stop') {
      const block = this.#blockOf(event)
      if (block) block.isOpen = false
    }
  }

  #begin(index: unknown, content: unknown): void {
    const type = isRecord(content) ? JSON.stringify(content.type) : undefined
    const block = { number: this.#count++, kind: kindOfBlock(type), isOpen: true }
    this.#byIndex.set(index, block)
    this.#open.push(block)
    for (const kind of [undefined, ...BLOCK_KINDS]) if (takes(block, kind)) this.#latest.set(kind, block)
    this.#awaitsDelta = true
  }
}

function takes(block: Block, kind: BlockKind | undefined): boolean {
  return kind === undefined || (block.kind ?? kind) === kind
}

function isOfBlock(event: SseEvent): boolean {
  return event.hasData && event.type.startsWith('content_block_') && !event.malformed
}

/** All but the number stays as it came. */
function withIndex(event: SseEvent, number: number): Buffer {
  const data = dataOf(event)
  const index = data.get('index')
  const edit = index
    ? { start: index.start, end: index.end, text: String(number) }
    : { start: data.start + 1, end: data.start + 1, text: `"index":${number},` }
  const text = applyEdits(Buffer.from(event.text), [edit]).toString('utf8').replaceAll('\n', ' ')
  return Buffer.from(`${event.isNamed ? `event: ${event.type}\n` : ''}data: ${text}\n\n`)
}
