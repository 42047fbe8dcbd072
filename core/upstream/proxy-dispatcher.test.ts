import { createServer } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startUpstream } from '../../test/support/bad-upstream.js'
import { json } from '../../test/support/script.js'
import { UpstreamError } from '../errors/gateway-errors.js'
import { connectionError } from './connection-errors.js'
import { createHttpClient } from './http.js'
import { Transport } from './transport.js'

async function upstream() {
  const up = await startUpstream(() => json({ served: true }))
  onTestFinished(() => up.close())
  return up
}

function transport(env: NodeJS.ProcessEnv): Transport {
  const own = new Transport({ connectTimeout: 500 }, env)
  onTestFinished(() => own.close())
  return own
}

interface Connect {
  readonly to: string
  readonly authorization: string | undefined
}

/** An HTTP proxy that does this with each CONNECT; `through` to one port of this machine by default. */
async function httpProxy(answer: (socket: Duplex) => void) {
  const seen: Connect[] = []
  const server = createServer((_req, res) => res.writeHead(500).end())
  server.on('connect', (req, socket) => {
    seen.push({ to: req.url!, authorization: req.headers['proxy-authorization'] })
    socket.on('error', () => {})
    answer(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { seen, port, host: `127.0.0.1:${port}` }
}

const through = (port: number) => (socket: Duplex) => {
  const onward = connect(port, '127.0.0.1', () => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n')
    socket.pipe(onward).pipe(socket)
  })
  onward.on('error', () => socket.destroy())
  socket.on('close', () => onward.destroy())
}
const refusing = (status: string) => (socket: Duplex) =>
  void socket.end(`HTTP/1.1 ${status}\r\ncontent-length: 0\r\n\r\n`)

/** A SOCKS5 proxy (RFC 1928) to one port of this machine, with this user and password if any (RFC 1929). */
async function socksProxy(port: number, login?: string) {
  const asked: string[] = []
  const serve = (socket: Socket) => {
    let step = 0
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      if (step === 0) {
        step = login ? 1 : 2
        socket.write(Buffer.from([5, login ? 2 : 0]))
      } else if (step === 1) {
        const [user, rest] = [bytes.subarray(2, 2 + bytes[1]!), bytes.subarray(2 + bytes[1]!)]
        const given = `${user}:${rest.subarray(1, 1 + rest[0]!)}`
        step = 2
        socket.write(Buffer.from([1, given === login ? 0 : 1]))
      } else if (step === 2) {
        step = 3
        asked.push(bytes.subarray(5, 5 + bytes[4]!).toString())
        const onward = connect(port, '127.0.0.1', () => {
          socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]))
          socket.removeAllListeners('data')
          socket.pipe(onward).pipe(socket)
        })
        onward.on('error', () => socket.destroy())
      }
    })
  }
  const server = createTcpServer(serve)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { asked, host: `127.0.0.1:${(server.address() as AddressInfo).port}` }
}

const ORIGIN = 'http://upstream.invalid'
const request = (origin = ORIGIN, headers: Record<string, string> | string[] = {}) => ({
  method: 'POST',
  origin,
  path: '/v1/messages',
  headers,
  body: Buffer.from('{}'),
})
const error = (own: Transport, origin = ORIGIN) =>
  own.send(request(origin)).then(
    () => expect.unreachable(),
    (e: UpstreamError) => e,
  )

