import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { type Exchange, play, type Script } from './script.js'

/** A request as it came over the wire. */
export interface SeenRequest {
  readonly method: string
  readonly url: string
  /** Name and value as they were spelt, in their order, doubles included. */
  readonly headers: readonly (readonly [string, string])[]
  /** What came of it so far; all of it once `complete`. */
  body: Buffer
  complete: boolean
  readonly sha256: string
  /** performance.now() of its arrival. */
  readonly at: number
  /** The other side went away before the answer's end. */
  aborted: boolean
  abortedAt: number | undefined
  /** The first value of a header, by lower-case name. */
  header(name: string): string | undefined
  json<T = Record<string, unknown>>(): T
}

export interface Upstream {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  readonly port: number
  readonly requests: readonly SeenRequest[]
  /** Connections open now. */
  readonly openSockets: number
  /** Connections there ever were. */
  readonly sockets: number
  /** Changes what further requests get. */
  use(handler: Handler): void
  /** Resolves when `n` requests have come, whole. Rejects after `ms`. */
  received(n: number, ms?: number): Promise<void>
  close(): Promise<void>
}

/** The script for the n-th request, counted from 0. */
export type Handler = (request: SeenRequest, n: number) => Script

export interface UpstreamOptions {
  /** Asked when the headers are there and the body is not: a script answers before the upload ends. */
  readonly early?: (request: SeenRequest, n: number) => Script | undefined
  /** Asked for each connection, counted from 0; `true` resets it before a byte of the request is read. */
  readonly refuse?: (n: number) => boolean
}

/** An HTTP server on loopback that answers each request by a script, however bad. */
export async function startUpstream(handler: Handler, options: UpstreamOptions = {}): Promise<Upstream> {
  let current = handler
  let sockets = 0
  const open = new Set<Socket>()
  const requests: SeenRequest[] = []
  const waiting = new Set<() => void>()

  const server = createServer({ keepAliveTimeout: 60_000, requestTimeout: 0, headersTimeout: 0 })
  server.maxHeadersCount = 0

  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => {}) // a script's own resets and a client that goes away
    const n = sockets++
    if (options.refuse?.(n)) socket.resetAndDestroy()
  })

  server.on('request', async (req: IncomingMessage, res: ServerResponse) => {
    const seen = seenRequest(req)
    const n = requests.push(seen) - 1
    res.on('error', () => {})
    const exchange = exchangeOf(req, res)
    res.on('close', () => {
      if (res.writableFinished || exchange.brokeOff) return
      seen.aborted = true
      seen.abortedAt = performance.now()
    })
    const early = options.early?.(seen, n)
    const uploaded = upload(req, seen)
    if (!early) await uploaded
    for (const check of waiting) check()
    if (!early && !seen.complete) return
    try {
      await play(early ?? current(seen, n), exchange)
    } catch (error) {
      req.socket.destroy()
      throw error // a mistake in a test; unhandled, so that the run fails
    }
  })

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    get openSockets() {
      return open.size
    },
    get sockets() {
      return sockets
    },
    use(next) {
      current = next
    },
    received(n, ms = 15_000) {
      const there = () => requests.filter((r) => r.complete).length >= n
      return new Promise((resolve, reject) => {
        const done = (settle: () => void) => {
          clearTimeout(timer)
          waiting.delete(check)
          settle()
        }
        const check = () => there() && done(resolve)
        const late = () => reject(new Error(`the upstream saw ${requests.length} requests, not ${n}`))
        const timer = setTimeout(() => done(late), ms)
        waiting.add(check)
        check()
      })
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

/** A port of this machine where nothing listens. */
export async function closedPort(): Promise<number> {
  const server = createTcpServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

function seenRequest(req: IncomingMessage): SeenRequest {
  const headers: [string, string][] = []
  for (let i = 0; i < req.rawHeaders.length; i += 2)
    headers.push([req.rawHeaders[i]!, req.rawHeaders[i + 1]!])
  return {
    method: req.method!,
    url: req.url!,
    headers,
    body: Buffer.alloc(0),
    complete: false,
    at: performance.now(),
    aborted: false,
    abortedAt: undefined,
    get sha256() {
      return createHash('sha256').update(this.body).digest('hex')
    },
    header: (name) => headers.find(([key]) => key.toLowerCase() === name)?.[1],
    json() {
      return JSON.parse(this.body.toString('utf8'))
    },
  }
}

/** Resolves when the body is there or the client has gone. */
function upload(req: IncomingMessage, seen: SeenRequest): Promise<void> {
  const chunks: Buffer[] = []
  return new Promise((resolve) => {
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('error', () => {})
    req.on('close', resolve)
    req.on('end', () => {
      seen.body = Buffer.concat(chunks.splice(0))
      seen.complete = true
      resolve()
    })
  })
}

function exchangeOf(req: IncomingMessage, res: ServerResponse): Exchange {
  const { socket } = req
  const over = () => socket.destroyed || res.writableEnded
  // Of the response alone: a kept-alive socket would gather listeners, and node closes its response with it.
  const closed = new Promise<void>((resolve) => res.once('close', resolve))
  return {
    res,
    socket,
    closed,
    over,
    brokeOff: false,
    breakOff(how) {
      this.brokeOff = true
      if (how === 'rst') socket.resetAndDestroy()
      else socket.end()
    },
    sleep(ms) {
      if (over()) return Promise.resolve()
      return new Promise((resolve) => {
        const done = () => {
          clearTimeout(timer)
          resolve()
        }
        const timer = setTimeout(done, ms)
        void closed.then(done)
      })
    },
  }
}
