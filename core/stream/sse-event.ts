import type { StreamEvent as EventContract, EventData } from '../contract/http.js'

export interface Fields {
  name: string | undefined
  text: string | undefined
}

/**
 * One server-sent event. Bytes until it is read: an event that no mapper changed leaves as it came, with its
 * spelling, its ids and its line ends.
 */
export class SseEvent implements EventContract {
  #raw: Buffer | undefined
  #fields: Fields | undefined
  #data: EventData | undefined
  #malformed = false

  private constructor(raw: Buffer | undefined, data: EventData | undefined) {
    this.#raw = raw
    this.#data = data
  }

  /** A new event: `StreamEvent.of({ type: 'ping' })`. */
  static of(data: EventData): SseEvent {
    return new SseEvent(undefined, data)
  }

  /** An event as it came over the wire, with its closing blank line. */
  static parse(raw: Buffer): SseEvent {
    return new SseEvent(raw, undefined)
  }

  get type(): string {
    if (!this.#raw) return this.#data!.type
    return this.#read().name || this.data.type
  }

  /** Whether it has an `event:` line. */
  get isNamed(): boolean {
    return this.#raw === undefined || this.#read().name !== undefined
  }

  get data(): EventData {
    if (this.#data) return this.#data
    const { name, text } = this.#read()
    let value: unknown
    try {
      value = text === undefined ? undefined : JSON.parse(text)
    } catch {
      value = undefined
    }
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      const type = (value as { type?: unknown }).type
      this.#data = typeof type === 'string' ? (value as EventData) : { ...value, type: name ?? '' }
    } else {
      this.#malformed = text !== undefined
      this.#data = { type: name ?? '' }
    }
    return this.#data
  }

  get malformed(): boolean {
    void this.data
    return this.#malformed
  }

  get hasData(): boolean {
    return this.#raw === undefined || this.#read().text !== undefined
  }

  with(data: EventData): SseEvent {
    return SseEvent.of(data)
  }

  get text(): string {
    return this.#raw ? (this.#read().text ?? '') : JSON.stringify(this.#data)
  }

  get raw(): Buffer {
    this.#raw ??= Buffer.from(`event: ${this.#data!.type}\ndata: ${JSON.stringify(this.#data)}\n\n`)
    return this.#raw
  }

  #read(): Fields {
    if (this.#fields) return this.#fields
    this.#fields = readFields(this.#raw!)
    return this.#fields
  }
}

/** One name for the type and its makers, as users know it. */
export type StreamEvent = EventContract
export const StreamEvent: {
  /** A new event: `StreamEvent.of({ type: 'ping' })`. */
  of(data: EventData): EventContract
  /** An event as it came over the wire, with its closing blank line. */
  parse(raw: Buffer): EventContract
} = SseEvent

/** Data that holds nothing. */
const EMPTY = new Set(['', 'null', '{}'])
const LONGEST_EMPTY = 16

/** A comment, a ping, or data that holds nothing: the official SDK passes over these wherever they come. */
export function saysNothing(event: SseEvent): boolean {
  if (!event.hasData || event.type === 'ping') return true
  const { text } = event
  // An `event: message_stop` may have `{}` for its data.
  return text === '' || (!event.isNamed && text.length < LONGEST_EMPTY && EMPTY.has(text.trim()))
}

/**
 * Whether bytes begin as an event stream does, whatever their content type says: with a field, or with a comment. A few
 * characters are enough, and blank lines may come first.
 */
export function looksLikeEvents(start: string): boolean {
  return /^\ufeff?[\r\n]*(event|data|id|retry)?:/.test(start)
}

/**
 * The fields that matter of one frame; the grammar is https://html.spec.whatwg.org/#event-stream-interpretation. A byte
 * order mark before a stream's first field is no part of that field's name.
 */
export function readFields(raw: Buffer): Fields {
  const fields: Fields = { name: undefined, text: undefined }
  const decoded = raw.toString('utf8')
  const frame = decoded.charCodeAt(0) === 0xfeff ? decoded.slice(1) : decoded
  const usual = twoLines(frame)
  if (usual) return usual
  const lines = frame.includes('\r') ? frame.split(/\r\n|\n|\r/) : frame.split('\n')
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon === 0) continue
    const field = colon < 0 ? line : line.slice(0, colon)
    if (field !== 'data' && field !== 'event') continue
    let value = colon < 0 ? '' : line.slice(colon + 1)
    if (value.startsWith(' ')) value = value.slice(1)
    if (field === 'event') fields.name = value
    else fields.text = fields.text === undefined ? value : `${fields.text}\n${value}`
  }
  return fields
}

/** The form that nearly every event has: an `event` line, a `data` line, a blank line. Cutting any other apart takes twice as long. */
function twoLines(frame: string): Fields | undefined {
  if (!frame.startsWith('event: ')) return undefined
  const second = frame.indexOf('\n') + 1
  if (!frame.startsWith('data: ', second)) return undefined
  const end = frame.indexOf('\n', second)
  if (end !== frame.length - 2 || frame.charCodeAt(end + 1) !== 0x0a || frame.includes('\r')) return undefined
  return { name: frame.slice('event: '.length, second - 1), text: frame.slice(second + 'data: '.length, end) }
}
