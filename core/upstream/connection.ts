import type { Socket } from 'node:net'
import { type buildConnector, Client, type Dispatcher, errors, Pool } from 'undici'

/** A handler that learns which connection its request goes over. */
export interface Carried {
  carriedBy(connection: Connection): void
}

/** Dispatch options with which a handler asks for its connection. */
export type CarriedOptions = Dispatcher.DispatchOptions & { readonly carried?: Carried }

/**
 * One connection of a pool, with what undici does not tell of it: whether it served before, whether a byte has come back since the
 * request at hand was given to it, and since when it has had none. No listener on the socket: one for `readable` changed which error
 * a reset in the middle of an answer had.
 */
export class Connection extends Client {
  #socket: Socket | undefined
  #served = false
  #reused = false
  /** Bytes that had come when the request at hand was given to it. */
  #before = 0
  #idleSince = performance.now()

  constructor(
    origin: URL,
    options: Client.Options,
    readonly siblings: Set<Connection>,
  ) {
    const connect = options.connect as buildConnector.connector
    const connector: buildConnector.connector = (to, done) => {
      this.#opened(undefined)
      return connect(to, (...result: Parameters<buildConnector.Callback>) => {
        if (result[1]) this.#opened(result[1])
        done(...result)
      })
    }
    super(origin, { ...options, connect: connector })
    siblings.add(this)
    this.on('drain', () => {
      this.#idleSince = performance.now()
    })
  }

  /** It was open before the request at hand, and not a byte has come back since: the upstream had closed it already. */
  get stale(): boolean {
    return this.#reused && (this.#socket?.bytesRead ?? 0) === this.#before
  }

  /** Milliseconds that an open connection has had no request; undefined for one that has one, or that is closed. */
  get idle(): number | undefined {
    if (this.stats.size > 0 || !this.#socket || this.#socket.destroyed) return undefined
    return performance.now() - this.#idleSince
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    // One request at a time, so this one is the only one.
    this.#reused = this.#served && this.#socket?.destroyed === false
    this.#before = this.#socket?.bytesRead ?? 0
    this.#served = true
    ;(options as CarriedOptions).carried?.carriedBy(this)
    return super.dispatch(options, handler)
  }

  /** Closes every connection to the same upstream that has no request, so that the next request opens one. */
  dropIdle(): void {
    for (const { idle, closeSocket } of this.siblings) if (idle !== undefined) closeSocket()
  }

  /** By the error that undici's own timeout uses; a request that was given to it meanwhile opens a new one. */
  readonly closeSocket = (): void => {
    this.#socket?.destroy(new errors.InformationalError('idle'))
  }

  #opened(socket: Socket | undefined): void {
    this.#socket = socket
    this.#reused = socket !== undefined && opened.has(socket)
    this.#before = socket?.bytesRead ?? 0
  }
}

/** Sockets that were open before a request wanted one: the upstream may have closed them as well. */
const opened = new WeakSet<Socket>()

/** Marks such a socket. */
export function openedBefore(socket: Socket): Socket {
  opened.add(socket)
  return socket
}

/** For undici's agents: a pool whose connections know themselves. `made` gets the set in which they are. */
export function connectionPool(
  origin: string | URL,
  options: Pool.Options,
  made?: (siblings: ReadonlySet<Connection>) => void,
): Dispatcher {
  const siblings = new Set<Connection>()
  made?.(siblings)
  const factory = (to: URL, settings: object) => new Connection(to, settings, siblings)
  return new Pool(origin, { ...options, factory }).on('connectionError', (_origin, targets) => {
    for (const target of targets) siblings.delete(target as Connection)
  })
}
