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

/**
 * The first key that `auth` lets in. A client needs some word even where no key is asked for: without one Claude Code
 * wants a login.
 */
export function clientKey({ chain }: Pick<ResolvedConfig, 'chain'>): string {
  const auth = chain.find(({ definition }) => definition.name === 'auth')
  const keys = (auth?.options as { keys?: readonly string[] } | undefined)?.keys
  return keys?.[0] ?? 'agproxy'
}
