import type { ResolvedConfig } from '../config/resolved.js'
import { stateFolder } from '../state/folder.js'
import type { Address } from './client.js'
import { adminKeyFor, gatewayURLs } from './find-gateway.js'
import { UsageError } from './usage-error.js'

/** Milliseconds; the gateway answers from memory. */
const PATIENCE = 5_000

/**
 * Calls a route under `/_agproxy/api/` of the running gateway. The gateway's own words are the error.
 */
export async function callAdmin(
  config: ResolvedConfig,
  env: NodeJS.ProcessEnv,
  flags: Address,
  method: string,
  path: string,
): Promise<unknown> {
  return (await askAdmin(config, env, flags, method, path)).body
}

/** The same, with the gateway that answered and the key that it took. */
export async function askAdmin(
  config: ResolvedConfig,
  env: NodeJS.ProcessEnv,
  flags: Address,
  method: string,
  path: string,
): Promise<{ url: string; key: string; body: unknown }> {
  const urls = gatewayURLs(config, env, flags)
  const keyFor = (url: string) => adminKeyFor(url, config, env)
  if (urls.every((url) => keyFor(url) === undefined))
    throw new UsageError(
      `this wants the admin key of the gateway: set AGPROXY_ADMIN_KEY or server.adminKey; on this machine a gateway on a loopback address keeps one in ${stateFolder(env)}`,
    )
  for (const url of urls) {
    const key = keyFor(url)
    const response = key && (await ask(`${url}/_agproxy/api/${path}`, method, key))
    if (!response) continue
    const body = (await response.json().catch(() => undefined)) as
      | { error?: { message?: string } }
      | undefined
    if (response.ok) return { url, key, body }
    throw new UsageError(body?.error?.message ?? `${url} answered with status ${response.status}`)
  }
  throw new UsageError(
    `no gateway answers at ${urls.join(' or ')}; start one with agproxy start, or name it with --host and --port`,
  )
}

function ask(url: string, method: string, key: string): Promise<Response | undefined> {
  const headers = { authorization: `Bearer ${key}` }
  const init = { method, headers, redirect: 'manual', signal: AbortSignal.timeout(PATIENCE) } as const
  return fetch(url, init).catch(() => undefined)
}
