import type { Socket } from 'node:net'
import { type Agent, type buildConnector, Client, type Dispatcher, errors, Pool } from 'undici'

/** A handler that is told which connection its request goes over. */
export interface Carried {
  carriedBy(connection: Connection): void
}

/** Dispatch options with which a handler asks for its connection. */
export type CarriedOptions = Dispatcher.DispatchOptions & { readonly carried?: Carried }

/**
 * One connection of a pool, with what undici does not tell of it: whether it served before, and whether the upstream has said
 * a word since the request at hand was given to it.
 */
export class Connection extends Client {
  #socket: Socket | undefined
  #served = false
  #reused = false
  #heard = false

  constructor(
    origin: URL,
    options: Client.Options,
    readonly siblings: Set<Connection>,
  ) {
    const connect = options.connect as buildConnector.connector
    const connector: buildConnector.connector = (to, done) => {
      this.#opening()
      return connect(to, (...result: Parameters<buildConnector.Callback>) => {
        if (result[1]) this.#opened(result[1])
        done(...result)
      })
    }
    super(origin, { ...options, connect: connector })
    siblings.add(this)
  }

  /** It was open before the request at hand, and not a byte has come back since: the upstream had closed it already. */
  get stale(): boolean {
    return this.#reused && !this.#heard
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    // One request at a time, so this one is the only one.
    this.#reused = this.#served && this.#socket?.destroyed === false
    this.#heard = false
    this.#served = true
    ;(options as CarriedOptions).carried?.carriedBy(this)
    return super.dispatch(options, handler)
  }

  /** Closes every connection to the same upstream that nobody uses, so that the next request opens one. */
  dropIdle(): void {
    for (const { stats, closeSocket } of this.siblings) if (stats.size === 0) closeSocket()
  }

  /** By the error that undici's own timeout uses; a request that was given to it meanwhile opens a new one. */
  readonly closeSocket = (): void => {
    this.#socket?.destroy(new errors.InformationalError('idle'))
  }

  #opening(): void {
    this.#socket = undefined
    this.#reused = false
    this.#heard = false
  }

  #opened(socket: Socket): void {
    this.#socket = socket
    // Before undici listens and reads what is there. An end is readable too, with nothing to read.
    socket.on('readable', () => {
      if (socket.readableLength > 0) this.#heard = true
    })
  }
}

/** For undici's agents: a pool whose connections know themselves. */
export function connectionPool(origin: string | URL, options: object): Dispatcher {
  const siblings = new Set<Connection>()
  const factory = (to: URL, settings: object) => new Connection(to, settings, siblings)
  return new Pool(origin, { ...(options as Agent.Options), factory } as Pool.Options).on(
    'connectionError',
    (_origin, targets) => {
      for (const target of targets) siblings.delete(target as Connection)
    },
  )
}
