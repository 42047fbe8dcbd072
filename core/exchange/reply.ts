import type {
  ByteSource,
  EventData,
  EventMapper,
  HeaderList,
  Headers,
  StreamMapper,
} from '../contract/http.js'
import type { Reply as ReplyContract, ReplyInit, ReplyMakers, ReplyPatch } from '../contract/reply.js'
import type { Cooldown } from '../contract/upstream.js'
import { isKnownError } from '../errors/gateway-errors.js'
import { mapSource } from '../stream/map-events.js'
import { bytesSource, chunksOf, collect, iterableSource } from '../stream/source.js'
import { FrameDecoder } from '../stream/sse-decoder.js'
import { StreamEvent } from '../stream/sse-event.js'
import { endToEndList, header, lowerCased } from './headers.js'
import type { InnerReply } from './inner.js'

/** A JSON answer that is held in memory may have this many bytes; a stream has no such limit. */
const COLLECT_LIMIT = 64 * 1024 * 1024

const NO_MAPPERS: readonly (EventMapper | StreamMapper)[] = []

/** The body of an answer, shared by all replies that were derived from one another. */
interface Payload {
  bytes?: Buffer
  /** The stream is being read. */
  taken?: boolean
  source?: ByteSource
  collecting?: Promise<Buffer>
}

/** See the contract; a stream's bytes are decoded when they are read. */
export class ChainReply implements InnerReply {
  readonly status: number
  readonly cooldown: Cooldown | undefined
  #headers: Headers
  /** What `with` changed of them; merged when `headers` is read. */
  #over: Headers | undefined
  #payload: Payload
  #mappers: readonly (EventMapper | StreamMapper)[]

  private constructor(
    init: ReplyInit,
    payload: Payload,
    mappers: readonly (EventMapper | StreamMapper)[] = NO_MAPPERS,
    over?: Headers,
  ) {
    this.status = init.status ?? 200
    this.cooldown = init.cooldown
    this.#headers = init.headers ?? {}
    this.#over = over
    this.#payload = payload
    this.#mappers = mappers
  }

  static bytes(bytes: Buffer, init: ReplyInit = {}): ChainReply {
    return new ChainReply(withLowerCase(init), { bytes })
  }

  static json(value: unknown, init: ReplyInit = {}): ChainReply {
    const headers = { 'content-type': 'application/json', ...(init.headers && lowerCased(init.headers)) }
    return ChainReply.bytes(Buffer.from(JSON.stringify(value)), { ...init, headers })
  }

  /** A stream of bytes from an upstream or of your own. */
  static stream(source: ByteSource, init: ReplyInit = {}): ChainReply {
    return new ChainReply(withLowerCase(init), { source })
  }

  /** A `text/event-stream` of your own, from data objects or events, made as fast as the client reads. */
  static events(
    events: Iterable<EventData | StreamEvent> | AsyncIterable<EventData | StreamEvent>,
    init: ReplyInit = {},
  ): ChainReply {
    async function* raw() {
      for await (const item of events) yield isEvent(item) ? item.raw : StreamEvent.of(item).raw
    }
    const headers = {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      ...(init.headers && lowerCased(init.headers)),
    }
    return ChainReply.stream(iterableSource(raw()), { ...init, headers })
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300
  }

  get isEventStream(): boolean {
    return this.header('content-type')?.toLowerCase().includes('text/event-stream') ?? false
  }

  get headers(): Headers {
    if (this.#over) {
      this.#headers = overlaid(this.#headers, this.#over)
      this.#over = undefined
    }
    return this.#headers
  }

