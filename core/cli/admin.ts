import type { ResolvedConfig } from '../config/resolved.js'
import { type Address, gatewayURLs } from './client.js'
import { UsageError } from './context.js'

/** Milliseconds; the gateway answers from memory. */
const PATIENCE = 5_000

/** Calls a route under `/_agproxy/api/` of the running gateway. Its own words are the error. */
export async function callAdmin(
  { server }: ResolvedConfig,
  env: NodeJS.ProcessEnv,
  flags: Address,
  method: string,
  path: string,
): Promise<unknown> {
  if (server.adminKey === undefined)
    throw new UsageError('this wants the admin key of the gateway: set AGPROXY_ADMIN_KEY or server.adminKey')
  const urls = gatewayURLs(server, env, flags)
  for (const url of urls) {
    const response = await ask(`${url}/_agproxy/api/${path}`, method, server.adminKey)
    if (!response) continue
    const body = (await response.json().catch(() => undefined)) as
      | { error?: { message?: string } }
      | undefined
    if (response.ok) return body
    throw new UsageError(body?.error?.message ?? `${url} answered with status ${response.status}`)
  }
  throw new UsageError(`no gateway answers at ${urls.join(' or ')}; name it with --host and --port`)
}

function ask(url: string, method: string, key: string): Promise<Response | undefined> {
  const headers = { authorization: `Bearer ${key}` }
  const init = { method, headers, redirect: 'manual', signal: AbortSignal.timeout(PATIENCE) } as const
  return fetch(url, init).catch(() => undefined)
}
