import type { ResolvedConfig, ServerOptions } from '../config/resolved.js'

/** The URL by which a client on this machine reaches a gateway that listens as these options say. */
export function clientURL({ host, port, https }: Pick<ServerOptions, 'host' | 'port' | 'https'>): string {
  const bare = host.replace(/^\[|\]$/g, '')
  const reachable = bare === '0.0.0.0' ? '127.0.0.1' : bare === '::' ? '::1' : bare
  const name = reachable.includes(':') ? `[${reachable}]` : reachable
  return `${https ? 'https' : 'http'}://${name}:${port}`
}

export interface Address {
  readonly host?: string | undefined
  readonly port?: string | undefined
}

/** Where a gateway may be running: where flags say, else where the environment says, else where the config says. */
export function gatewayURLs(
  server: Pick<ServerOptions, 'host' | 'port' | 'https'>,
  env: NodeJS.ProcessEnv,
  flags: Address,
): readonly string[] {
  const host = flags.host ?? env.AGPROXY_HOST ?? server.host
  const port = Number(flags.port ?? env.AGPROXY_PORT ?? server.port)
  return [...new Set([clientURL({ ...server, host, port }), clientURL(server)])]
}

/**
 * The first key that `auth` lets in. A client needs some word even where no key is asked for: without one Claude Code
 * wants a login.
 */
export function clientKey({ chain }: ResolvedConfig): string {
  const auth = chain.find(({ definition }) => definition.name === 'auth')
  const keys = (auth?.options as { keys?: readonly string[] } | undefined)?.keys
  return keys?.[0] ?? 'agproxy'
}
