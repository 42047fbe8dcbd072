import { type ByteSink, GatewayError, Reply, StreamEvent } from '../../core/index.js'
import type { Entry } from './entry.js'
import type { Row } from './views.js'

/** Milliseconds between two events, and between two signs of life. */
const BATCH = 250
const HEARTBEAT = 15_000
/** Rows of one event; of a faster gateway the older ones are left out, and counted. */
const MOST_ROWS = 200
const MOST_LISTENERS = 32

/** Sends finished requests to its listeners, a batch at a time. */
export class Live {
  readonly #listeners = new Set<Listener>()
  #batch: Entry[] = []
  #missed = 0
  #timer: NodeJS.Timeout | undefined
  #rowOf: ((entry: Entry) => Row) | undefined

  add(entry: Entry): void {
    if (this.#listeners.size === 0) return
    this.#batch.push(entry)
    if (this.#batch.length > MOST_ROWS) {
      this.#batch.shift()
      this.#missed++
    }
    this.#timer ??= setTimeout(() => this.#tell(), BATCH).unref()
  }

  /** An event stream: `event: requests`, `data: {"requests":[…],"missed":0}`, oldest first. */
  reply(rowOf: (entry: Entry) => Row): Reply {
    this.#rowOf = rowOf
    if (this.#listeners.size >= MOST_LISTENERS)
      throw new GatewayError('rate_limit_error', `${MOST_LISTENERS} clients listen already`, {
        code: 'AGP_GATEWAY_BUSY',
        retry: false,
      })
    const listener = new Listener(() => this.#listeners.delete(listener))
    this.#listeners.add(listener)
    const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }
    return Reply.stream(listener, { headers })
  }

  /** Listeners come back when there is a gateway again. */
  end(): void {
    for (const listener of this.#listeners) listener.end()
  }

  #tell(): void {
    const { raw } = StreamEvent.of({
      type: 'requests',
      requests: this.#batch.map((entry) => this.#rowOf!(entry)),
      missed: this.#missed,
    })
    this.#timer = undefined
    this.#batch = []
    this.#missed = 0
    for (const listener of this.#listeners) listener.tell(raw)
  }
}

class Listener {
  #sink: ByteSink | undefined
  #paused = false
  readonly #heartbeat = setInterval(() => this.tell(Buffer.from(': keep-alive\n\n')), HEARTBEAT).unref()

  constructor(private readonly onClose: () => void) {}

  pipe(sink: ByteSink): void {
    this.#sink = sink
    sink.data(Buffer.from(': listening\n\n'))
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
  }

  cancel(): void {
    clearInterval(this.#heartbeat)
    this.#sink = undefined
    this.onClose()
  }

  /** One that does not keep up misses what comes meanwhile. */
  tell(bytes: Buffer): void {
    if (!this.#paused) this.#sink?.data(bytes)
  }

  end(): void {
    const sink = this.#sink
    this.cancel()
    sink?.end()
  }
}
