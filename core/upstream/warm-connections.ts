import type { buildConnector, Dispatcher, Pool } from 'undici'
import { connectionPool } from './connection.js'
import { connectorOf, connectTo } from './connector.js'
import { WarmHost } from './warm-host.js'

export interface WarmOptions {
  /** Milliseconds to wait for TCP and TLS. */
  readonly timeout: number
  readonly keepWarm: boolean
  /** Milliseconds that a session lives after its last request. */
  readonly sessionIdle: number
}

/** Milliseconds between two looks at what is too many or too old. */
const CHECK = 15_000
/** Milliseconds between two questions where the next request may go to. */
const ASK = 1_000

/**
 * Keeps connections to upstreams of a live session open: behind another continent's TLS a new one costs 300 ms before the first byte
 * goes out. As many as were used at once, at most 8; one that the upstream closes is opened anew. Only over TLS: what is near needs none
 * of this. Never to an upstream without a request in `sessionIdle`, unless one is about to come.
 */
export class WarmConnections {
  readonly #hosts = new Map<string, WarmHost>()
  readonly #open: buildConnector.connector
  #check: NodeJS.Timeout | undefined
  #asked = Number.NEGATIVE_INFINITY
  #closed = false

  constructor(private readonly options: WarmOptions) {
    this.#open = connectorOf(options.timeout)
  }

  /** For the pools: hands out a connection that is ready or will be soon, else opens one. */
  readonly connect: buildConnector.connector = (to, done) => {
    const host = this.#hosts.get(`${to.protocol}//${to.host}`)
    if (!host) return this.#open(to, done)
    host.connect(to, done as (...result: unknown[]) => void)
    return undefined as never
  }

  /** undici's pool for an origin. */
  readonly pool = (origin: string | URL, given: object): Dispatcher => {
    const options = given as Pool.Options
    const { origin: name, protocol } = new URL(origin)
    if (protocol !== 'https:' || !this.options.keepWarm) return connectionPool(origin, options)
    return connectionPool(
      origin,
      { ...options, keepAliveTimeout: this.options.sessionIdle + 60_000 }, // the end of the session comes first
      (connections) => {
        this.#host(name).connections = connections
      },
    )
  }

  /** A request goes to an origin. */
  used(origin: string): void {
    if (!this.options.keepWarm || this.#closed) return
    const host = this.#hosts.get(origin)
    if (!host) return
    host.used()
    this.#look()
  }

  /**
   * A request is about to come. Where no session lives it is the first one, and `likely` is asked, at most once a second, for the origin
   * that it may go to.
   */
  prepare(likely: () => string | undefined): void {
    if (!this.options.keepWarm || this.#closed) return
    let isAnyLive = false
    for (const host of this.#hosts.values()) {
      if (!host.isLive) continue
      isAnyLive = true
      host.prepare()
    }
    const now = performance.now()
    if (isAnyLive || now - this.#asked < ASK) return
    this.#asked = now
    const origin = likely()
    if (!origin?.startsWith('https:')) return
    this.#host(origin).prepare()
    this.#look()
  }

  close(): void {
    this.#closed = true
    clearInterval(this.#check)
    for (const host of this.#hosts.values()) host.drop()
  }

  #host(origin: string): WarmHost {
    const found = this.#hosts.get(origin)
    if (found) return found
    const host = new WarmHost(connectTo(origin), this.#open, this.options.sessionIdle)
    this.#hosts.set(origin, host)
    return host
  }

  #look(): void {
    this.#check ??= setInterval(() => this.#prune(), Math.min(CHECK, this.options.sessionIdle)).unref()
  }

  #prune(): void {
    let isAnyLive = false
    for (const host of this.#hosts.values()) if (host.prune()) isAnyLive = true
    if (isAnyLive) return
    clearInterval(this.#check)
    this.#check = undefined
  }
}
