import { readFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Cancellation } from '../contract/http.js'
import type { Ending, ExchangeRecord } from '../contract/record.js'
import { GatewayError } from '../errors/gateway-errors.js'

export interface Outcome {
  readonly ending: Ending
  /** Why the answer is not whole. */
  readonly error?: Error | undefined
}

export interface DeliveryInit {
  /** Of the request: says that the client has gone. */
  readonly cancellation: Cancellation
  /** Milliseconds that the client may take nothing of what waits for it; 0: any time. */
  readonly writeTimeout: number
  /** Learns when the headers go. */
  readonly record?: ExchangeRecord
}

const COMPLETE: Outcome = { ending: 'complete' }
const GONE: Outcome = { ending: 'gone' }

/** Checks for progress within `writeTimeout`; the first one only looks, so a client is cut off after 1 to 1.25 times that. */
const CHECKS = 4

/**
 * An answer on its way to the client, until the last byte is with the kernel, the client has gone, or it has taken nothing
 * for `writeTimeout`: a client that stops reading and stays would hold the request's slots and its upstream without end.
 */
export class Delivery {
  #outcome: Outcome | undefined
  #over = false
  #timer: NodeJS.Timeout | undefined
  #progress = ''
  #stalledChecks = 0

  constructor(
    private readonly res: ServerResponse,
    private readonly init: DeliveryInit,
    private readonly done: (outcome: Outcome) => void,
  ) {
    res.once('close', this.#onClose)
    init.cancellation.on(this.#onClose)
  }

  headersGo(): void {
    const { record } = this.init
    if (record) record.times.headersSent = record.elapsed()
  }

  get over(): boolean {
    return this.#over
  }

  /** Its outcome, once the client has what was written so far. */
  endsAs(outcome: Outcome): void {
    this.#outcome ??= outcome
  }

  settle(outcome: Outcome): void {
    if (this.#over) return
    this.#over = true
    this.flows()
    this.init.cancellation.off(this.#onClose)
    this.done(outcome)
  }

  /** Call when bytes wait for the client; it is watched until `flows` is called. */
  waits(): void {
    const { writeTimeout } = this.init
    if (this.#over || this.#timer || writeTimeout === 0) return
    this.#stalledChecks = 0
    const timer = setTimeout(() => void this.#check(timer), writeTimeout / CHECKS)
    this.#timer = timer.unref()
  }

  flows(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  readonly #onClose = (): void => {
    this.settle(this.#outcome ?? (this.res.writableFinished ? COMPLETE : GONE))
  }

  async #check(timer: NodeJS.Timeout): Promise<void> {
    const { socket } = this.res.req
    const now = await progress(socket)
    if (this.#timer !== timer) return
    this.#stalledChecks = now === this.#progress ? this.#stalledChecks + 1 : 0
    this.#progress = now
    if (this.#stalledChecks < CHECKS) {
      timer.refresh()
      return
    }
    const message = `the client took nothing for ${this.init.writeTimeout} ms (server.writeTimeout)`
    const error = new GatewayError('timeout_error', message, { code: 'AGP_CLIENT_TOO_SLOW' })
    this.settle({ ending: 'gone', error })
    socket.destroy()
  }
}

type WithHandle = Socket & { _handle?: { writeQueueSize?: number } | null }

/**
 * Changes when the client takes bytes. `bytesWritten` counts whole writes; how much of the present one the kernel took only
 * the handle knows, which Node asks too for `socket.setTimeout` (but bytes that the client sends would reset that one).
 */
async function progress(socket: WithHandle): Promise<string> {
  const written = socket.bytesWritten - socket.writableLength
  return `${written} ${socket._handle?.writeQueueSize} ${await unacknowledged(socket)}`
}

/**
 * Bytes that the kernel holds until the client's side takes them, on Linux; elsewhere nothing. It asks for more only when a
 * third of its buffer is free, 1.3 MB on loopback: without this a client that reads 300 kB/s was cut off after 1 s.
 */
async function unacknowledged({ localPort = 0, remotePort = 0 }: Socket): Promise<string | undefined> {
  const line = new RegExp(`:${hex(localPort)} \\w+:${hex(remotePort)} \\w\\w (\\w+):`)
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const found = line.exec(await readFile(table, 'latin1').catch(() => ''))
    if (found) return found[1]
  }
  return undefined
}

function hex(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0')
}