  header(name: string): string | undefined {
    const isOver = this.#over !== undefined && Object.hasOwn(this.#over, name)
    return header(isOver ? this.#over! : this.#headers, name)
  }

  /** The headers that may travel on, as `endToEndList` has them. */
  headerList(drop: ReadonlySet<string>): HeaderList {
    const over = this.#over
    const list = endToEndList(this.#headers, drop, over)
    return over ? list.concat(endToEndList(over, drop)) : list
  }

  with(patch: ReplyPatch): ChainReply {
    const { status = this.status, cooldown = this.cooldown, source } = patch
    const over = patch.headers ? this.#overWith(lowerCased(patch.headers)) : this.#over
    const payload = source ? { source } : this.#payload
    const init = { status, headers: this.#headers, cooldown }
    return new ChainReply(init, payload, source ? NO_MAPPERS : this.#mappers, over)
  }

  withBytes(bytes: Buffer, headers: Headers): ChainReply {
    const { status, cooldown } = this
    const init = { status, headers: this.#headers, cooldown }
    return new ChainReply(init, { bytes }, NO_MAPPERS, this.#overWith(headers))
  }

  /** Changes of changes are merged, since they are few; all headers are when somebody reads them. */
  #overWith(headers: Headers): Headers {
    return this.#over ? overlaid(this.#over, headers) : headers
  }

  mapEvents(mapper: EventMapper | StreamMapper): ChainReply {
    if (!this.isEventStream) return this
    const headers = { ...this.headers, 'content-length': undefined }
    const { status, cooldown } = this
    return new ChainReply({ status, headers, cooldown }, this.#payload, [...this.#mappers, mapper])
  }

  bytes(limit = COLLECT_LIMIT): Promise<Buffer> {
    if (this.#mappers.length > 0) {
      this.#payload = { source: this.source() }
      this.#mappers = []
    }
    const payload = this.#payload
    if (payload.bytes) return Promise.resolve(payload.bytes)
    payload.collecting ??= collect(payload.source!, limit).then((bytes) => {
      payload.bytes = bytes
      return bytes
    })
    return payload.collecting
  }

  async text(): Promise<string> {
    return (await this.bytes()).toString('utf8')
  }

  async json<T = unknown>(): Promise<T> {
    return JSON.parse(await this.text()) as T
  }

  async *events(): AsyncGenerator<StreamEvent> {
    const decoder = new FrameDecoder()
    for await (const chunk of chunksOf(this.source())) {
      const frames: Buffer[] = []
      decoder.push(chunk, (frame) => void frames.push(frame))
      for (const frame of frames) {
        const event = StreamEvent.parse(frame)
        if (event.hasData) yield event
      }
    }
  }

  /** The bytes when all of them are here already, else undefined. */
  get held(): Buffer | undefined {
    return this.#mappers.length === 0 ? this.#payload.bytes : undefined
  }

  source(): ByteSource {
    const { bytes, source } = this.#payload
    this.#payload.taken = true
    const plain = source && !bytes ? source : bytesSource(bytes ? [bytes] : [])
    if (this.#mappers.length === 0) return plain
    return mapSource(plain, this.#mappers, faultEvent)
  }

  /** Discards this answer when another one goes out in its place, unless that one is derived from it or it is being read. */
  replacedBy(other: ReplyContract): void {
    const shared = #payload in other && (other as ChainReply).#payload === this.#payload
    if (!shared && !this.#payload.taken && !this.#payload.collecting) this.discard()
  }

  discard(): void {
    this.#payload.source?.cancel()
  }
}

/** One name for the type and its makers, as users know it. */
export type Reply = ReplyContract
export const Reply: ReplyMakers = ChainReply

/** Where replies are made; those derived from them have such headers already. */
function withLowerCase(init: ReplyInit): ReplyInit {
  const headers = init.headers && lowerCased(init.headers)
  return headers === init.headers ? init : { ...init, headers }
}

/** By shape: a config's plugin may hold another copy of the class, and data may well have a field of that name. */
function isEvent(item: EventData | StreamEvent): item is StreamEvent {
  return Buffer.isBuffer((item as StreamEvent).raw)
}

/** Two spreads in one literal would cost four times as much: V8 has a short cut for the first one alone. */
function overlaid(headers: Headers, patch: Headers): Headers {
  const both: Record<string, string | readonly string[] | undefined> = { ...headers }
  for (const name in patch) both[name] = patch[name]
  return both
}

/** The client already has a 200, so the error reaches it as an event, in words that are safe to show. */
function faultEvent(error: unknown): StreamEvent {
  const message = isKnownError(error)
    ? (error as Error).message
    : 'the gateway could not read the upstream stream'
  return StreamEvent.of({ type: 'error', error: { type: 'api_error', message } })
}
