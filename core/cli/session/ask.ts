import { request } from 'node:http'
import { isLoopback } from '../../exchange/loopback.js'
import { keptAdminKey } from '../admin-key.js'
import type { Address } from '../client.js'
import { type RegisteredGateway, registeredGateways } from '../registry.js'

/** Asks an operator's route of a gateway for JSON; undefined for every answer but a good one, and when none comes in time. */
export type Ask = <T>(path: string) => Promise<T | undefined>

export interface SessionAsk {
  readonly ask: Ask
  /** What the gateway says of itself; undefined for one that flags or the environment name. */
  readonly gateway: RegisteredGateway | undefined
}

/** An answer that is longer is none that a line or an agent could use. */
const LONGEST = 8 * 1024 * 1024

/**
 * The gateway of the session that asks: the one that flags or `AGPROXY_HOST` and `AGPROXY_PORT` name, the one that the session's
 * `ANTHROPIC_BASE_URL` leads to, else the newest. No config is read for it, which takes 150 ms. The key goes to no other machine, and
 * to no port that is not a gateway of this user, whatever a project's settings put into the environment.
 */
export function sessionAsk(
  env: NodeJS.ProcessEnv,
  flags: Address,
  signal: AbortSignal,
): SessionAsk | undefined {
  const found = gatewayFor(env, flags)
  if (!found) return undefined
  const { hostname, port, protocol } = new URL(found.url)
  const key = env.AGPROXY_ADMIN_KEY ?? keptAdminKey(env)
  if (key === undefined || protocol !== 'http:' || !isLoopback(hostname)) return undefined
  const ask: Ask = (path) => {
    const headers = { authorization: `Bearer ${key}` }
    return jsonOf({
      hostname: hostname.replace(/^\[|\]$/g, ''),
      port,
      path: `/_agproxy/api/${path}`,
      headers,
      signal,
    })
  }
  return { ask, gateway: found.gateway }
}

function gatewayFor(
  env: NodeJS.ProcessEnv,
  flags: Address,
): { url: string; gateway: RegisteredGateway | undefined } | undefined {
  const host = flags.host ?? env.AGPROXY_HOST
  const port = flags.port ?? env.AGPROXY_PORT
  if (host !== undefined || port !== undefined) {
    const url = `http://${host?.includes(':') ? `[${host}]` : (host ?? '127.0.0.1')}:${port ?? 8045}`
    return URL.canParse(url) ? { url, gateway: undefined } : undefined
  }
  const registered = registeredGateways(env)
  const gateway = registered.find(({ url }) => url === env.ANTHROPIC_BASE_URL) ?? registered[0]
  return gateway && { url: gateway.url, gateway }
}

function jsonOf<T>(init: object): Promise<T | undefined> {
  return new Promise((resolve) => {
    const none = () => resolve(undefined)
    const req = request({ ...init, agent: false }, (res) => {
      const chunks: Buffer[] = []
      let bytes = 0
      res.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > LONGEST) return void req.destroy()
        chunks.push(chunk)
      })
      res.on('error', none)
      res.on('close', none)
      res.on('end', () => resolve(res.statusCode === 200 ? parsed(Buffer.concat(chunks)) : undefined))
    })
    req.on('error', none)
    req.end()
  })
}

function parsed<T>(bytes: Buffer): T | undefined {
  try {
    return JSON.parse(bytes.toString('utf8')) as T
  } catch {
    return undefined
  }
}
