import { connect, createServer } from 'node:net'
import { addressOf } from '../../server/open.js'
import { clientKey, clientURL } from '../client.js'
import { findGateway } from '../find-gateway.js'
import { gatewayAt } from '../registry.js'
import type { Finding, Patient } from './finding.js'

const PROXIES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy']
const PATIENCE = 1_000

/** The gateway that runs, its page, or whether the port is free for one. */
export async function gateway({ config, args, context: { env } }: Patient): Promise<Finding[]> {
  const found = await findGateway(config, env, args)
  if (found) {
    const registered = gatewayAt(found.url, env)
    const other = registered && registered.config !== (config.file ?? null)
    const runs: Finding = other
      ? {
          about: 'gateway',
          level: 'warn',
          text: `${found.url} runs with another config: ${registered.config ?? 'none'}`,
          mend: `agproxy stop ${new URL(found.url).port} && agproxy start -d`,
        }
      : { about: 'gateway', level: 'ok', text: `runs at ${found.url}` }
    return [runs, ...(await page(found.url, found.adminKey))]
  }
  const { host, port } = config.server
  const own = gatewayAt(clientURL(config.server), env)
  if (own)
    return [
      {
        about: 'gateway',
        level: 'error',
        text: `${own.url} is served by pid ${own.pid} (config ${own.config ?? 'none'}), and does not answer, or does not take the key '${shortKey(config)}' of this one`,
        mend: `agproxy stop ${port} && agproxy start -d`,
      },
    ]
  if (port !== 0 && (await isTaken(host, port)))
    return [
      {
        about: 'port',
        level: 'error',
        text: `${clientURL(config.server)} is taken by another program, or by a gateway that does not take the key '${shortKey(config)}'`,
        mend: `agproxy start -d --port ${await freePort()}`,
      },
    ]
  return [
    {
      about: 'gateway',
      level: 'warn',
      text: `none runs; ${clientURL(config.server)} is free`,
      mend: 'agproxy start -d',
    },
  ]
}

const shortKey = (config: Patient['config']) => `${clientKey(config).slice(0, 2)}…`

async function page(url: string, adminKey: string | undefined): Promise<Finding[]> {
  const signal = AbortSignal.timeout(PATIENCE)
  const status = await fetch(`${url}/_agproxy/`, { signal }).then(
    (response) => response.status,
    () => 0,
  )
  if (status !== 200) return []
  if (adminKey !== undefined)
    return [{ about: 'page', level: 'ok', text: `${url}/_agproxy/ (agproxy ui opens it)` }]
  const text = `${url}/_agproxy/ wants the admin key, which is not known here`
  return [{ about: 'page', level: 'warn', text, mend: 'export AGPROXY_ADMIN_KEY=…' }]
}

/** A client on this machine must not look for the gateway behind a proxy. */
export function proxies({ config, context: { env } }: Patient): Finding {
  const set = PROXIES.filter((name) => env[name])
  if (set.length === 0) return { about: 'proxy', level: 'ok', text: 'no proxy variable is set' }
  const { hostname } = new URL(clientURL(config.server))
  const exempt = `${env.NO_PROXY ?? ''},${env.no_proxy ?? ''}`.split(/[,\s]+/)
  if (exempt.includes(hostname) || exempt.includes('*'))
    return {
      about: 'proxy',
      level: 'ok',
      text: `${set.join(', ')} set, ${hostname} is exempt; upstreams are called through it, but for those in NO_PROXY`,
    }
  return {
    about: 'proxy',
    level: 'warn',
    text: `${set.join(', ')} set, and NO_PROXY does not name ${hostname}: a client would look for the gateway behind the proxy`,
    mend: 'eval "$(agproxy env)"',
  }
}

async function isTaken(host: string, port: number): Promise<boolean> {
  const address = await addressOf(host).catch(() => host)
  return new Promise((resolve) => {
    const socket = connect({ host: address === '0.0.0.0' ? '127.0.0.1' : address, port, timeout: PATIENCE })
    const done = (taken: boolean) => {
      socket.destroy()
      resolve(taken)
    }
    socket.once('connect', () => done(true))
    socket.once('timeout', () => done(false))
    socket.once('error', () => done(false))
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
