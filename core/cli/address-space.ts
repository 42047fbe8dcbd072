import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** As much of it as is used here; Node's types don't have it. */
declare const WebAssembly: { compile(bytes: Uint8Array): Promise<unknown> }

/** V8's words where it can't reserve the 8 to 10 GB that each WebAssembly memory takes. */
const NO_ROOM = /Wasm memory/

/**
 * Where the address space is limited (`ulimit -v`), the HTTP client to the upstreams takes its WebAssembly memory first. Node's own
 * `fetch`, which nothing here uses, takes one too as soon as a library names `Response`: where there is no room for it, Node 20
 * ends the process. With https://nodejs.org/api/cli.html#--disable-wasm-trap-handler none of this room is needed.
 */
export async function takeRoom(limits = '/proc/self/limits'): Promise<void> {
  if (!isLimited(limits)) return
  process.on('unhandledRejection', (error) => {
    if (NO_ROOM.test(String((error as Error | undefined)?.message))) return
    if (process.listenerCount('unhandledRejection') === 1) throw error
  })
  const { compile } = WebAssembly
  const waiting = new Promise<void>((resolve) => {
    // An error is told when an upstream is called.
    void connectOnce().then(resolve, resolve)
  })
  WebAssembly.compile = (bytes) => waiting.then(() => compile(bytes))
  await waiting
  WebAssembly.compile = compile
}

/** The client takes its memory with its first connection. */
async function connectOnce(): Promise<void> {
  const { Transport } = await import('../upstream/transport.js')
  const server = createServer((_, res) => res.end())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const transport = new Transport({}, {})
  try {
    const { port } = server.address() as AddressInfo
    const request = { method: 'GET', origin: `http://127.0.0.1:${port}`, path: '/', headers: [] }
    const times = { headersTimeout: PATIENCE, idleTimeout: PATIENCE }
    ;(await transport.send({ ...request, ...times, body: Buffer.alloc(0) })).discard()
  } finally {
    await transport.close()
    server.close()
    server.closeAllConnections()
  }
}

/** Milliseconds that the start may be held up. */
const PATIENCE = 2_000

function isLimited(file: string): boolean {
  try {
    return /^Max address space +\d/m.test(readFileSync(file, 'latin1'))
  } catch {
    return false // no Linux
  }
}
