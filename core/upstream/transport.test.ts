import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  closedPort,
  type Handler,
  startUpstream,
  type UpstreamOptions,
} from '../../test/support/bad-upstream.js'
import { delay, hangUp, head, json, raw, reset, respond, stall, write } from '../../test/support/script.js'
import type { SendRequest } from '../contract/services.js'
import { ClientGoneError, GatewayError, UpstreamError } from '../errors/gateway-errors.js'
import { Transport, type TransportOptions } from './transport.js'

function transport(options: TransportOptions = {}, env: NodeJS.ProcessEnv = {}): Transport {
  const own = new Transport(options, env)
  onTestFinished(() => own.close())
  return own
}

async function upstream(handler: Handler, options: UpstreamOptions = {}) {
  const up = await startUpstream(handler, options)
  onTestFinished(() => up.close())
  return up
}

const request = (origin: string, fields: Partial<SendRequest> = {}): SendRequest => ({
  method: 'POST',
  origin,
  path: '/v1/messages',
  headers: {},
  body: Buffer.from('{}'),
  signal: new AbortController().signal,
  ...fields,
})

async function failureOf(run: Promise<unknown>): Promise<UpstreamError> {
  const error = await run.then(
    () => undefined,
    (e: unknown) => e,
  )
  expect(UpstreamError.is(error)).toBe(true)
  return error as UpstreamError
}

describe('a large body', () => {
  const body = Buffer.alloc(3_000_000, 'x')

  it.each([
    ['a list of headers', ['x-own', '1']],
    ['a list that has its length', ['Content-Length', '3000000', 'x-own', '1']],
    ['an object', { 'x-own': '1' }],
    ['an object that has its length', { 'Content-Length': '3000000', 'x-own': '1' }],
  ])('goes out whole, with its length and not in chunks: %s', async (_, headers) => {
    const up = await upstream(() => json({}))
    const reply = await transport().send(request(up.url, { headers, body }))
    expect(await reply.json()).toEqual({})
    const [seen] = up.requests
    expect(seen!.body.equals(body)).toBe(true)
    expect(seen!.headers.filter(([name]) => /length|encoding|x-own/i.test(name))).toHaveLength(2)
    expect(seen!.header('content-length')).toBe('3000000')
  })

  it('lets an answer through that comes before its end, and the next request too', async () => {
    const up = await upstream(() => json({ n: 2 }), {
      early: (_seen, n) => (n === 0 ? respond(413, '{"n":1}') : undefined),
    })
    const own = transport()
    for (const [status, n] of [
      [413, 1],
      [200, 2],
    ]) {
      const reply = await own.send(request(up.url, { body }))
      expect([reply.status, await reply.json()]).toEqual([status, { n }])
    }
  })
})

describe('our own end', () => {
  const stopped = expect.objectContaining({
    status: 503,
    message: 'the gateway was stopped before the answer was over',
  })

  it.each([
    ['before an answer', () => [stall()]],
    ['in the middle of an answer', () => [head(200), write('half'), stall()]],
  ])('%s is not blamed on the upstream', async (_, script) => {
    const up = await upstream(script as Handler)
    const own = new Transport({}, {})
    const sent = own.send(request(up.url))
    const ended = sent.then((reply) => reply.bytes()).catch((error: unknown) => error)
    await up.received(1)
    if (_ !== 'before an answer') await sent
    await own.close()
    const error = await ended
    expect(GatewayError.is(error)).toBe(true)
    expect(error).toEqual(stopped)
    await expect(own.send(request(up.url))).rejects.toEqual(stopped)
  })
})

describe('no answer', () => {
  it('a refused connection: connect, with the host, the cause and what to do', async () => {
    const port = await closedPort()
    const error = await failureOf(transport().send(request(`http://127.0.0.1:${port}`)))
    expect([error.failure, error.status]).toEqual(['connect', 502])
    expect(error.message).toBe(
      `could not connect to 127.0.0.1:${port} (ECONNREFUSED); nothing listens there: check the base URL and its port`,
    )
  })

  it('a name that does not exist: connect', async () => {
    const error = await failureOf(transport().send(request('http://nobody.invalid')))
    expect([error.failure, error.message]).toEqual([
      'connect',
      expect.stringMatching(/^could not connect to nobody\.invalid/),
    ])
  })

  it('TLS to a server that speaks none: connect', async () => {
    const up = await upstream(() => json({}))
    const error = await failureOf(transport().send(request(`https://127.0.0.1:${up.port}`)))
    expect([error.failure, error.message]).toEqual(['connect', expect.stringContaining('secure connection')])
  })

  it('TLS with no cipher in common: connect', async () => {
    const server = createTlsServer({}).listen(0, '127.0.0.1') // it has no certificate
    await new Promise((resolve) => server.once('listening', resolve))
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    const error = await failureOf(transport().send(request(`https://127.0.0.1:${port}`)))
    expect([error.failure, error.message]).toEqual(['connect', expect.stringContaining('secure connection')])
  })

  it.each<[string, Handler, UpstreamOptions]>([
    ['before the request is read', () => [], { refuse: () => true }],
    ['instead of headers', () => reset(), {}],
    ['cleanly, instead of headers', () => hangUp(), {}],
  ])('a connection that ends %s: reset', async (_what, handler, options) => {
    const up = await upstream(handler, options)
    expect((await failureOf(transport().send(request(up.url)))).failure).toBe('reset')
  })

  it('no headers in time: timeout, 504', async () => {
    const up = await upstream(() => stall())
    const error = await failureOf(transport().send(request(up.url, { headersTimeout: 1000 })))
    expect([error.failure, error.status]).toEqual(['timeout', 504])
  })

  it('hints without an end, and no headers in time: timeout', async () => {
    const hints = Array.from({ length: 100 }, () => [raw('HTTP/1.1 103 Early Hints\r\n\r\n'), delay(50)])
    const up = await upstream(() => [
      ...hints.flat(),
      raw('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'),
      hangUp(),
    ])
    const error = await failureOf(transport().send(request(up.url, { headersTimeout: 150 })))
    expect([error.failure, error.status]).toEqual(['timeout', 504])
  })

  it('what is not HTTP: protocol', async () => {
    const up = await upstream(() => [raw('SSH-2.0-OpenSSH_9\r\n\r\n'), hangUp()])
    expect((await failureOf(transport().send(request(up.url)))).failure).toBe('protocol')
  })
})

