import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Connection } from './connection.js'
import { connectTo } from './connector.js'
import { WarmHost } from './warm-host.js'

const MINUTE = 60_000
const SESSION = 10 * MINUTE

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

class FakeSocket extends EventEmitter {
  destroyed = false
  readonly readableLength = 0
  ref = () => this
  unref = () => this
  destroy = () => {
    if (!this.destroyed) {
      this.destroyed = true
      this.emit('close')
    }
    return this
  }
}

/** A host whose connections open at once. */
function host() {
  const sockets: FakeSocket[] = []
  const open = (_to: unknown, done: (error: null, socket: Socket) => void) => {
    const socket = new FakeSocket()
    sockets.push(socket)
    done(null, socket as unknown as Socket)
  }
  const warm = new WarmHost(connectTo('https://up.example'), open as never, SESSION)
  return { warm, isOpen: () => sockets.filter(({ destroyed }) => !destroyed).length, sockets }
}

/** Connections of undici's pool: so many with a request, and others that have had none for so many milliseconds. */
function pool(busy: number, idle: readonly number[] = []) {
  const closed: number[] = []
  const all = [
    ...Array.from({ length: busy }, () => ({ stats: { size: 1, connected: true }, idle: undefined })),
    ...idle.map((ms) => ({
      stats: { size: 0, connected: true },
      idle: ms,
      closeSocket: () => void closed.push(ms),
    })),
  ]
  return { connections: new Set(all) as unknown as ReadonlySet<Connection>, closed }
}

/** One request at a time for so many minutes. */
function quietTime(warm: WarmHost, minutes: number): void {
  for (let i = 0; i < minutes; i++) {
    warm.connections = pool(1).connections
    warm.used()
    warm.connections = pool(0, [0]).connections
    vi.advanceTimersByTime(MINUTE)
    warm.prune()
  }
}

/** What is opened when all that was open has ended. */
function openedAnew({ warm, sockets, isOpen }: ReturnType<typeof host>): number {
  warm.connect(connectTo('https://up.example'), () => {})
  warm.connections = pool(0).connections
  vi.advanceTimersByTime(6_000)
  for (const socket of [...sockets]) socket.destroy()
  vi.advanceTimersByTime(1)
  return isOpen()
}

describe('of an upstream', () => {
  it('those without a request are as many as are missing to what was used at once', () => {
    const { warm } = host()
    warm.connections = pool(5).connections
    warm.used()
    const { connections, closed } = pool(4, [61_000, 62_000, 63_000, 1_000])
    warm.connections = connections
    expect(warm.prune()).toBe(true)
    expect(closed).toEqual([61_000, 62_000, 63_000]) // the last used stays, and one of them is 61 s old
  })

  it('what a burst used is wanted after a pause as long as a session', () => {
    const it = host()
    quietTime(it.warm, 9)
    it.warm.connections = pool(6).connections
    it.warm.used()
    it.warm.connections = pool(0, [0, 0, 0, 0, 0, 0]).connections
    for (let i = 0; i < 40; i++) {
      vi.advanceTimersByTime(15_000)
      expect(it.warm.prune()).toBe(true)
    }
    expect(openedAnew(it)).toBe(6)
  })

  it('and is not after as long a time with fewer', () => {
    const it = host()
    it.warm.connections = pool(6).connections
    it.warm.used()
    quietTime(it.warm, 25)
    expect(openedAnew(it)).toBe(1)
  })

  it('nor while one request runs for as long', () => {
    const it = host()
    it.warm.connections = pool(6).connections
    it.warm.used()
    const { connections, closed } = pool(1, [70_000, 71_000, 72_000, 73_000, 74_000])
    it.warm.connections = connections
    for (let minute = 0; minute < 25; minute++) {
      vi.advanceTimersByTime(MINUTE)
      it.warm.prune()
    }
    expect(new Set(closed).size).toBe(5)
  })

  it('what was opened for a burst that did not come again goes within a minute of being spare', () => {
    const it = host()
    it.warm.connections = pool(6).connections
    it.warm.used()
    expect(openedAnew(it)).toBe(6)
    it.warm.connections = pool(0).connections
    quietTime(it.warm, 25)
    expect(it.isOpen()).toBeLessThanOrEqual(1)
  })

  it('one that lived long is followed by the next at once, and one that did not after a pause', () => {
    const it = host()
    it.warm.connections = pool(1).connections
    it.warm.used()
    expect(openedAnew(it)).toBe(1)
    it.sockets.at(-1)!.destroy()
    vi.advanceTimersByTime(150)
    expect(it.isOpen()).toBe(0)
    vi.advanceTimersByTime(60)
    expect(it.isOpen()).toBe(1)
  })
})
