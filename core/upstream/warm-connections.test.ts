import { setTimeout as sleep } from 'node:timers/promises'
import tls from 'node:tls'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { expectAtOnce } from '../../test/support/at-once.js'
import { trustAnyCertificate, tlsUpstream as upstream } from '../../test/support/tls-upstream.js'
import { Transport, type TransportOptions } from './transport.js'

trustAnyCertificate()

function transport(options: TransportOptions = {}, env: NodeJS.ProcessEnv = {}): Transport {
  const own = new Transport(options, env)
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
    const { origin, open, seen } = await upstream({ idle: 1_000 })
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
      await expect.poll(() => seen.connections).toBe(used + kept)
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
    const { origin, open, seen } = await upstream({
      onOpen(socket, n) {
        // The second is opened for whatever comes, and ends at the first byte of a request.
        if (n === 2) socket.prependListener('data', () => socket.destroy())
      },
    })
    const via = transport()
    await ask(via, origin)
    for (const socket of open) socket.end()
    await expect.poll(() => seen.connections).toBe(2)
    await sleep(20)
    expect(await ask(via, origin)).toBe(200)
  })
})

describe('at most eight', () => {
  it('requests that come while connections are opened anew take those', async () => {
    const up = await upstream({ takes: 20 })
    const via = transport()
    await many(8, via, up.origin)
    up.hold()
    for (const socket of up.open) socket.end()
    await expect.poll(() => up.seen.begun).toBe(16)
    const answers = many(8, via, up.origin)
    await sleep(20)
    up.release()
    expect(await answers).toEqual(Array(8).fill(200))
    expect([up.seen.begun, up.open.size]).toEqual([16, 8])
  })

  it('requests that are announced while all eight are busy open none before they are sent', async () => {
    const up = await upstream({ takes: 60 })
    const via = transport()
    const answers = many(8, via, up.origin)
    await expect.poll(() => up.seen.requests).toBe(8)
    for (let i = 0; i < 4; i++) via.prepare(() => up.origin)
    await answers
    await sleep(20)
    expect(up.seen.begun).toBe(8)
  })

  it('as many as lately: what a burst used is not opened anew after two sessions have passed', async () => {
    const { origin, open, seen } = await upstream({ takes: 5 })
    const via = transport({ sessionIdle: 1_000 })
    await many(6, via, origin)
    for (const began = performance.now(); performance.now() - began < 2_200; ) {
      await ask(via, origin)
      await sleep(20)
    }
    const { connections } = seen
    for (const socket of open) socket.end()
    await expect.poll(() => seen.connections).toBe(connections + 1)
    await ask(via, origin)
    await sleep(20)
    expect([seen.connections, open.size]).toEqual([connections + 1, 1])
  })
})

describe('a request that is about to come', () => {
  it('has a connection begun, and takes it though its handshake is not over', async () => {
    const up = await upstream()
    const via = transport()
    up.hold()
    via.prepare(() => up.origin)
    await expect.poll(() => up.seen.begun).toBe(1)
    const answer = ask(via, up.origin)
    await sleep(10)
    up.release()
    expect(await answer).toBe(200)
    expect(up.seen.begun).toBe(1)
  })

  it('in a live session has one begun at once, however long the pause after one that was closed soon', async () => {
    const up = await upstream({ onOpen: (socket, n) => n < 6 && setTimeout(() => socket.end(), 1) })
    const via = transport()
    for (let i = 0; i < 3; i++) await ask(via, up.origin).catch(() => {})
    await expect.poll(() => up.open.size).toBe(0)
    const { begun } = up.seen
    via.prepare(() => undefined)
    await expectAtOnce(() => up.seen.begun === begun + 1)
  })

  it('and does not: the connection goes again', async () => {
    const up = await upstream()
    transport({ sessionIdle: 200 }).prepare(() => up.origin)
    await expect.poll(() => up.seen.connections).toBe(1)
    await expect.poll(() => up.open.size).toBe(0)
    await sleep(150)
    expect(up.seen.begun).toBe(1)
  })

  it('and can not be reached: it gets the error of its own connection', async () => {
    const via = transport()
    via.prepare(() => 'https://127.0.0.1:1')
    await expect(ask(via, 'https://127.0.0.1:1')).rejects.toThrow('could not connect to 127.0.0.1:1')
  })

  it('many that are announced at once ask once where to', () => {
    const via = transport()
    let asked = 0
    for (let i = 0; i < 100; i++) via.prepare(() => void asked++)
    expect(asked).toBe(1)
  })

  it('keepWarm: false begins none', async () => {
    const up = await upstream()
    transport({ keepWarm: false }).prepare(() => up.origin)
    await sleep(30)
    expect(up.seen.begun).toBe(0)
  })

  it('through a proxy has none begun past it', () => {
    vi.spyOn(tls, 'connect').mockImplementation(() => {
      throw new Error('past the proxy')
    })
    const prepare = (env: NodeJS.ProcessEnv) => transport({}, env).prepare(() => 'https://upstream.invalid')
    expect(() => prepare({})).toThrow('past the proxy')
    expect(() => prepare({ https_proxy: 'http://127.0.0.1:1' })).not.toThrow()
  })
})

describe('the end of a session', () => {
  it('comes after its last request has ended, and takes the connection of one that outlasted it too', async () => {
    const { origin, open } = await upstream({ takes: 400 })
    const via = transport({ sessionIdle: 150 })
    await ask(via, origin)
    expect(open.size).toBe(1)
    await expect.poll(() => open.size).toBe(0)
  })

  it('takes all of its connections', async () => {
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
