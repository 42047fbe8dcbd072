import type { ByteSink, EventData } from '../contract/http.js'
import type { Usage } from '../contract/messages.js'
import type { AttemptRecord } from '../contract/record.js'
import { mayHave } from '../stream/marks.js'
import { StreamEvent } from '../stream/sse-event.js'

/** The two events that carry usage: the first of a stream (input), and the last but one (output, stop reason). */
const START = Buffer.from('"message_start"')
const DELTA = Buffer.from('"message_delta"')
/** Begins a stream's content, after the first event and the opening of a block. */
const CONTENT = Buffer.from('content_block_delta')
/** What the names of both have. Others may have it too, and are looked at. */
const MARK = Buffer.from('ge_')
const LF = 0x0a
const LOW_LINE = 0x5f
/** The lines that we look for have a few hundred bytes. */
const LINE_LIMIT = 16 * 1024
/** All that comes after the beginning of the last delta has less than this, in a stream and so in any piece of one. To search all of a burst costs 80 µs. */
const TAIL = 16 * 1024
const NOTHING = Buffer.alloc(0)

/**
 * Reads the usage of an attempt from its passing stream: decodes only the lines that hold the first event, until it has come, and the
 * other one. Of a chunk in which no event's name begins with `message_` only the line that it broke off in is kept. Never
 * delays or changes anything.
 */
export class UsageTap {
  readonly #attempt: AttemptRecord
  /** The line that the last chunk broke off in. */
  #held: Buffer = NOTHING
  /** That line may hold one of the events. */
  #holdsEvent = false
  #started = false
  #hasContent = false

  constructor(attempt: AttemptRecord) {
    this.#attempt = attempt
  }

  saw(chunk: Buffer): void {
    this.#attempt.saw(chunk.length)
    if (this.#hasContent && !this.#holdsEvent && !mayHave(chunk, 'message') && !endsMark(chunk))
      this.#hold(chunk)
    else this.#look(this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : chunk)
  }

  #look(bytes: Buffer): void {
    if (!this.#hasContent && bytes.includes(CONTENT)) {
      this.#hasContent = true
      this.#attempt.mark('firstContent')
    }
    const whole = bytes.lastIndexOf(LF) + 1
    for (let at = 0; at >= 0 && !this.#started; ) at = this.#find(START, bytes, at, whole)
    for (let at = Math.max(0, bytes.length - TAIL); at >= 0; ) at = this.#find(DELTA, bytes, at, whole)
    this.#held = short(bytes, whole)
    this.#holdsEvent = this.#held.includes(MARK)
  }

  /** No line of this chunk is looked for. */
  #hold(chunk: Buffer): void {
    const whole = chunk.lastIndexOf(LF) + 1
    const isMore = whole === 0 && this.#held.length > 0
    this.#held = short(isMore ? Buffer.concat([this.#held, chunk]) : chunk, whole)
  }

  /** The stream has ended, or broke. */
  ended(): void {
    this.#attempt.mark('lastByte')
  }

  /**
   * Reads the first whole line from `from` on that holds the marker, and returns its end; -1: there is none. Behind the stream's beginning no
   * other is looked for: that took 33 µs of a burst.
   */
  #find(marker: Buffer, bytes: Buffer, from: number, whole: number): number {
    const at = bytes.indexOf(marker, from)
    if (at < 0 || at >= whole) return -1
    const end = bytes.indexOf(LF, at)
    this.#read(bytes.subarray(bytes.lastIndexOf(LF, at) + 1, end))
    return end
  }

  #read(line: Buffer): void {
    const { data } = StreamEvent.parse(line)
    this.#started ||= data.type === 'message_start'
    noteEvent(this.#attempt, data)
  }
}

function short(bytes: Buffer, from: number): Buffer {
  return bytes.length - from <= LINE_LIMIT ? bytes.subarray(from) : NOTHING
}

/** A mark that began in the chunk before would end here. */
function endsMark(chunk: Buffer): boolean {
  return chunk[0] === LOW_LINE || chunk[1] === LOW_LINE
}

interface EventWithUsage {
  readonly type: string
  readonly message?: { readonly usage?: Usage }
  readonly usage?: Usage
  readonly delta?: { readonly stop_reason?: string }
}

/** A sink whose bytes are counted; what they say comes through `noteEvent`. */
export function counted(sink: ByteSink, attempt: AttemptRecord): ByteSink {
  return {
    data(chunk) {
      attempt.saw(chunk.length)
      sink.data(chunk)
    },
    end() {
      attempt.mark('lastByte')
      sink.end()
    },
    error(error) {
      attempt.mark('lastByte')
      sink.error(error)
    },
  }
}

/** Notes what an event says of the tokens, of the content's beginning and of the end. */
export function noteEvent(attempt: AttemptRecord, data: EventData): void {
  const { type, message, usage, delta } = data as EventWithUsage
  if (type === 'content_block_delta') attempt.mark('firstContent')
  else if (type === 'message_start') noteUsage(attempt, message?.usage)
  else if (type === 'message_delta') noteUsage(attempt, usage, delta?.stop_reason)
}

/** Overlays what an answer says of its tokens and its end; a field that it leaves out keeps its value. */
export function noteUsage(
  attempt: AttemptRecord,
  usage: Usage | undefined,
  stopReason?: string | null,
): void {
  if (stopReason) attempt.stopReason = stopReason
  if (typeof usage !== 'object' || usage === null) return
  attempt.inputTokens = usage.input_tokens ?? attempt.inputTokens
  attempt.outputTokens = usage.output_tokens ?? attempt.outputTokens
  attempt.cacheReadTokens = usage.cache_read_input_tokens ?? attempt.cacheReadTokens
  attempt.cacheCreationTokens = usage.cache_creation_input_tokens ?? attempt.cacheCreationTokens
}
