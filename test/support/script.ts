import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { type FrameInit, type FrameOptions, frames, inPieces, type Pieces } from './sse-bytes.js'
import { zstdStored } from './zstd.js'

/** One request and the answer to it, as a script's steps see them. */
export interface Exchange {
  readonly res: ServerResponse
  readonly socket: Socket
  /** Resolves when the connection or the answer is over. */
  readonly closed: Promise<void>
  /** True once nothing can be written any more. */
  readonly over: () => boolean
  /** Waits, at most until the connection is closed. */
  sleep(ms: number): Promise<void>
  /** Ends the connection from this side, with an RST or a FIN. */
  breakOff(how: 'rst' | 'fin'): void
  /** It was this side that ended it. */
  brokeOff: boolean
}

/** What the upstream does, one step after the other. */
export type Step = (exchange: Exchange) => void | Promise<void>
export type Script = Step | readonly Script[]

export async function play(script: Script, exchange: Exchange): Promise<void> {
  if (typeof script === 'function') return script(exchange)
  for (const part of script) {
    if (exchange.over()) return
    await play(part, exchange)
  }
}

export type HeadersInit = Readonly<Record<string, string | readonly string[]>>

/** Status and headers, sent at once. */
export function head(status = 200, headers: HeadersInit = {}): Step {
  return ({ res }) => {
    res.writeHead(status, headers as Record<string, string | string[]>)
    res.flushHeaders()
  }
}

/**
 * Bytes of the body, each in a write (and so a chunk) of its own; `every` ms apart, in the same turn when undefined.
 * Pulled from the iterable as the other side reads, so that a generator can make a stream of any length.
 */
export function write(chunks: Iterable<Buffer> | Buffer | string, every?: number): Step {
  return async (exchange) => {
    const list = typeof chunks === 'string' || Buffer.isBuffer(chunks) ? [Buffer.from(chunks)] : chunks
    for (const chunk of list) {
      if (exchange.over()) return
      await writable(exchange, exchange.res.write(chunk))
      if (every === 0) await nextTurn()
      else if (every !== undefined) await exchange.sleep(every)
    }
  }
}

/** The answer's end, as the protocol wants it. */
export function end(): Step {
  return ({ res }) => void res.end()
}

export function delay(ms: number): Step {
  return (exchange) => exchange.sleep(ms)
}

/** Says nothing more, until the other side goes away. */
export function stall(): Step {
  return (exchange) => exchange.closed
}

/**
 * Breaks the connection with a real RST. What was written before gets `after` ms to arrive: an RST makes the receiver's
 * kernel free to throw away what it still holds.
 */
export function reset({ after = 20 }: { after?: number } = {}): Step {
  return async (exchange) => {
    if (after > 0) await exchange.sleep(after)
    // On a busy machine the timer is over before a receiver in this process has had its turn.
    if (after > 0) for (let turns = 0; turns < 3; turns++) await nextTurn()
    exchange.breakOff('rst')
  }
}

/** Ends the connection with a FIN in the middle of the answer: clean for TCP, broken for HTTP. */
export function hangUp(): Step {
  return async (exchange) => {
    exchange.breakOff('fin')
    await exchange.closed
  }
}

/** Bytes straight onto the socket, past all that node:http knows about answers. Follow it with `hangUp` or `reset`. */
export function raw(bytes: Buffer | string): Step {
  return async (exchange) => writable(exchange, exchange.socket.write(bytes))
}

export interface ReplyOptions {
  readonly headers?: HeadersInit
}

/** A whole answer with its content-length. `length` states another one: a lie of the headers about the body. */
export function respond(
  status: number,
  body: Buffer | string,
  { headers = {}, length }: ReplyOptions & { length?: number } = {},
): Script {
  const bytes = Buffer.from(body)
  const fields = { 'content-length': String(length ?? bytes.length), ...headers }
  if (length !== undefined && length > bytes.length) {
    return [head(status, fields), write(bytes), hangUp()]
  }
  if (length !== undefined && length < bytes.length) {
    // node:http refuses to write more than it promised, so this goes past it.
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
    return [raw(`HTTP/1.1 ${status} Scripted\r\n${lines.join('')}\r\n`), raw(bytes), hangUp()]
  }
  return [head(status, fields), write(bytes), end()]
}

export function json(body: unknown, status = 200, options: ReplyOptions = {}): Script {
  return respond(status, JSON.stringify(body), {
    headers: { 'content-type': 'application/json', ...options.headers },
  })
}

export interface SseOptions extends FrameOptions, ReplyOptions {
  readonly pieces?: Pieces
  /** Milliseconds between pieces; 0 gives each a turn of the event loop. Undefined: all at once. */
  readonly every?: number
  /** What follows the last piece; default `end()`. */
  readonly ending?: Script
}

/** An event stream. Cut it short by giving fewer events and `ending: reset()`, `stall()` or `hangUp()`. */
export function sse(events: readonly FrameInit[], options: SseOptions = {}): Script {
  return streamed(inPieces(frames(events, options), options.pieces), options)
}

/** An event stream of bytes that you made yourself, e.g. by `cutInsideCharacter`. */
export function streamed(chunks: Iterable<Buffer>, options: Omit<SseOptions, 'pieces'> = {}): Script {
  const headers = { 'content-type': 'text/event-stream; charset=utf-8', ...options.headers }
  return [head(200, headers), write(chunks, options.every), options.ending ?? end()]
}

export type Encoding = 'gzip' | 'deflate' | 'br' | 'zstd'

const ENCODERS: Readonly<Record<Encoding, (bytes: Buffer) => Buffer>> = {
  gzip: (bytes) => gzipSync(bytes),
  deflate: (bytes) => deflateSync(bytes),
  br: (bytes) => brotliCompressSync(bytes),
  zstd: zstdStored,
}

/** A compressed body with the header that says so; the header is what you claim it to be. */
export function compressed(
  body: Buffer | string,
  encoding: Encoding,
  { headers, claim = encoding, status = 200 }: ReplyOptions & { claim?: string; status?: number } = {},
): Script {
  return respond(status, ENCODERS[encoding](Buffer.from(body)), {
    headers: { 'content-encoding': claim, ...headers },
  })
}

/** Waits until there is room again, so that a stream of 100 MB isn't held in this process. */
async function writable({ res, socket, closed }: Exchange, room: boolean): Promise<void> {
  if (room) return
  const target = res.writableNeedDrain ? res : socket
  await Promise.race([new Promise((resolve) => target.once('drain', resolve)), closed])
}
