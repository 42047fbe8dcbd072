/** Header names are lower case; a header that came several times is an array. Never mutated. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

/** Name, value, name, value: what Node's `writeHead` and undici take, at a third of the cost of an object's making. */
export type HeaderList = string[]

/** Whether an answer is still wanted: false until the client disconnects, or the plugin's own signal aborts. */
export interface Cancellation {
  readonly cancelled: boolean
  /** The same as an AbortSignal, made when it is read. */
  readonly signal: AbortSignal
  /** Calls the listener once, on cancellation; a listener added later is not called. */
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
