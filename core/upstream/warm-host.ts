import type { Socket } from 'node:net'
import type { buildConnector } from 'undici'
import { type Connection, openedBefore } from './connection.js'
import type { ConnectTo } from './connector.js'

/** Connections to one upstream that are kept without a request. */
const MOST = 8
/** Milliseconds that any others are kept, and one that no request has taken yet. */
const SPARE = 60_000
/** Milliseconds from the end of a connection that did not live long to the next one; they double, up to the longest. */
const PAUSE = 200
/** Milliseconds that a connection must have lived for the next one to come at once. */
const SHORT_LIFE = 5_000
const LONGEST_PAUSE = 60_000
/** Milliseconds that a session is kept beyond its length at the most, so that a pause as long as that is not a moment too long. */
const GRACE = 30_000

type Done = (...result: unknown[]) => void

/** One upstream over TLS: its session, and the connections that are kept for it. */
export class WarmHost {
  /** Its pool's connections, of those that are not closed. */
  connections: ReadonlySet<Connection> = new Set()
  /** Open, and never used; since when. */
  readonly #ready = new Map<Socket, number>()
  /** How many are being opened for whatever comes. */
  #opening = 0
  /** Requests that take these as soon as they are open. */
  readonly #waiting: Done[] = []
  /** Requests at once, at most, in this part of the session and in the part before. */
  #peak = 0
  #peakBefore = 0
  #partBegan = performance.now()
  /** When its session ends. */
  #until = 0
  #pause = PAUSE
  #timer: NodeJS.Timeout | undefined

  constructor(
    private to: ConnectTo,
    private readonly open: buildConnector.connector,
    /** Milliseconds that a session lives after its last request. */
    private readonly sessionIdle: number,
  ) {}

  get #sessionEnd(): number {
    return performance.now() + this.sessionIdle + Math.min(GRACE, this.sessionIdle / 4)
  }

  get isLive(): boolean {
    return performance.now() < this.#until
  }

  /** A connection for a request: one that is ready, or that is being opened, else a new one. */
  connect(to: ConnectTo, done: Done): void {
    this.to = to
    const ready = this.#take()
    // Not at once: undici goes on only when its own call is over.
    if (ready) process.nextTick(done, null, ready)
    else if (this.#waiting.length < this.#opening) this.#waiting.push(done)
    else
      this.open(to, (...result) => {
        if (result[1]) this.#watch(result[1])
        ;(done as Done)(...result)
      })
  }

  /** A request was given to the pool. */
  used(): void {
    this.#forgetBursts()
    this.#until = this.#sessionEnd
    this.#pause = PAUSE
    let busy = 0
    for (const { stats } of this.connections) if (stats.size > 0 && ++busy === MOST) break
    this.#peak = Math.max(this.#peak, busy)
  }

  /** A request is about to come: begins a connection if none is free. */
  prepare(): void {
    this.#until = Math.max(this.#until, performance.now() + Math.min(SPARE, this.sessionIdle))
    if (!this.#hasFree && this.#count < MOST) this.#openOne()
  }

  /** Closes what the session leaves at its end, and what a burst left. Whether there is more to look after. */
  prune(): boolean {
    const all = [...this.connections]
    const busy = all.filter(({ stats }) => stats.size > 0).length
    // A request that still runs keeps its session alive.
    if (busy > 0) {
      this.#until = this.#sessionEnd
      this.#forgetBursts()
    }
    const live = this.isLive
    if (!live) this.drop()
    const free = live ? Math.max(0, this.#wanted - busy) : 0
    this.#closeReady(this.#ready.size - free)
    const idle = all.filter((one) => one.idle !== undefined).sort((a, b) => a.idle! - b.idle!)
    for (const one of idle.slice(Math.max(0, free - this.#ready.size)))
      if (!live || one.idle! > SPARE) one.closeSocket()
    return live
  }

  /** So many that are spare, the oldest. */
  #closeReady(most: number): void {
    let left = most
    for (const [socket, since] of this.#ready) {
      if (left-- <= 0 || performance.now() - since <= SPARE) return
      this.#ready.delete(socket)
      socket.destroy()
    }
  }

  drop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#until = this.#peak = this.#peakBefore = 0
    for (const socket of this.#ready.keys()) socket.destroy()
    this.#ready.clear()
  }

  /** Connections that are kept: as many as had requests at once lately. */
  get #wanted(): number {
    return Math.max(this.#peak, this.#peakBefore)
  }

  /** Those that are open or being opened, whether for a request or not. */
  get #count(): number {
    let count = this.#ready.size + this.#opening - this.#waiting.length
    for (const { stats } of this.connections) if (stats.connected || stats.size > 0) count++
    return count
  }

  get #hasFree(): boolean {
    if (this.#ready.size > 0 || this.#opening > this.#waiting.length) return true
    for (const { idle } of this.connections) if (idle !== undefined) return true
    return false
  }

  #take(): Socket | undefined {
    for (const socket of this.#ready.keys()) {
      this.#ready.delete(socket)
      socket.removeListener('readable', endSilently)
      if (!socket.destroyed && socket.readableLength === 0) return openedBefore(socket).ref()
      socket.destroy()
    }
    return undefined
  }

  /** Its end is the moment to open another one. */
  #watch(socket: Socket): void {
    const opened = performance.now()
    socket.once('close', () => {
      this.#ready.delete(socket)
      const isShort = performance.now() - opened < SHORT_LIFE
      this.#later(isShort ? this.#pause : 0)
      if (isShort) this.#pauseLonger()
    })
  }

  #pauseLonger(): void {
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE)
  }

  #later(pause = this.#pause): void {
    if (this.#timer || !this.isLive) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      if (this.isLive) for (let missing = this.#wanted - this.#count; missing > 0; missing--) this.#openOne()
    }, pause).unref()
  }

  #openOne(): void {
    this.#opening++
    this.open(this.to, (error, socket) => {
      this.#opening--
      const waiting = this.#waiting.shift()
      if (socket) this.#watch(socket)
      if (waiting) waiting(error, socket)
      else if (!socket) this.#later()
      else if (this.isLive) this.#keep(socket)
      else socket.on('error', nothing).destroy()
      if (!socket) this.#pauseLonger()
    })
  }

  #keep(socket: Socket): void {
    // Whatever comes before a request was sent is a goodbye.
    socket.on('error', nothing).on('readable', endSilently).unref()
    this.#ready.set(socket, performance.now())
  }

  /** What was used at once longer ago than a session lasts is wanted no more. A pause forgets nothing: what follows it is as the time before. */
  #forgetBursts(): void {
    const now = performance.now()
    if (now - this.#partBegan < this.sessionIdle) return
    this.#partBegan = now
    this.#peakBefore = this.#peak
    this.#peak = 0
  }
}

function nothing(): void {}

/** Reads what comes, so that the other side's end is seen; any word ends it too. */
function endSilently(this: Socket): void {
  if (this.read() !== null) this.destroy()
}
