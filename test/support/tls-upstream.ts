import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'
import { afterEach, beforeEach, onTestFinished, vi } from 'vitest'

const ANSWER = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}'

/** For a file whose upstreams have a certificate that nobody trusts. */
export function trustAnyCertificate(): void {
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
}

export interface TlsBehaviour {
  /** Milliseconds after which it closes a connection without a request. */
  readonly idle?: number
  /** Milliseconds until an answer. */
  readonly takes?: number
  /** The whole answer to a request, which ends with a body that ends with `}`. Default: `{}` as JSON. */
  readonly answer?: string
  readonly onOpen?: (socket: TLSSocket, n: number) => void
}

export interface TlsUpstream {
  readonly origin: string
  readonly open: ReadonlySet<TLSSocket>
  /** `begun`: connections over TCP; `connections`: those whose handshake is over; `resumed` of these. */
  readonly seen: { begun: number; connections: number; resumed: number; requests: number }
  /** From now on handshakes wait, as on a long way, until `release`. */
  hold(): void
  release(): void
}

/** An upstream over TLS that counts its connections, for one test. */
export async function tlsUpstream({
  idle,
  takes = 0,
  answer = ANSWER,
  onOpen,
}: TlsBehaviour = {}): Promise<TlsUpstream> {
  const open = new Set<TLSSocket>()
  const seen = { begun: 0, connections: 0, resumed: 0, requests: 0 }
  const held: Socket[] = []
  let holds = false
  const pem = (name: string) => readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url))
  const tls = createServer({ key: pem('key.pem'), cert: pem('self-signed.pem') }, (socket) => {
    seen.connections++
    if (socket.isSessionReused()) seen.resumed++
    open.add(socket)
    if (idle !== undefined) socket.setTimeout(idle, () => socket.end())
    socket.on('close', () => open.delete(socket)).on('error', () => {})
    socket.on('data', (chunk) => {
      if (chunk.at(-1) !== 0x7d) return
      seen.requests++
      setTimeout(() => socket.write(answer), takes)
    })
    onOpen?.(socket, seen.connections)
  })
  const server = createTcpServer((socket) => {
    seen.begun++
    socket.on('error', () => {})
    if (holds) held.push(socket)
    else tls.emit('connection', socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    for (const socket of [...open, ...held]) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  return {
    origin: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    open,
    seen,
    hold() {
      holds = true
    },
    release() {
      holds = false
      for (const socket of held.splice(0)) tls.emit('connection', socket)
    },
  }
}
