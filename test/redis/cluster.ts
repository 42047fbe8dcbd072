import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inject, onTestFinished } from 'vitest'
import { anthropicUpstream } from '../support/anthropic-upstream.js'
import { type Handler, type SeenRequest, startUpstream } from '../support/bad-upstream.js'
import { type Cli, emptyFolder } from '../support/cli.js'
import { ask, send } from '../support/client.js'
import { ownPrefix } from './stores.js'

export const ADMIN_KEY = 'admin-key-1234'
export const FIVE = ['a', 'b', 'c', 'd', 'e']

/** The account whose key an upstream saw. */
export const accountOf = (request: SeenRequest) => request.header('x-api-key')?.replace('sk-account-', '')

export interface ClusterInit {
  /** Default: five that are equal. */
  readonly accounts?: readonly { readonly id: string; readonly [field: string]: unknown }[]
  readonly redisUrl?: string
  /** What the config says beside. */
  readonly config?: object
  /** Options of plugins, beside those that each of these gateways has. */
  readonly plugins?: Readonly<Record<string, unknown>>
}

/** A scripted upstream, and a way to start gateways before it, processes of their own that share a state. */
export async function cluster(cli: Cli, handler: Handler, init: ClusterInit = {}) {
  const { accounts = FIVE.map((id) => ({ id, priority: 0 })), redisUrl = inject('redisUrl')! } = init
  const up = await startUpstream(anthropicUpstream(handler))
  onTestFinished(() => up.close())
  const folder = emptyFolder()
  const config = {
    accounts: accounts.map((account) => ({
      upstream: 'anthropic',
      apiKey: `sk-account-${account.id}`,
      ...account,
    })),
    plugins: { anthropic: { baseURL: up.url }, 'retry-rotate': { queueTimeout: 30_000 }, ...init.plugins },
    state: { url: redisUrl, prefix: ownPrefix(redisUrl) },
    server: { port: 0, adminKey: ADMIN_KEY },
    ...init.config,
  }
  writeFileSync(join(folder, '.agproxyrc.json'), JSON.stringify(config))
  const gateway = async () => {
    const running = cli.start(['start'], { cwd: folder })
    const out = await running.printed(/listening on \S+/)
    return { ...running, url: /listening on (\S+)/.exec(out)![1]! }
  }
  return { up, gateway }
}

/** What an operator's route of a gateway answers. */
export async function told(url: string, path: string): Promise<string> {
  const headers = { authorization: `Bearer ${ADMIN_KEY}` }
  return (await send(url, { method: 'GET', path: `/_agproxy/api/${path}`, headers })).text()
}

/** One request of a session; the account that served it. */
export async function request(url: string, session: string, body = {}) {
  const seen = await send(url, {
    headers: { 'x-claude-code-session-id': session },
    body: ask(body),
    timeout: 30_000,
  })
  return { status: seen.status, account: String(seen.headers['x-account-email']), end: seen.end }
}
