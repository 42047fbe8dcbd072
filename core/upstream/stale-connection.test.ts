import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { createServer as createTlsServer } from 'node:tls'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { UpstreamError } from '../errors/gateway-errors.js'
import { ExchangeRecord } from '../exchange/record.js'
import { Transport } from './transport.js'

const ANSWER = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}'

/** What an upstream does with its n-th connection when the r-th request on it has come so far: both counted from 1. */
type Act = (socket: Socket, at: { connection: number; request: number; bytes: number }) => void

interface Counted {
  readonly origin: string
  readonly connections: number
  /** Requests that came whole. */
  readonly requests: number
  readonly open: ReadonlySet<Socket>
}

const answer: Act = (socket) => void socket.write(ANSWER)

/** Speaks just enough HTTP; `onBytes` sees a request while it comes, `act` a whole one. */
async function upstream(
  act: Act,
  { onBytes, tls = false }: { onBytes?: Act; tls?: boolean } = {},
): Promise<Counted> {
  let connections = 0
  let requests = 0
  const open = new Set<Socket>()
  const serve = (socket: Socket) => {
    const connection = ++connections
    let request = 1
    let bytes = 0
    open.add(socket)
    socket.on('close', () => open.delete(socket)).on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      onBytes?.(socket, { connection, request, bytes })
      if (!chunk.includes('"end"')) return
      requests++
      act(socket, { connection, request: request++, bytes })
      bytes = 0
    })
  }
  const pem = (name: string) => readFileSync(new URL(`../../test/fixtures/tls/${name}`, import.meta.url))
  const server = tls
    ? createTlsServer({ key: pem('key.pem'), cert: pem('self-signed.pem') }, serve)
    : createServer(serve)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    for (const socket of open) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  const { port } = server.address() as AddressInfo
  return {
    origin: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    open,
    get connections() {
      return connections
    },
    get requests() {
      return requests
    },
  }
}

function transport(): Transport {
  const own = new Transport({}, {})
  onTestFinished(() => own.close())
  return own
}

const BODY = Buffer.from(
  JSON.stringify({ text: 'x'.repeat(300_000), end: 'end' }).replace('"end":"end"', '"end":1'),
)

async function ask(
  via: Transport,
  { origin }: Counted,
  signal = new AbortController().signal,
): Promise<number> {
  const reply = await via.send({ method: 'POST', origin, path: '/', headers: {}, body: BODY, signal })
  await reply.bytes()
  await nextTurn() // undici uses a connection again a turn after its answer
  await nextTurn()
  return reply.status
}

const failureOf = (run: Promise<unknown>) =>
  run.then(
    () => 'none',
    (error: unknown) => (UpstreamError.is(error) ? error.failure : String(error)),
  )

describe.each([
  ['with a FIN', (socket: Socket) => void socket.end()],
  ['with an RST', (socket: Socket) => void socket.resetAndDestroy()],
  ['by leaving', (socket: Socket) => void socket.destroy()],
])('an idle connection that the upstream closes %s', (_how, close) => {
  const onSecond =
    (then: Act): Act =>
    (socket, at) =>
      at.connection === 1 && at.request === 2 ? then(socket, at) : undefined

  it.each<[string, Act, Act | undefined]>([
    ['when the whole next request has come', onSecond(close), undefined],
    ['at its first byte', () => {}, onSecond(close)],
    ['in the middle of its body', () => {}, onSecond((socket, at) => at.bytes > 100_000 && close(socket))],
  ])('%s: the request is answered over a fresh one', async (_when, onRequest, onBytes) => {
    const up = await upstream((socket, at) => {
      if (at.connection === 1 && at.request > 1) onRequest(socket, at)
      else answer(socket, at)
    }, onBytes && { onBytes })
    const via = transport()
    expect(await ask(via, up)).toBe(200)
    expect(await ask(via, up)).toBe(200)
    expect(up.connections).toBe(2)
  })

  it('at every moment around the next request: no one fails', async () => {
    const up = await upstream((socket, at) => {
      answer(socket, at)
      setTimeout(close, at.connection % 5, socket)
    })
    const via = transport()
    for (let i = 0; i < 60; i++) {
      expect(await ask(via, up)).toBe(200)
      await new Promise((resolve) => setTimeout(resolve, (i % 20) / 5))
    }
    expect(up.connections).toBeGreaterThan(5)
  })

  it('while eight requests start at once: each gets its answer', async () => {
    const up = await upstream((socket, at) => {
      if (at.connection <= 8 && at.request === 2) close(socket)
      else answer(socket, at)
    })
    const via = transport()
    const eight = () => Promise.all(Array.from({ length: 8 }, () => ask(via, up)))
    expect(await eight()).toEqual(Array(8).fill(200))
    expect(await eight()).toEqual(Array(8).fill(200))
  })
})

