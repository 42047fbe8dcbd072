import { type ByteSink, GatewayError, Reply, StreamEvent } from '../../core/index.js'
import type { Entry } from './entry.js'
import type { Now } from './now.js'
import type { Row } from './views.js'

/** Milliseconds between two events, and between two signs of life: the page takes 10 s of silence for a gateway that is away. */
const BATCH = 250
const HEARTBEAT = 4_000
/** Milliseconds between two looks at what runs now. */
const NOW = 2_000
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
  #look: NodeJS.Timeout | undefined
  #told = ''
  /** Of the chain in force. */
  now: () => Now = () => ({ inFlight: 0, waiting: 0, accounts: [] })

  add(entry: Entry): void {
    if (this.#listeners.size === 0) return
    this.#batch.push(entry)
    if (this.#batch.length > MOST_ROWS) {
      this.#batch.shift()
      this.#missed++
    }
    this.#timer ??= setTimeout(() => this.#tell(), BATCH).unref()
  }

  /**
   * An event stream: `event: requests`, `data: {"requests":[…],"missed":0}`, oldest first; `event: now`, what runs, at first and
   * where it changed.
   */
  reply(rowOf: (entry: Entry) => Row): Reply {
    this.#rowOf = rowOf
    if (this.#listeners.size >= MOST_LISTENERS)
      throw new GatewayError('rate_limit_error', `${MOST_LISTENERS} clients listen already`, {
        code: 'AGP_GATEWAY_BUSY',
        retry: false,
      })
    const listener = new Listener(nowEvent(this.now()), () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size > 0) return
      clearInterval(this.#look)
      this.#look = undefined
    })
    this.#listeners.add(listener)
    this.#look ??= setInterval(() => this.#tellNow(), NOW).unref()
    const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }
    return Reply.stream(listener, { headers })
  }

  /** Listeners come back when there is a gateway again. */
  end(): void {
    for (const listener of this.#listeners) listener.end()
  }

  #tellNow(): void {
    const now = this.now()
    const told = JSON.stringify(now)
    if (told === this.#told) return
    this.#told = told
    const raw = nowEvent(now)
    for (const listener of this.#listeners) listener.tell(raw)
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

function nowEvent(now: Now): Buffer {
  return StreamEvent.of({ type: 'now', ...now }).raw
}

class Listener {
  #sink: ByteSink | undefined
  #paused = false
  readonly #heartbeat = setInterval(() => this.tell(Buffer.from(': keep-alive\n\n')), HEARTBEAT).unref()

  constructor(
    private readonly first: Buffer,
    private readonly onClose: () => void,
  ) {}

  pipe(sink: ByteSink): void {
    this.#sink = sink
    sink.data(Buffer.concat([Buffer.from(': listening\n\n'), this.first]))
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