describe('a body', () => {
  it.each<[string, Handler]>([
    ['is reset', () => [head(200), write('half'), reset()]],
    ['ends before its content-length', () => respond(200, 'half', { length: 100 })],
    ['ends in mid-chunk', () => [head(200), write('half'), hangUp()]],
  ])('that %s is an error after what came of it', async (_what, handler) => {
    const up = await upstream(handler)
    const reply = await transport().send(request(up.url))
    const error = await failureOf(reply.bytes())
    expect(['reset', 'protocol']).toContain(error.failure)
  })

  it('that stays silent for longer than allowed is a timeout', async () => {
    const up = await upstream(() => [head(200), write('half'), stall()])
    const reply = await transport().send(request(up.url, { idleTimeout: 1000 }))
    expect((await failureOf(reply.bytes())).failure).toBe('timeout')
  })

  it('that nobody wants is given up', async () => {
    const up = await upstream(() => [head(200), write('half'), stall()])
    const reply = await transport().send(request(up.url))
    reply.discard()
    await expect.poll(() => up.requests[0]!.aborted).toBe(true)
  })

  it('whose reader’s client goes ends with that, and gives the upstream up', async () => {
    const up = await upstream(() => [head(200), write('half'), stall()])
    const gone = new AbortController()
    const reply = await transport().send(request(up.url, { signal: gone.signal }))
    const reading = reply.bytes().catch((error: unknown) => error)
    gone.abort()
    expect(ClientGoneError.is(await reading)).toBe(true)
    await expect.poll(() => up.requests[0]!.aborted).toBe(true)
  })
})

describe('connections', () => {
  it('are used again', async () => {
    const up = await upstream(() => json({}))
    const own = transport()
    for (let i = 0; i < 5; i++) await (await own.send(request(up.url))).bytes()
    expect(up.requests).toHaveLength(5)
    expect(up.sockets).toBeLessThanOrEqual(2) // a call in the tick of the last one's end finds that one's still in use
  })

  it('are not shared by calls at the same time: a slow stream holds up nobody', async () => {
    const up = await upstream((_request, n) => (n === 0 ? [head(200), write('x'), stall()] : json({ n })))
    const own = transport()
    const slow = await own.send(request(up.url))
    expect(await (await own.send(request(up.url))).json()).toEqual({ n: 1 })
    slow.discard()
  })

  it('are over for a call whose client has gone before it began', async () => {
    const up = await upstream(() => json({}))
    const error = await transport()
      .send(request(up.url, { signal: AbortSignal.abort() }))
      .catch((e: unknown) => e)
    expect(ClientGoneError.is(error)).toBe(true)
    expect(up.requests).toHaveLength(0)
  })

  it('leave no listener on a signal that lives on', async () => {
    const up = await upstream(() => json({}))
    const own = transport()
    const { signal } = new AbortController()
    let listeners = 0
    const counting = new Proxy(signal, {
      get(target, name) {
        if (name === 'addEventListener') listeners++
        if (name === 'removeEventListener') listeners--
        const value = Reflect.get(target, name) as unknown
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    await (await own.send(request(up.url, { signal: counting }))).bytes()
    expect(listeners).toBe(0)
  })

  it('go through the proxy of the environment, but for hosts of NO_PROXY', async () => {
    const up = await upstream(() => json({}))
    const tunnels: (string | undefined)[] = []
    const proxy = createServer().on('connect', (req, socket) => {
      tunnels.push(req.url)
      const onward = connect(up.port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        socket.pipe(onward).pipe(socket)
      })
      onward.on('error', () => socket.destroy())
      socket.on('error', () => onward.destroy())
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void proxy.close())
    const HTTP_PROXY = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`

    const proxied = transport({}, { HTTP_PROXY, NO_PROXY: '127.0.0.1' })
    expect((await proxied.send(request('http://upstream.invalid'))).status).toBe(200)
    expect(tunnels).toEqual(['upstream.invalid:80'])
    expect((await proxied.send(request(up.url))).status).toBe(200)
    expect([tunnels.length, up.requests.length]).toEqual([1, 2])
  })
})
