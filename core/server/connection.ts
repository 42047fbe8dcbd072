import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ClientCancellation } from '../exchange/cancellation.js'

const CONNECTION = Symbol('agproxy.connection')

/**
 * The open requests of one client connection. Node reports the end of a connection only to the response that is being written:
 * a pipelined one behind it never emits `close`, so requests hear it from the socket.
 */
export class Connection {
  readonly #open = new Map<ServerResponse, ClientCancellation>()

  private constructor(private readonly socket: Duplex) {
    socket.once('close', () => this.cancel())
  }

  static of(socket: Duplex & { [CONNECTION]?: Connection }): Connection {
    socket[CONNECTION] ??= new Connection(socket)
    return socket[CONNECTION]
  }

  add(res: ServerResponse, cancellation: ClientCancellation): void {
    this.#open.set(res, cancellation)
    if (this.socket.destroyed) cancellation.cancel()
  }

  delete(res: ServerResponse): void {
    this.#open.delete(res)
  }

  /** Part of an answer has been written to the socket: whatever else is written now becomes part of it. */
  get answering(): boolean {
    for (const res of this.#open.keys()) if (res.socket && res.headersSent) return true
    return false
  }

  /** Cancels all requests: no answer can be read any more. */
  cancel(): void {
    for (const cancellation of this.#open.values()) cancellation.cancel()
  }
}
