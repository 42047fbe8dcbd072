import type { Socket } from 'node:net'
import { type buildConnector, type Dispatcher, type Pool } from 'undici'
import { type Connection, connectionPool, openedBefore } from './connection.js'
import { type ConnectTo, connectorOf } from './connector.js'

export interface WarmOptions {
  /** Milliseconds to wait for TCP and TLS. */
  readonly timeout: number
  readonly keepWarm: boolean
  /** Milliseconds that a session lives after its last request. */
  readonly sessionIdle: number
}

/** Connections to one upstream that are kept without a request. */
const MOST = 8
/** Milliseconds that any others are kept. */
const SPARE = 60_000
/** Milliseconds between two looks at what is too many or too old. */
const CHECK = 15_000
/** Milliseconds from the end of a connection to the next one: those that end together are opened together. */
const PAUSE = 100
/** Milliseconds that a connection must have lived for the next one to come at once; else pauses double, up to the longest. */
const SHORT_LIFE = 5_000
const LONGEST_PAUSE = 60_000

/** One upstream. */
interface Host {
  /** How its connections are opened; undefined until the first was. */
  to: ConnectTo | undefined
  /** Open, and never used. */
  readonly ready: Set<Socket>
  /** Its pool's connections, of those that are not closed. */
  connections: ReadonlySet<Connection>
  opening: number
  /** Connections that were open at once in this session, at most. */
  peak: number
  /** When it had its last request. */
  used: number
  pause: number
  timer: NodeJS.Timeout | undefined
}

/**
 * Keeps connections to upstreams of a live session open: behind another continent's TLS a new one costs 300 ms before the first byte
 * goes out. As many as were used at once, at most 8; one that the upstream closes is opened anew. Only over TLS: what is near needs none
 * of this. Never to an upstream without a request in `sessionIdle`.
 */
export class WarmConnections {
  readonly #hosts = new Map<string, Host>()
  readonly #open: buildConnector.connector
  #check: NodeJS.Timeout | undefined
  #closed = false

  constructor(private readonly options: WarmOptions) {
    this.#open = connectorOf(options.timeout)
  }

  /** For the pools: hands out a connection that is ready, else opens one. */
  readonly connect: buildConnector.connector = (to, done) => {
    const host = this.#hosts.get(`${to.protocol}//${to.host}`)
    if (!host) return this.#open(to, done)
    host.to = to
    const ready = this.#take(host)
    // Not at once: undici goes on only when its own call is over.
    if (ready) process.nextTick(done, null, ready)
    else
      this.#open(to, (...result) => {
        const [, socket] = result
        if (socket) {
          host.peak = Math.max(host.peak, Math.min(MOST, this.#count(host) + 1))
          this.#watch(host, socket)
        }
        ;(done as (...result: unknown[]) => void)(...result)
      })
    return undefined as never
  }

  /** undici's pool for an origin. */
  readonly pool = (origin: string | URL, given: object): Dispatcher => {
    const options = given as Pool.Options
    const { origin: name, protocol } = new URL(origin)
    if (protocol !== 'https:' || !this.options.keepWarm) return connectionPool(origin, options)
    return connectionPool(
      origin,
      { ...options, keepAliveTimeout: this.options.sessionIdle },
      (connections) => {
        const host = this.#hosts.get(name)
        if (host) host.connections = connections
        else this.#hosts.set(name, newHost(connections))
      },
    )
  }

  /** A request goes to an origin. */
  used(origin: string): void {
    if (!this.options.keepWarm) return
    const host = this.#hosts.get(origin)
    if (!host) return
    host.used = performance.now()
    host.pause = PAUSE
    this.#check ??= setInterval(() => this.#prune(), Math.min(CHECK, this.options.sessionIdle)).unref()
  }

  close(): void {
    this.#closed = true
    clearInterval(this.#check)
    for (const host of this.#hosts.values()) this.#drop(host)
  }

  #take(host: Host): Socket | undefined {
    for (const socket of host.ready) {
      host.ready.delete(socket)
      socket.removeListener('readable', endSilently)
      if (!socket.destroyed && socket.readableLength === 0) return openedBefore(socket).ref()
      socket.destroy()
    }
    return undefined
  }

  /** Its end is the moment to open another one. */
  #watch(host: Host, socket: Socket): void {
    const opened = performance.now()
    socket.once('close', () => {
      host.ready.delete(socket)
      if (performance.now() - opened < SHORT_LIFE) host.pause = Math.min(host.pause * 2, LONGEST_PAUSE)
      this.#later(host)
    })
  }

  /** Those that are open, whether they have a request or not. */
  #count(host: Host): number {
    let open = host.ready.size
    for (const { stats } of host.connections) if (stats.connected) open++
    return open
  }

  #later(host: Host): void {
    if (this.#closed || host.timer || !this.#isLive(host)) return
    host.timer = setTimeout(() => {
      host.timer = undefined
      this.#fill(host)
    }, host.pause).unref()
  }

  #isLive(host: Host): boolean {
    return performance.now() - host.used < this.options.sessionIdle
  }

  #fill(host: Host): void {
    const { to } = host
    if (this.#closed || !to || !this.#isLive(host)) return
    for (let missing = host.peak - this.#count(host) - host.opening; missing > 0; missing--) {
      host.opening++
      this.#open(to, (...result) => {
        host.opening--
        const [error, socket] = result
        if (error || !socket) {
          host.pause = Math.min(host.pause * 2, LONGEST_PAUSE)
          this.#later(host)
        } else if (this.#closed || !this.#isLive(host)) socket.on('error', nothing).destroy()
        else this.#keep(host, socket)
      })
    }
  }

  #keep(host: Host, socket: Socket): void {
    this.#watch(host, socket)
    // Whatever comes before a request was sent is a goodbye.
    socket.on('error', nothing).on('readable', endSilently).unref()
    host.ready.add(socket)
  }

  /** The end of a session, and connections that a burst left. */
  #prune(): void {
    let isAnyLive = false
    for (const host of this.#hosts.values()) {
      const live = this.#isLive(host)
      isAnyLive ||= live
      if (!live) this.#drop(host)
      const idle = [...host.connections].filter((one) => one.idle !== undefined)
      const keep = live ? Math.max(0, host.peak - host.ready.size) : 0
      for (const one of idle.sort((a, b) => a.idle! - b.idle!).slice(keep))
        if (!live || one.idle! > SPARE) one.closeSocket()
    }
    if (isAnyLive) return
    clearInterval(this.#check)
    this.#check = undefined
  }

  #drop(host: Host): void {
    clearTimeout(host.timer)
    host.timer = undefined
    host.peak = 0
    for (const socket of host.ready) socket.destroy()
    host.ready.clear()
  }
}

function newHost(connections: ReadonlySet<Connection>): Host {
  return {
    to: undefined,
    ready: new Set(),
    connections,
    opening: 0,
    peak: 0,
    used: performance.now(),
    pause: PAUSE,
    timer: undefined,
  }
}

function nothing(): void {}

/** Reads what comes, so that the other side's end is seen; any word ends it too. */
function endSilently(this: Socket): void {
  if (this.read() !== null) this.destroy()
}
