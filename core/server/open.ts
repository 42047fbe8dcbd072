import { lookup } from 'node:dns/promises'
import type { RequestListener } from 'node:http'
import { type AddressInfo, isIP } from 'node:net'
import { isUnsafePort } from 'get-port-please'
import { type Listener, listen } from 'listhen'
import { canonicalAddress } from '../config/host.js'
import type { ServerOptions } from '../config/resolved.js'
import { isLoopback } from '../exchange/loopback.js'

export interface Opened {
  readonly listener: Listener
  /** With the host as the config spells it, and the port that was opened. Without a trailing slash. */
  readonly url: string
  /** URLs by which other machines reach it; only when it listens on all addresses. */
  readonly network: readonly string[]
}

/** The address to open for a host. Rejects with the resolver's code (`ENOTFOUND`) for a name that has none. */
export async function addressOf(host: string): Promise<string> {
  return canonicalAddress(isIP(host) ? host : (await lookup(host)).address)
}

/**
 * Listens on `address`. listhen's defaults are made for development servers: a taken port would silently become another, a
 * container would listen to the world, SIGTERM would end the process at once, and a host that it does not know (brackets, an
 * underscore) would become every interface. It gets a resolved address, and what it opened is compared with what was asked.
 */
export async function openListener(
  handler: RequestListener,
  address: string,
  options: Pick<ServerOptions, 'host' | 'port' | 'https'>,
): Promise<Opened> {
  // get-port-please, below listhen, would open port 3000 in its place.
  if (isUnsafePort(options.port)) throw new Error(`cannot listen on port ${options.port}: ${UNSAFE}`)
  const listener = await listen(handler, {
    hostname: address,
    port: {
      port: options.port,
      random: options.port === 0,
      portRange: [],
      ports: [],
      verbose: false,
    } as never,
    https: options.https as never,
    public: !isLoopback(address),
    isProd: true,
    showURL: false,
    autoClose: false,
    open: false,
    clipboard: false,
  })
  const opened = listener.server.address() as AddressInfo
  const fault = faultOf(opened, address, options.port)
  if (fault) {
    listener.server.close()
    throw new Error(fault)
  }
  const urls = isAny(address) ? await listener.getURLs({ extraURLs: [] }) : []
  return {
    listener,
    url: urlOf(options, opened.port),
    network: urls.filter(({ type }) => type === 'network').map(({ url }) => url.replace(/\/$/, '')),
  }
}

const UNSAFE =
  'fetch and browsers refuse to call it, as it belongs to another protocol; choose another one with --port or server.port'

const isAny = (address: string) => address === '0.0.0.0' || address === '::'

function faultOf(opened: AddressInfo, address: string, port: number): string | undefined {
  if (canonicalAddress(opened.address) === address && (port === 0 || opened.port === port)) return undefined
  return `asked to listen on ${address}, port ${port}, the system opened ${opened.address}, port ${opened.port}, which was closed again; choose another address with --host and --port`
}

function urlOf({ host, https }: Pick<ServerOptions, 'host' | 'https'>, port: number): string {
  return `${https ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`
}
