import type { Server } from 'node:http'
import { Server as NetServer, type Socket } from 'node:net'
import type { Gateway } from '../chain/gateway.js'

/** Milliseconds that a connection gets to send the request that it was opened for. */
const GRACE = 250

/** Milliseconds that plugins and the store get once everything is cut. */
const CUT_LIMIT = 1_000

export interface Closer {
  /** Stops accepting, lets running requests finish for `timeout` ms, then cuts them; disposes of the chain. */
  close(timeout: number): Promise<void>
  /** Cuts what runs: `close` resolves within a second, whatever a plugin's `dispose` does. */
  cut(): void
}

export function createCloser(server: Server, gateway: Gateway, closeServices: () => Promise<void>): Closer {
  // Node's own lists leave out connections before their TLS handshake, and count those that have sent nothing as busy.
  const open = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  const destroyAll = () => {
    for (const socket of open) socket.destroy()
  }

  let cutOff = () => {}
  const cut = new Promise<void>((resolve) => {
    cutOff = () => void setTimeout(resolve, CUT_LIMIT).unref()
  })

  async function drained(timeout: number): Promise<void> {
    // Not the HTTP server's own `close`, which ends idle connections at once: behind a balancer their requests are on the way.
    const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()))
    server.headersTimeout = GRACE // for those that have sent half of their headers
    const until = performance.now() + GRACE
    gateway.retire()
    const sweep = setInterval(() => {
      if (performance.now() < until) return
      // Node keeps a connection that becomes idle after this point for keepAliveTimeout, and would wait for it.
      server.closeIdleConnections()
      for (const socket of open) {
        // Preconnected by a browser or a pool, or a health check; or refused (408, 400), by a client that does not close.
        if (socket.bytesRead === 0 || socket.writableFinished) socket.destroy()
      }
    }, 100)
    const deadline = setTimeout(destroyAll, timeout)
    await closed
    // Clears the timer that looks for slow requests, which would hold the closed gateway (2 MB of records).
    server.close()
    clearInterval(sweep)
    clearTimeout(deadline)
  }

  async function shutDown(timeout: number): Promise<void> {
    await drained(timeout)
    await gateway.close()
    await closeServices()
  }

  let closing: Promise<void> | undefined
  return {
    close(timeout) {
      closing ??= Promise.race([shutDown(timeout), cut])
      return closing
    },
    cut() {
      destroyAll()
      cutOff()
    },
  }
}
