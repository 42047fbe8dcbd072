import { describe, expect, it } from 'vitest'
import { resolveConfig } from '../../core/config/resolve.js'
import type {
  Account,
  AccountRequest,
  AccountStatus,
  Accounts,
  Call,
  CooldownReason,
  Lease,
  ServiceContext,
} from '../../core/index.js'
import { GatewayError } from '../../core/index.js'
import { accountRequest, releaseOnEnd } from '../../core/kit.js'
import { startGateway } from '../../core/server/start.js'
import { MemoryStore } from '../../core/state/memory.js'
import { presets } from '../../presets/index.js'
import { recorder } from '../../testing.js'
import { anthropicUpstream, failure } from '../support/anthropic-upstream.js'
import { ask } from '../support/client.js'
import { expectError } from '../support/expect-error.js'
import { direct, stand, zaiPair } from '../support/stand.js'

/** Each account in turn, and nothing else of what the built-in chooser does. */
class RoundRobin implements Accounts {
  readonly waiting = 0
  readonly busy = new Map<string, number>()
  readonly #until = new Map<string, number>()
  #turn = 0

  constructor(private readonly context: ServiceContext<Accounts>) {}

  all(): readonly Account[] {
    return this.context.config.accounts
  }

  request(call: Call, queueTimeout?: number): AccountRequest {
    return accountRequest(call, queueTimeout)
  }

  acquire({ call, tried, attempt }: AccountRequest): Lease | undefined {
    const open = this.all().filter((account) => !tried.has(account.id) && this.cooldownMs(account) === 0)
    const account = open[this.#turn++ % open.length]
    if (!account) return undefined
    const upstream = this.context.upstreams.expect(account.upstream)
    const accepts = upstream.acceptsFor(upstream.modelFor(call.model))
    const count = (by: number) => this.busy.set(account.id, (this.busy.get(account.id) ?? 0) + by)
    count(1)
    let held = true
    const lease: Lease = {
      target: { upstream, account, accepts, attempt },
      served() {},
      failed: ({ ms, reason }) => this.coolDown(account, ms, reason),
      hold: (reply) => releaseOnEnd(reply, lease),
      release() {
        if (held) count(-1)
        held = false
      },
    }
    return lease
  }

  exhausted(): GatewayError {
    return new GatewayError('rate_limit_error', 'every account has had its turn')
  }

  soonest(): number | undefined {
    return Math.min(...this.all().map((account) => this.cooldownMs(account)))
  }

  coolDown(account: Account, ms = 60_000, _reason: CooldownReason): void {
    this.#until.set(account.id, Date.now() + ms)
  }

  clear(id: string): number | undefined {
    return this.#until.delete(id) ? 1 : 0
  }

  cooldownMs({ id }: Account): number {
    return Math.max(0, (this.#until.get(id) ?? 0) - Date.now())
  }

  status(): readonly AccountStatus[] {
    return this.all().map((account) => ({
      account,
      upstream: account.upstream,
      cooldownMs: this.cooldownMs(account),
      reason: undefined,
      cooldowns: [],
      inFlight: this.busy.get(account.id) ?? 0,
    }))
  }
}

const ADMIN = { authorization: 'Bearer admin-key-1234' }
const turns = (url: string, config = zaiPair(url)) => ({
  ...config,
  server: { adminKey: 'admin-key-1234' },
  services: { accounts: (context: ServiceContext<Accounts>) => new RoundRobin(context) },
})

describe('a chooser of accounts in place of ours', () => {
  it('serves retry-rotate: a session has a new account for each request, and each place is freed', async () => {
    const { send, gateway } = await stand(anthropicUpstream(), { config: turns })
    const served = []
    for (let i = 0; i < 4; i++)
      served.push((await send({ body: ask({ stream: true }) })).headers['x-account-email'])
    expect(served).toEqual(['first', 'second@example.com', 'first', 'second@example.com'])
    const { accounts } = gateway
    expect(accounts.status().map(({ inFlight }) => inFlight)).toEqual([0, 0])
  })

  it('is told of failures, and says when nobody can serve', async () => {
    const { up, send } = await stand(
      anthropicUpstream(() => failure(429, 'rate_limit_error', 'slow down', { 'retry-after': '40' })),
      { config: turns },
    )
    const first = await send({ body: ask() })
    expect([first.status, first.json().error]).toMatchObject([
      429,
      { message: expect.stringMatching('slow down') },
    ])
    expect(Number(first.headers['retry-after'])).toBeGreaterThan(30)
    expect(up.requests).toHaveLength(2)
    expectError(await send({ body: ask() }), 429, 'rate_limit_error', /every account has had its turn/)
    expect(up.requests).toHaveLength(2)
  })

  it('serves the operator’s routes', async () => {
    const limited = anthropicUpstream(() => failure(429, 'rate_limit_error', 'no', { 'retry-after': '40' }))
    const { send } = await stand(limited, { config: turns })
    await send({ body: ask() })
    const path = '/_agproxy/api/accounts'
    const shown = (await send({ method: 'GET', path, headers: ADMIN })).json()
    expect(shown.accounts).toMatchObject([
      { id: 'first', usable: false },
      { id: 'second', usable: false },
    ])
    const clear = { method: 'DELETE', path: `${path}/second/cooldowns`, headers: ADMIN }
    expect((await send(clear)).json()).toEqual({ id: 'second', cleared: 1 })
  })

  it('serves the list of models, and a chain without retry-rotate', async () => {
    const { send } = await stand(anthropicUpstream(), {
      config: (url) => {
        const config = turns(url, direct(url))
        return { ...config, plugins: { ...config.plugins, 'retry-rotate': false } }
      },
    })
    const models = await send({ method: 'GET', path: '/v1/models' })
    expect(models.json()).toMatchObject({ first_id: 'claude-opus-5-5' })
    const seen = await send({ body: ask() })
    expect([seen.status, seen.headers['x-account-email']]).toEqual([200, 'one'])
  })
})

describe('what outlives a reload', () => {
  it('is made once: a logger and a store of the config’s serve the gateway itself, and are released with it', async () => {
    const log: string[] = []
    const lines: { level: string; message: string }[] = []
    class Store extends MemoryStore {
      override async close(): Promise<void> {
        log.push('store closed')
      }
    }
    const raw = {
      preset: 'passthrough',
      server: { port: 0 },
      accounts: [{ id: 'a', upstream: 'anthropic', apiKey: 'sk-secret-123' }],
      services: {
        logger: ({ redact }: { redact(text: string): string }) => {
          log.push('logger made', redact('the key sk-secret-123'))
          return { ...recorder(lines as never), dispose: () => void log.push('logger down') }
        },
        state: () => {
          log.push('store made')
          return new Store()
        },
      },
    }
    const resolve = () => resolveConfig(raw, { env: {}, presets })
    const running = await startGateway({ config: resolve() })
    expect(await running.reload(resolve())).toEqual([])
    const without = resolveConfig({ ...raw, services: {} }, { env: {}, presets })
    expect(await running.reload(without)).toEqual([
      'services.logger changes with the next start; this gateway keeps what it has',
      'services.state changes with the next start; this gateway keeps what it has',
    ])
    await fetch(`${running.url}/nothing`)
    await expect.poll(() => lines).toMatchObject([{ level: 'info', message: 'request' }])
    await running.close(0)
    expect(log).toEqual(['logger made', 'the key [secret]', 'store made', 'store closed', 'logger down'])
  })
})
