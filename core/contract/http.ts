/** Header names are lower case; a header that came several times is an array. Never mutated. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

/** Name, value, name, value: what Node's `writeHead` and undici take, at a third of the cost of an object's making. */
export type HeaderList = string[]

/**
 * The owner of what a request holds. Whatever is opened for a request (a slot on an account, a connection to an upstream, a
 * wait) registers here, and takes itself off when it is released. What is still registered when the client disconnects or the
 * request is over is released then, whatever lost it. Plugin authors need do nothing.
 */
export interface Cancellation {
  /** True once the client has disconnected, the request is over, or the plugin's own signal has aborted. */
  readonly cancelled: boolean
  /** The same as an AbortSignal, made when it is read. */
  readonly signal: AbortSignal
  /** Calls the listener once, on cancellation; at once when that has been already. */
  on(listener: () => void): void
  off(listener: () => void): void
}

/**
 * Bytes in motion, pushed: on the hot path web streams cost 6 times as much, Node's `Readable` about twice
 * (Node 20, 500-event bursts).
 */
export interface ByteSink {
  data(chunk: Buffer): void
  end(): void
  /** The stream broke: what came so far is not the whole. */
  error(error: Error): void
}

export interface ByteSource {
  /** Starts the flow. Once. */
  pipe(sink: ByteSink): void
  /** Back-pressure: a paused source may deliver what it already holds, but asks for no more. */
  pause(): void
  resume(): void
  /** Aborts the source and closes its connection at once. The sink is not called again. */
  cancel(): void
}

/** The JSON of an event's data; `type` names the kind, as in https://docs.claude.com/en/api/messages-streaming. */
export interface EventData {
  readonly type: string
  readonly [field: string]: unknown
}

/** One server-sent event. Bytes until it is read: an event that no mapper changed leaves as it came. */
export interface StreamEvent {
  /** What the `event:` line says, which needs no decoding; without one, the `type` of the data. Empty for comments. */
  readonly type: string
  /** The decoded data. Data that is no JSON object reads as `{ type }`, and `malformed` is true. */
  readonly data: EventData
  /** True when there is data and it is not a JSON object. */
  readonly malformed: boolean
  /** False for comments and blank frames, which no mapper sees. */
  readonly hasData: boolean
  /** What goes over the wire. */
  readonly raw: Buffer
  /** The data as it came, not decoded; empty for comments. Values that must keep their spelling are copied from here. */
  readonly text: string
  /** The same event with other data. */
  with(data: EventData): StreamEvent
}

/** Returns nothing to keep the event, an event or several in its place, `[]` to drop it. */
export type EventMapper = (event: StreamEvent) => StreamEvent | readonly StreamEvent[] | void

/** A mapper with an end: for one that holds something back. */
export interface StreamMapper {
  event?(event: StreamEvent): StreamEvent | readonly StreamEvent[] | void
  /**
   * Events to add where the stream ends: before `message_stop`, or behind the last event of a stream that ends cleanly without
   * one. Runs at most once; not for a stream that breaks, is cancelled or has an `error` event.
   */
  end?(): StreamEvent | readonly StreamEvent[] | void
}
