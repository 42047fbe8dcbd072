import type { ResolvedConfig } from '../config/resolved.js'
import { isErrorBody } from '../errors/api-errors.js'
import { isRecord, parseJson } from '../json/plain.js'
import { stateFolder } from '../state/folder.js'
import type { Address } from './client.js'
import { adminKeyFor, findGateway, gatewayURLs } from './find-gateway.js'
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
  if (urls.every((url) => keyFor(url) === undefined)) {
    const running = await findGateway(config, env, flags)
    if (!running) throw noGateway(urls)
    throw new UsageError(
      `this wants the admin key of the gateway: set AGPROXY_ADMIN_KEY or server.adminKey; on this machine a gateway on a loopback address keeps one in ${stateFolder(env)}`,
    )
  }
  for (const url of urls) {
    const key = keyFor(url)
    const response = key && (await ask(`${url}/_agproxy/api/${path}`, method, key))
    if (!response) continue
    const text = await response.text().catch(() => {
      throw broken(url)
    })
    const body = parseJson(text)
    if (response.ok && isRecord(body)) return { url, key, body }
    throw refused(url, response.status, body)
  }
  throw noGateway(urls)
}

/** A server of pages answers 200 with a page to everything, another one 404 in its own words: those of ours have our shape. */
const refused = (url: string, status: number | undefined, body: unknown) =>
  new UsageError(
    isErrorBody(body)
      ? body.error.message
      : `what answers at ${url} is no gateway of agproxy (status ${status}); --host and --port name another address`,
  )

const broken = (url: string) => new UsageError(`${url} ended the connection before it answered`)

const noGateway = (urls: readonly string[]) =>
  new UsageError(
    `no gateway answers at ${urls.join(' or ')}; agproxy start -d starts one, --host and --port name another`,
  )

/** Sends a body to a route of the gateway that was found, and waits as long as its answer takes: `fetch` gives up after 300 s. */
export async function postAdmin(url: string, key: string, path: string, body: object): Promise<unknown> {
  const at = new URL(`${url}/_agproxy/api/${path}`)
  const { request } = await (at.protocol === 'https:' ? import('node:https') : import('node:http'))
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const sent = request(at, { method: 'POST', headers, agent: false })
  const { status, text } = await new Promise<{ status: number | undefined; text: string }>(
    (resolve, reject) => {
      sent.on('error', () => reject(broken(url)))
      sent.on('response', (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => void chunks.push(chunk))
        response.on('error', () => reject(broken(url)))
        response.on('end', () =>
          resolve({ status: response.statusCode, text: Buffer.concat(chunks).toString() }),
        )
      })
      sent.end(JSON.stringify(body))
    },
  )
  const told = parseJson(text)
  if (status === 200 && isRecord(told)) return told
  throw refused(url, status, told)
}

function ask(url: string, method: string, key: string): Promise<Response | undefined> {
  const headers = { authorization: `Bearer ${key}` }
  const init = { method, headers, redirect: 'manual', signal: AbortSignal.timeout(PATIENCE) } as const
  return fetch(url, init).catch(() => undefined)
}
