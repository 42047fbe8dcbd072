import cluster from 'node:cluster'
import { lookup } from 'node:dns/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, isIP, isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import { isUnsafePort } from 'get-port-please'
import { listen } from 'listhen'
import { canonicalAddress } from '../config/host.js'
import type { ServerOptions } from '../config/resolved.js'
import { isLoopback } from '../exchange/loopback.js'
import { certificateOf } from './certificate.js'

export interface Opened {
  readonly server: Server
  /** With the host as the config spells it, and the port that was opened. Without a trailing slash. */
  readonly url: string
  /** URLs by which other machines reach it; only when it listens on all addresses. */
  readonly network: readonly string[]
}

/** How often Node looks for requests that take too long; its own 30 s would make a limit of 1 s one of 31. */
const CHECK_INTERVAL = 1_000

/** The address to open for a host. Rejects with the resolver's code (`ENOTFOUND`) for a name that has none. */
export async function addressOf(host: string): Promise<string> {
  return canonicalAddress(isIP(host) ? host : (await lookup(host)).address)
}

/** Listens on `address`. What was opened is compared with what was asked. */
export async function openListener(
  handler: RequestListener,
  address: string,
  options: Pick<ServerOptions, 'host' | 'port' | 'https'>,
): Promise<Opened> {
  if (isUnsafePort(options.port)) throw new Error(`cannot listen on port ${options.port}: ${UNSAFE}`)
  const server = await (cluster.isWorker ? shared : alone)(handler, address, options)
  const opened = server.address() as AddressInfo
  const fault = faultOf(opened, address, options.port)
  if (fault) {
    server.close()
    throw new Error(fault)
  }
  const url = (host: string) => urlOf(host, opened.port, options.https !== false)
  return { server, url: url(options.host), network: othersReach(address).map(url) }
}

type Where = Pick<ServerOptions, 'port' | 'https'>

/**
 * listhen's defaults are made for development servers: a taken port would silently become another, a container would
 * listen to the world, SIGTERM would end the process at once, and a host that it does not know (brackets, an underscore)
 * would become every interface. It gets a resolved address and a certificate.
 */
async function alone(handler: RequestListener, address: string, where: Where): Promise<Server> {
  const { port, https } = where
  const listening = listen(handler, {
    hostname: address,
    port: { port, random: port === 0, portRange: [], ports: [], verbose: false } as never,
    https: https && ((await certificateOf(https)) as never),
    public: !isLoopback(address),
    isProd: true,
    showURL: false,
    autoClose: false,
    open: false,
    clipboard: false,
  })
  let server: Server
  try {
    server = (await listening).server as Server
  } catch (error) {
    // listhen asks for the port before it opens it, and does not say why it can't have it; the system does.
    if ((error as Error).name === 'GetPortError') return shared(handler, address, where)
    throw error
  }
  // Node reads the interval when it begins to listen, and listhen leaves no moment before that.
  Object.assign(server, { connectionsCheckingInterval: CHECK_INTERVAL })
  server.emit('listening')
  return server
}

/**
 * A worker shares its port, and opens it without listhen: that asks whether a port is free by listening on it, and the
 * primary would hand that listener connections which it never answers.
 */
async function shared(handler: RequestListener, address: string, { port, https }: Where): Promise<Server> {
  const interval = { connectionsCheckingInterval: CHECK_INTERVAL }
  const server: Server = https
    ? createTlsServer({ ...interval, ...(await certificateOf(https)) }, handler)
    : createServer(interval, handler)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, address, () => {
      server.off('error', reject)
      resolve()
    })
  })
  return server
}

const UNSAFE =
  'fetch and browsers refuse to call it, as it belongs to another protocol; choose another one with --port or server.port'

function faultOf(opened: AddressInfo, address: string, port: number): string | undefined {
  if (canonicalAddress(opened.address) === address && (port === 0 || opened.port === port)) return undefined
  return `asked to listen on ${address}, port ${port}, the system opened ${opened.address}, port ${opened.port}, which was closed again; choose another address with --host and --port`
}

function urlOf(host: string, port: number, secure: boolean): string {
  return `${secure ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** The addresses that other machines may use; link-local ones mean something else on each of them. */
function othersReach(address: string): readonly string[] {
  if (address !== '0.0.0.0' && address !== '::') return []
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  return all
    .filter((found) => !found.internal && !/^(fe80:|169\.254\.)/.test(found.address))
    .map((found) => found.address)
    .filter((found) => address === '::' || !isIPv6(found))
}
