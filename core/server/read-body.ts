import type { IncomingMessage } from 'node:http'
import { ClientGoneError, GatewayError } from '../errors/gateway-errors.js'
import { decodeBody, encodingsOf } from './decode-body.js'

/**
 * The whole body, decompressed. Over the limit: a 413, with what still comes thrown away by the server after the answer, so that a
 * client in mid-upload reads the answer instead of a reset. Later than `timeout` ms (0: never): a 408.
 */
export function readBody(req: IncomingMessage, limit: number, timeout: number): Promise<Buffer> {
  const announced = Number(req.headers['content-length'] ?? 0)
  if (announced > limit) return Promise.reject(tooLarge(limit, announced))
  if (req.destroyed && !req.readableEnded) return Promise.reject(new ClientGoneError())
  const whole = () =>
    new Promise<Buffer>((resolve, reject) => new Reading(req, { announced, limit, timeout }, resolve, reject))
  const encoding = req.headers['content-encoding']
  return encoding === undefined ? whole() : decoded(encoding, whole, limit)
}

async function decoded(encoding: string, whole: () => Promise<Buffer>, limit: number): Promise<Buffer> {
  const encodings = encodingsOf(encoding) // before the body is read: a 415 doesn't wait for it
  return decodeBody(await whole(), encodings, limit)
}

/** Chunks that are joined at a time: HTTP's may have one byte each, and each one's Buffer takes 200. */
const JOINED = 256

class Reading {
  /** Chunks that came, joined. */
  #parts: Buffer[] = []
  #chunks: Buffer[] = []
  #size = 0
  #over = false
  #timer: NodeJS.Timeout | undefined

  constructor(
    req: IncomingMessage,
    private readonly rules: { readonly announced: number; readonly limit: number; readonly timeout: number },
    private resolve: (bytes: Buffer) => void,
    private reject: (error: Error) => void,
  ) {
    const onGone = () => this.#gone()
    req.on('data', (chunk: Buffer) => this.#take(chunk))
    req.on('end', () => this.#end())
    req.on('error', onGone)
    req.on('close', onGone)
    if (rules.timeout > 0) process.nextTick(watchOver, this)
  }

  /** Bodies of some kB come with their headers, and are here before a timer is worth its 2 µs. */
  watch(): void {
    const { announced, timeout } = this.rules
    if (this.#over || (announced > 0 && this.#size === announced)) return
    this.#timer = setTimeout(() => this.#fail(tooLate(timeout)), timeout)
  }

  #take(chunk: Buffer): void {
    if (this.#over) return
    this.#size += chunk.length
    if (this.#size > this.rules.limit) this.#fail(tooLarge(this.rules.limit, this.#size))
    else if (this.#chunks.push(chunk) === JOINED) this.#join()
  }

  #join(): void {
    this.#parts.push(Buffer.concat(this.#chunks))
    this.#chunks = []
  }

  #end(): void {
    if (this.#over) return
    const chunks = this.#parts.length === 0 ? this.#chunks : this.#parts.concat(this.#chunks)
    const { resolve } = this
    this.#stop()
    resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, this.#size))
  }

  /** Heard after each request, so nearly always too late to mean anything: an error for it would cost 6 µs. */
  #gone(): void {
    if (!this.#over) this.#fail(new ClientGoneError())
  }

  #fail(error: Error): void {
    if (this.#over) return
    const { reject } = this
    this.#stop()
    reject(error)
  }

  /** The request's listeners keep this until its connection closes, and a promise's functions keep what it was resolved with. */
  #stop(): void {
    this.#over = true
    this.#parts = []
    this.#chunks = []
    this.resolve = this.reject = ignore
    clearTimeout(this.#timer)
  }
}

function ignore(): void {}

function watchOver(reading: Reading): void {
  reading.watch()
}

function tooLate(timeout: number): GatewayError {
  const message = `the body did not arrive in ${timeout} ms (server.requestTimeout)`
  return new GatewayError('timeout_error', message, { code: 'AGP_BODY_TOO_SLOW', status: 408 })
}

function tooLarge(limit: number, found: number): GatewayError {
  const message = `the body has ${found} bytes or more, and server.bodyLimit is ${limit}`
  return new GatewayError('request_too_large', message, { code: 'AGP_BODY_TOO_LARGE', retry: false })
}
