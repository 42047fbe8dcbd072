import type { ServerResponse } from 'node:http'
import type { ByteSink, ByteSource, HeaderList } from '../contract/http.js'
import type { Reply } from '../contract/reply.js'
import { ClientGoneError, ReportedError } from '../errors/gateway-errors.js'
import { dropping } from '../exchange/headers.js'
import { headerList, heldBytes } from '../exchange/inner.js'
import { Delivery, type DeliveryInit, type Outcome } from './delivery.js'
import { destroyAnswer } from './destroy-answer.js'

/** What belongs to the upstream's own connection and host, and would mislead the client about ours; and what we say ourselves. */
const NOT_RELAYED = dropping(
  'alt-svc',
  'strict-transport-security',
  'date',
  'content-length',
  'request-id',
  'server-timing',
)

/** Up to here a body leaves in one piece with its headers, as one string: one system call where two buffers need `writev`. */
const ONE_PIECE = 16 * 1024

const EMPTY = Buffer.alloc(0)

/**
 * Writes a reply to the client; resolves when the last byte is handed over, or the client has gone or was cut off. `own` are
 * the gateway's headers, in place of the upstream's. Rejects for what can't be written, with the
 * source cancelled.
 */
export function respond(
  res: ServerResponse,
  reply: Reply,
  own: HeaderList,
  init: DeliveryInit,
): Promise<Outcome> {
  const headers = headerList(reply, NOT_RELAYED)
  for (const part of own) headers.push(part)
  const bytes = heldBytes(reply)
  if (!bytes && res.req.method !== 'HEAD') {
    const head = { status: reply.status, headers, length: reply.header('content-length') }
    return new Promise((resolve, reject) => {
      new Pump(res, head, reply.source(), init, resolve, reject).start()
    })
  }
  reply.discard()
  return new Promise((resolve) => {
    const delivery = new Delivery(res, init, resolve)
    delivery.headersGo()
    writeWhole(res, reply.status, headers, bytes ?? EMPTY)
    if (isWaiting(res)) delivery.waits()
  })
}

/** After `res.end`: whether the kernel has not taken all of it, or a pipelined answer before it has not ended. */
function isWaiting({ socket }: ServerResponse): boolean {
  return !socket || socket.writableLength > 0
}

function writeWhole(res: ServerResponse, status: number, headers: HeaderList, bytes: Buffer): void {
  if (status !== 204) headers.push('content-length', String(bytes.length))
  res.writeHead(status, headers)
  if (bytes.length <= ONE_PIECE) res.end(bytes.toString('latin1'), 'latin1')
  else res.end(bytes)
}

interface Head {
  readonly status: number
  readonly headers: HeaderList
  /** What the upstream announced. */
  readonly length: string | undefined
}

/**
 * Chunks leave in the tick in which they come, and all of one tick in one write: a burst of 500 events written one by one
 * costs 540 µs of CPU instead of 190, and `res.cork()` joins nothing there. An answer that comes whole in one tick leaves
 * whole, with its length.
 */
class Pump implements ByteSink {
  readonly #delivery: Delivery
  #waiting: Buffer[] = []
  #scheduled = false
  #ended = false
  /** The client's buffer is full, and `drain` will say when it is not. */
  #full = false

  constructor(
    private readonly res: ServerResponse,
    private readonly head: Head,
    private readonly source: ByteSource,
    init: DeliveryInit,
    resolve: (outcome: Outcome) => void,
    private readonly reject: (error: unknown) => void,
  ) {
    this.#delivery = new Delivery(res, init, (outcome) => {
      if (outcome.ending === 'gone') source.cancel()
      resolve(outcome)
    })
  }

  start(): void {
    if (this.#delivery.over) return
    this.source.pipe(this)
    // Headers go out although no byte has come: a caller that wants them held back waits before.
    if (!this.res.headersSent && !this.#ended && !this.#delivery.over) this.#schedule()
  }

  data(chunk: Buffer): void {
    this.#waiting.push(chunk)
    this.#schedule()
  }

  end(): void {
    this.#ended = true
    this.flush()
  }

  error(error: Error): void {
    this.flush()
    if (this.#delivery.over) return
    const { res } = this
    if (ReportedError.is(error)) {
      this.#delivery.endsAs({ ending: 'broken', error: error.cause as Error })
      res.end()
      this.#delivery.waits()
      return
    }
    const outcome: Outcome = ClientGoneError.is(error) ? { ending: 'gone' } : { ending: 'broken', error }
    if (res.socket) {
      // No clean end for a broken stream: without the last chunk the client knows that it is not whole.
      this.#delivery.endsAs(outcome)
      res.socket.destroySoon()
      this.#delivery.waits()
    } else {
      // A pipelined answer before it is still being written; the connection ends after that one.
      this.#delivery.settle(outcome)
      destroyAnswer(res)
    }
  }

  flush(): void {
    this.#scheduled = false
    if (this.#delivery.over || this.res.writableEnded) return
    try {
      this.#write()
    } catch (error) {
      this.source.cancel()
      this.reject(error)
      this.#delivery.settle({ ending: 'broken' })
    }
  }

  #write(): void {
    const { res } = this
    const bytes = joined(this.#waiting)
    this.#waiting = []
    if (!res.headersSent) {
      const { status, headers, length } = this.head
      this.#delivery.headersGo()
      // A body that the upstream cut short must not look complete.
      const isWhole = length === undefined || Number(length) === bytes.length
      if (this.#ended && isWhole) {
        writeWhole(res, status, headers, bytes)
        if (isWaiting(res)) this.#delivery.waits()
        return
      }
      if (length !== undefined) headers.push('content-length', length)
      res.writeHead(status, headers)
    }
    if (this.#ended) {
      res.end(bytes)
      if (isWaiting(res)) this.#delivery.waits()
    } else if (bytes.length === 0) res.flushHeaders()
    else if (!res.write(bytes)) this.#wait()
  }

  /** A paused source may still deliver what it holds: more writes, but one listener and one watch. */
  #wait(): void {
    if (this.#full) return
    this.#full = true
    this.source.pause()
    this.#delivery.waits()
    this.res.once('drain', () => {
      this.#full = false
      this.#delivery.flows()
      this.source.resume()
    })
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    process.nextTick(flush, this)
  }
}

function flush(pump: Pump): void {
  pump.flush()
}

function joined(chunks: readonly Buffer[]): Buffer {
  return chunks.length === 1 ? chunks[0]! : chunks.length === 0 ? EMPTY : Buffer.concat(chunks)
}
