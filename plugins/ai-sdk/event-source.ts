import type { ByteSink, ByteSource, EventData } from '../../core/index.js'
import type { StreamPart } from './language-model.js'

/** What becomes of a stream part, and what of the stream's end. */
export interface PartMapper {
  push(part: StreamPart): readonly EventData[]
  /** Nothing that may follow matters. */
  readonly done: boolean
  /** Throws what the stream threw, or that it was cut, where no event can tell of it. */
  end(thrown?: { readonly error: unknown }): readonly EventData[]
}

/**
 * A model's stream as a body of server-sent events. The events of all parts that are there already leave as one chunk: a
 * package's stream hands parts on one by one, and each chunk costs every layer behind it.
 */
export class EventSource implements ByteSource {
  readonly #reader: ReadableStreamDefaultReader<StreamPart>
  readonly #mapper: PartMapper
  readonly #failure: (error: unknown) => Promise<Error>
  #waiting = ''
  #paused = false
  #wake: (() => void) | undefined
  #cancelled = false

  /** `failure` turns what the package throws into an error of ours. */
  constructor(
    stream: ReadableStream<StreamPart>,
    mapper: PartMapper,
    failure: (error: unknown) => Promise<Error>,
  ) {
    this.#reader = stream.getReader()
    this.#mapper = mapper
    this.#failure = failure
  }

  pipe(sink: ByteSink): void {
    void this.#flow(sink)
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#wake?.()
    this.#wake = undefined
  }

  cancel(): void {
    if (this.#cancelled) return
    this.#cancelled = true
    this.resume()
    this.#release()
  }

  async #flow(sink: ByteSink): Promise<void> {
    try {
      const thrown = await this.#read(sink)
      if (this.#cancelled) return
      this.#add(this.#mapper.end(thrown), sink)
      this.#flush(sink)
      this.#release()
      sink.end()
    } catch (error) {
      this.#release()
      const failure = await this.#failure(error)
      if (this.#cancelled) return
      this.#flush(sink)
      sink.error(failure)
    }
  }

  /** To the end; with what broke it off. */
  async #read(sink: ByteSink): Promise<{ error: unknown } | undefined> {
    try {
      while (!this.#mapper.done) {
        if (this.#paused) await new Promise<void>((resolve) => (this.#wake = resolve))
        const { done, value } = await this.#reader.read()
        if (done || this.#cancelled) break
        this.#add(this.#mapper.push(value), sink)
      }
      return undefined
    } catch (error) {
      return { error }
    }
  }

  #add(events: readonly EventData[], sink: ByteSink): void {
    if (events.length === 0) return
    // A tick comes only after all microtasks, in which the parts that are there already arrive.
    if (this.#waiting === '') process.nextTick(() => this.#flush(sink))
    for (const event of events) this.#waiting += `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
  }

  #flush(sink: ByteSink): void {
    if (this.#waiting === '' || this.#cancelled) return
    const bytes = Buffer.from(this.#waiting)
    this.#waiting = ''
    sink.data(bytes)
  }

  #release(): void {
    this.#reader.cancel().catch(() => {})
  }
}
