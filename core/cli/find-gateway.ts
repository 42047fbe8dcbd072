import type { ResolvedConfig } from '../config/resolved.js'
import { isLoopback } from '../exchange/loopback.js'
import { keptAdminKey } from './admin-key.js'
import { type Address, clientKey, clientURL } from './client.js'
import { registeredGateways } from './registry.js'

type Config = Pick<ResolvedConfig, 'server' | 'chain' | 'file'>

/**
 * Where a gateway may be running: where flags or the environment say; where they say nothing, what this user runs, first with this config,
 * then with another; last where the config says.
 */
export function gatewayURLs(
  { server, file }: Pick<Config, 'server' | 'file'>,
  env: NodeJS.ProcessEnv,
  flags: Address,
): readonly string[] {
  const host = flags.host ?? env.AGPROXY_HOST
  const port = flags.port ?? env.AGPROXY_PORT
  const own = clientURL(server)
  if (host !== undefined || port !== undefined)
    return [
      ...new Set([
        clientURL({ ...server, host: host ?? server.host, port: Number(port ?? server.port) }),
        own,
      ]),
    ]
  const registered = registeredGateways(env)
  const sameConfig = registered.filter(({ config }) => file !== undefined && config === file)
  return [...new Set([...[...sameConfig, ...registered].map(({ url }) => url), own])]
}

/** The running gateway that these commands mean, and the key for its operator's routes where one is known; undefined when none answers. */
export async function findGateway(
  config: Config,
  env: NodeJS.ProcessEnv,
  flags: Address,
): Promise<{ readonly url: string; readonly adminKey: string | undefined } | undefined> {
  const key = clientKey(config)
  for (const url of gatewayURLs(config, env, flags))
    if (await answers(url, key)) return { url, adminKey: adminKeyFor(url, config, env) }
  return undefined
}

/** The config's key, or the one that this user's gateways keep, which goes to no other machine. */
export function adminKeyFor(
  url: string,
  { server }: Pick<Config, 'server'>,
  env: NodeJS.ProcessEnv,
): string | undefined {
  return server.adminKey ?? (isLoopback(new URL(url).hostname) ? keptAdminKey(env) : undefined)
}

/** Whether a gateway answers there. The key goes along because in mode `strict` even the health check needs it. */
export async function answers(url: string, key: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/healthz`, {
      headers: { 'x-api-key': key },
      redirect: 'manual',
      signal: AbortSignal.timeout(1000),
    })
    return response.status === 200 && (await response.text()) === '{"status":"ok"}'
  } catch {
    return false
  }
}