describe('a call through a proxy', () => {
  it.each(['http://', ''])('is tunnelled, with the proxy written as %shost:port', async (scheme) => {
    const up = await upstream()
    const proxy = await httpProxy(through(up.port))
    const reply = await transport({ HTTP_PROXY: `${scheme}${proxy.host}` }).send(request())
    expect((await reply.bytes()).toString()).toContain('served')
    expect(proxy.seen).toEqual([{ to: 'upstream.invalid:80', authorization: undefined }])
  })

  it.each([
    ['me:p%40ss', 'me:p@ss'],
    ['me', 'me:'],
    ['me:100%', 'me:100%'],
  ])('has the user and password %s', async (given, sent) => {
    const up = await upstream()
    const proxy = await httpProxy(through(up.port))
    const reply = await transport({ ALL_PROXY: `${given}@${proxy.host}` }).send(request())
    expect(reply.status).toBe(200)
    const authorization = `Basic ${Buffer.from(sent).toString('base64')}`
    expect(proxy.seen).toEqual([{ to: 'upstream.invalid:80', authorization }])
    expect(up.requests[0]!.header('proxy-authorization')).toBeUndefined()
  })

  it('keeps all headers of one name', async () => {
    const up = await upstream()
    const proxy = await httpProxy(through(up.port))
    const headers = ['anthropic-beta', 'one', 'x-api-key', 'k', 'anthropic-beta', 'two']
    await transport({ ALL_PROXY: proxy.host }).send(request(ORIGIN, headers))
    expect(up.requests[0]!.header('anthropic-beta')).toBe('one, two')
  })

  it.each([
    ['socks5', undefined],
    ['socks5h', undefined],
    ['socks5', 'me:p@ss'],
  ])('of the kind %s, with the login %s, which looks the name up', async (scheme, login) => {
    const up = await upstream()
    const proxy = await socksProxy(up.port, login)
    const user = login ? 'me:p%40ss@' : ''
    const reply = await transport({ HTTP_PROXY: `${scheme}://${user}${proxy.host}` }).send(request())
    expect((await reply.bytes()).toString()).toContain('served')
    expect(proxy.asked).toEqual(['upstream.invalid'])
  })

  it('goes directly to an upstream on this machine, and to one that is exempt', async () => {
    const up = await upstream()
    const proxy = await httpProxy(refusing('500 Not Asked For'))
    const own = transport({ HTTP_PROXY: proxy.host, NO_PROXY: 'upstream.invalid' })
    expect((await own.send(request(up.url))).status).toBe(200)
    expect((await error(own)).message).toMatch(/^could not connect to upstream\.invalid \(E/)
    expect(proxy.seen).toEqual([])
  })
})

describe('a proxy that fails is told as the proxy, with the variable that names it', () => {
  const login = 'me:pr0xy-pass@'

  it.each([
    ['', '407 Proxy Authentication Required', 'wants a user and a password (407)'],
    [login, '407 Proxy Authentication Required', 'refused its user and password (407)'],
    [login, '403 Forbidden', 'made no way to upstream.invalid (403)'],
    ['', '502 Bad Gateway', 'made no way to upstream.invalid (502)'],
  ])('%shost that answers %s', async (user, status, what) => {
    const proxy = await httpProxy(refusing(status))
    const own = transport({ HTTP_PROXY: `http://${user}${proxy.host}` })
    const failure = await error(own)
    expect(failure.message).toBe(
      `the proxy ${proxy.host} of HTTP_PROXY ${what}; check HTTP_PROXY, or exempt upstream.invalid by NO_PROXY`,
    )
    expect(failure).toMatchObject({ failure: 'connect', status: 502 })
    expect(UpstreamError.is(failure)).toBe(true)
    // The same for the small calls.
    const http = createHttpClient(own)
    const told = await http(`${ORIGIN}/v1/models`).catch((e: Error) => connectionError(e, ORIGIN))
    expect(told.message).toBe(failure.message)
  })

  it.each(['http', 'https', 'socks5'])('that is away (%s)', async (scheme) => {
    const server = createTcpServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    const failure = await error(
      transport({ https_proxy: `${scheme}://${login}127.0.0.1:${port}` }),
      'https://upstream.invalid',
    )
    expect(failure.message).toBe(
      `the proxy 127.0.0.1:${port} of https_proxy can't be reached (ECONNREFUSED); check https_proxy, or exempt upstream.invalid by NO_PROXY`,
    )
  })

  it('whose name is unknown', async () => {
    const failure = await error(transport({ ALL_PROXY: `${login}no-proxy.invalid:1` }))
    expect(failure.message).toMatch(/^the proxy no-proxy\.invalid:1 of ALL_PROXY can't be reached \(E/)
  })

  it.each([undefined, 'other:login'])(
    'of the kind socks5 that wants another login than %s',
    async (given) => {
      const proxy = await socksProxy(1, 'right:login')
      const failure = await error(
        transport({ ALL_PROXY: `socks5://${given ? `${given}@` : ''}${proxy.host}` }),
      )
      expect(failure.message).toMatch(
        /of ALL_PROXY (wants a user and a password|refused its user and password)/,
      )
    },
  )

  it.each(['socks4://127.0.0.1:1', `http://${login}127.0.0.1:port`])(
    'that can not be used: %s',
    async (text) => {
      const failure = await error(transport({ ALL_PROXY: text }))
      expect(failure.message).toMatch(/^ALL_PROXY (names a proxy of the kind|is not the address of a proxy)/)
      expect(failure.message).not.toContain('pr0xy-pass')
    },
  )

  it('that closes every connection', async () => {
    const server = createTcpServer((socket) => socket.destroy())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    const failure = await error(transport({ ALL_PROXY: `127.0.0.1:${port}` }))
    expect(failure.message).toMatch(`the proxy 127.0.0.1:${port} of ALL_PROXY`)
  })

  it('that never answers', async () => {
    const proxy = await httpProxy(() => {})
    const failure = await error(transport({ ALL_PROXY: proxy.host }))
    expect(failure.message).toMatch(`the proxy ${proxy.host} of ALL_PROXY did not answer in time`)
  })
})
