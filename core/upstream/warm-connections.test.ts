import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createServer, type TLSSocket } from 'node:tls'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { Transport, type TransportOptions } from './transport.js'

const ANSWER = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}'

const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED
beforeEach(() => {
  vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
})
afterEach(() => {
  if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
  else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before
  vi.restoreAllMocks()
})

interface Behaviour {
  /** Milliseconds after which it closes a connection without a request. */
  readonly idle?: number
  /** Milliseconds until an answer. */
  readonly takes?: number
  readonly onOpen?: (socket: TLSSocket, n: number) => void
}

/** An upstream over TLS that counts its connections. */
async function upstream({ idle, takes = 0, onOpen }: Behaviour = {}) {
  const open = new Set<TLSSocket>()
  const seen = { connections: 0, resumed: 0, requests: 0 }
  const pem = (name: string) => readFileSync(new URL(`../../test/fixtures/tls/${name}`, import.meta.url))
  const server = createServer({ key: pem('key.pem'), cert: pem('self-signed.pem') }, (socket) => {
    seen.connections++
    if (socket.isSessionReused()) seen.resumed++
    open.add(socket)
    if (idle !== undefined) socket.setTimeout(idle, () => socket.end())
    socket.on('close', () => open.delete(socket)).on('error', () => {})
    socket.on('data', () => {
      seen.requests++
      setTimeout(() => socket.write(ANSWER), takes)
    })
    onOpen?.(socket, seen.connections)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    for (const socket of open) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { origin, open, seen }
}

function transport(options: TransportOptions = {}): Transport {
  const own = new Transport(options, {})
  onTestFinished(() => own.close())
  return own
}

async function ask(via: Transport, origin: string): Promise<number> {
  const reply = await via.send({ method: 'POST', origin, path: '/', headers: {}, body: Buffer.from('{}') })
  await reply.bytes()
  return reply.status
}

const many = (n: number, via: Transport, origin: string) =>
  Promise.all(Array.from({ length: n }, () => ask(via, origin)))

describe('in a live session', () => {
  it('a connection that the upstream closed is opened anew, so that the next request finds one', async () => {
    const { origin, open, seen } = await upstream({ idle: 200 })
    const via = transport()
    await ask(via, origin)
    await expect.poll(() => seen.connections).toBeGreaterThan(1)
    await expect.poll(() => open.size).toBe(1)
    const { connections } = seen
    expect(await ask(via, origin)).toBe(200)
    expect(seen.connections).toBe(connections)
  })

  it('as many are kept as were used at once, and at most eight', async () => {
    for (const [used, kept] of [
      [3, 3],
      [12, 8],
    ] as const) {
      const { origin, open, seen } = await upstream({ takes: 50 })
      const via = transport()
      await many(used, via, origin)
      for (const socket of open) socket.end()
      await expect.poll(() => seen.connections, { timeout: 5_000 }).toBe(used + kept)
      await sleep(300)
      expect([seen.connections, open.size]).toEqual([used + kept, kept])
      expect(await many(kept, via, origin)).toEqual(Array(kept).fill(200))
      expect(seen.connections).toBe(used + kept)
    }
  })

  it('an upstream that closes each at once is left alone for longer and longer', async () => {
    const { origin, seen } = await upstream({
      onOpen: (socket, n) => n > 1 && setTimeout(() => socket.end(), 5),
    })
    const via = transport()
    await ask(via, origin)
    await sleep(50)
    const [first] = [seen.connections]
    await ask(via, origin).catch(() => {})
    await sleep(1_500)
    expect(seen.connections).toBeLessThan(first + 8)
  })

  it('one that was closed in the moment of the next request costs a new try, not the request', async () => {
    const { origin, seen } = await upstream({
      onOpen(socket, n) {
        // The second is opened for whatever comes, and ends at the first byte of a request.
        if (n === 2) socket.prependListener('data', () => socket.destroy())
        if (n === 1) setTimeout(() => socket.end(), 100)
      },
    })
    const via = transport()
    await ask(via, origin)
    await expect.poll(() => seen.connections).toBe(2)
    await sleep(20)
    expect(await ask(via, origin)).toBe(200)
  })
})

it('goes with the session', async () => {
  const { origin, open, seen } = await upstream({ idle: 150 })
  const via = transport({ sessionIdle: 600 })
  await ask(via, origin)
  await expect.poll(() => seen.connections).toBeGreaterThan(1)
  await sleep(1_300)
  const { connections } = seen
  expect(open.size).toBe(0)
  await sleep(500)
  expect(seen.connections).toBe(connections)
})

it('keepWarm: false opens none before it is wanted, and resumes the TLS session of the one before', async () => {
  const { origin, open, seen } = await upstream({ idle: 100 })
  const via = transport({ keepWarm: false })
  for (let i = 1; i <= 4; i++) {
    expect(await ask(via, origin)).toBe(200)
    global.gc?.()
    await expect.poll(() => open.size).toBe(0)
    await sleep(150)
    expect(seen.connections).toBe(i)
  }
  expect(seen.resumed).toBe(3)
})