describe('only a connection that had closed already', () => {
  it('a fresh one that breaks is a failure at once', async () => {
    const up = await upstream((socket) => socket.resetAndDestroy())
    expect(await failureOf(ask(transport(), up))).toBe('reset')
    expect([up.connections, up.requests]).toEqual([1, 1])
  })

  it('one new try, never a second', async () => {
    const up = await upstream((socket, at) => {
      if (at.connection === 1 && at.request === 1) answer(socket, at)
      else socket.resetAndDestroy()
    })
    const via = transport()
    await ask(via, up)
    expect(await failureOf(ask(via, up))).toBe('reset')
    expect(up.requests).toBe(3)
  })

  it.each([
    ['a byte of the answer', 'H'],
    ['half of its headers', 'HTTP/1.1 200 OK\r\ncontent-ty'],
    ['an interim answer', 'HTTP/1.1 102 Processing\r\n\r\n'],
  ])('after %s the request is not sent twice', async (_what, begun) => {
    const up = await upstream((socket, at) => {
      if (at.request === 1) answer(socket, at)
      else socket.write(begun, () => socket.end())
    })
    const via = transport()
    await ask(via, up)
    expect(await failureOf(ask(via, up))).toMatch(/^(reset|protocol)$/)
    expect(up.requests).toBe(2)
  })

  it('other idle connections of the same age are not tried', async () => {
    let stale = false
    const up = await upstream((socket, at) => {
      if (stale && at.connection <= 4) socket.resetAndDestroy()
      else if (at.request === 1) setTimeout(answer, 50, socket, at)
    })
    const via = transport()
    await Promise.all(Array.from({ length: 4 }, () => ask(via, up)))
    stale = true
    expect(await ask(via, up)).toBe(200)
    expect(up.connections).toBe(5)
  })

  it('a client that gives up meanwhile is not answered by another try', async () => {
    const gone = new AbortController()
    const up = await upstream((socket, at) => {
      if (at.request === 1) return answer(socket, at)
      gone.abort()
      socket.resetAndDestroy()
    })
    const via = transport()
    await ask(via, up)
    await expect(ask(via, up, gone.signal)).rejects.toThrow()
    expect(up.requests).toBe(2)
  })
})

describe('over TLS', () => {
  const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED
  afterEach(() => {
    if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
    else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before
    vi.restoreAllMocks()
  })

  it.each([
    ['end', 'a goodbye'],
    ['destroy', 'nothing said'],
  ] as const)('%s: tickets and %s are no byte of the answer', async (how, _what) => {
    vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
    const up = await upstream(
      (socket, at) => {
        if (at.connection === 1 && at.request === 2) socket[how]()
        else answer(socket, at)
      },
      { tls: true },
    )
    const via = transport()
    await ask(via, up)
    expect(await ask(via, up)).toBe(200)
    expect(up.connections).toBe(2)
  })
})

it('is one attempt in the record', async () => {
  const up = await upstream((socket, at) => {
    if (at.connection === 1 && at.request === 2) socket.resetAndDestroy()
    else answer(socket, at)
  })
  const via = transport()
  await ask(via, up)
  const attempt = new ExchangeRecord().begin('up', 'a', 'm')
  const reply = await via.send({
    method: 'POST',
    origin: up.origin,
    path: '/',
    headers: {},
    body: BODY,
    attempt,
  })
  expect([reply.status, attempt.failure, attempt.error]).toEqual([200, undefined, undefined])
})
