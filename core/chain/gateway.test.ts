import { afterEach, describe, expect, it, vi } from 'vitest'
import { makeCall, messageReply } from '../../testing.js'
import { PoolState } from '../accounts/pool-state.js'
import { resolveConfig } from '../config/resolve.js'
import type { ResolvedConfig } from '../config/resolved.js'
import type { UpstreamHooks } from '../contract/call.js'
import type { Plugin, PluginDefinition, PluginEntry } from '../contract/plugin.js'
import type { Logger } from '../contract/services.js'
import { Reply } from '../exchange/reply.js'
import { definePlugin, defineUpstream } from '../plugin/define.js'
import { createHttpClient } from '../upstream/http.js'
import { Transport } from '../upstream/transport.js'
import { buildChain } from './build.js'
import { Gateway } from './gateway.js'
import type { GatewayServices } from './services.js'

function services(lines: [string, object][] = []): GatewayServices {
  const at = (level: string) => (first: object | string, message?: string) =>
    void lines.push([message ?? String(first), { level, ...(typeof first === 'object' && first) }])
  const logger: Logger = {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => logger,
  }
  const transport = new Transport()
  return {
    logger,
    transport,
    http: createHttpClient(transport),
    poolState: new PoolState(),
    server: { host: '127.0.0.1', port: 1, loopback: true },
  }
}

const config = (plugins: readonly PluginEntry[], raw: object = {}): ResolvedConfig =>
  resolveConfig({ preset: { name: 'test', plugins }, ...raw }, { env: {}, presets: {} })

/** A plugin that writes down its set-up and its disposal; it answers with its name. */
const noting = (
  name: string,
  log: string[],
  hooks: Partial<Plugin> = {},
  fields: Partial<Omit<PluginDefinition, 'use' | 'create'>> = {},
) =>
  definePlugin({
    name,
    phase: 'request',
    routes: 'all',
    ...fields,
    create: () => ({
      setup: () => void log.push(`${name} up`),
      dispose: () => void log.push(`${name} down`),
      ...hooks,
    }),
  })
const answering = (name: string, log: string[]) => noting(name, log, { onRequest: () => Reply.json(name) })
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
const textOf = async (reply: Promise<Reply>) => (await reply).json()

describe('a chain', () => {
  it('is set up in order and disposed of in reverse', async () => {
    const log: string[] = []
    const running = await buildChain(
      config([noting('a', log), noting('b', log), noting('c', log)]),
      services(),
    )
    await running.dispose()
    expect(log).toEqual(['a up', 'b up', 'c up', 'c down', 'b down', 'a down'])
  })

  it('whose set-up fails is undone, and nothing of the plugin that failed or came later is touched', async () => {
    const log: string[] = []
    const failing = noting('bad', log, { setup: () => Promise.reject(new Error('no database')) })
    const chain = config([noting('a', log), noting('b', log), failing, noting('c', log)])
    await expect(buildChain(chain, services())).rejects.toThrow('no database')
    expect(log).toEqual(['a up', 'b up', 'b down', 'a down'])
  })

  it('is disposed of to the end though one plugin fails in it, which is logged', async () => {
    const log: string[] = []
    const lines: [string, object][] = []
    const failing = noting('bad', log, { dispose: () => Promise.reject(new Error('stuck')) })
    const running = await buildChain(config([noting('a', log), failing, noting('c', log)]), services(lines))
    await running.dispose()
    expect(log).toEqual(['a up', 'bad up', 'c up', 'c down', 'a down'])
    expect(lines).toMatchObject([['dispose failed', { level: 'error', plugin: 'bad' }]])
  })

  it('refuses an account whose upstream nobody brought, and suggests the nearest', async () => {
    const log: string[] = []
    const zai = defineUpstream({
      name: 'zai',
      send: () => messageReply(),
      dispose: () => void log.push('down'),
    })
    const wrong = config([zai], { accounts: [{ id: 'a', upstream: 'zia', apiKey: 'k' }] })
    await expect(buildChain(wrong, services())).rejects.toThrow(
      /accounts\.0\.upstream.*no upstream 'zia'.*zai/s,
    )
    expect(log).toEqual(['down'])
  })

  it('takes an account of a plugin that is switched off', async () => {
    const off = config([defineUpstream({ name: 'zai', send: () => messageReply() })], {
      plugins: { zai: false },
      accounts: [{ id: 'a', upstream: 'zai', apiKey: 'k' }],
    })
    const running = await buildChain(off, services())
    expect(running.accounts.all()).toEqual([])
    await running.dispose()
  })
})

describe('a chain without a plugin that dispatches', () => {
  const upstream = (name: string, fields: Partial<UpstreamHooks> = {}) =>
    defineUpstream({ name, send: (call) => messageReply(call.target!.account.id), ...fields })

  it('makes one attempt on the first account that can serve', async () => {
    const accounts = [
      { id: 'first', upstream: 'one', apiKey: 'k', models: ['gpt-*'] },
      { id: 'second', upstream: 'two', apiKey: 'k', email: 'me@example.com' },
    ]
    const running = await buildChain(config([upstream('one'), upstream('two')], { accounts }), services())
    const call = makeCall()
    const reply = await running.chain.run(call)
    expect(await reply.json()).toMatchObject({ content: [{ text: 'second' }] })
    expect(reply.header('x-account-email')).toBe('me@example.com')
    expect(call.record.facts).toMatchObject({ upstream: 'two', account: 'second', attempts: 1 })
  })

  it('says what to do when there is no account, or none for the model', async () => {
    const none = await buildChain(config([upstream('one')]), services())
    await expect(none.chain.run(makeCall())).rejects.toMatchObject({
      message: expect.stringContaining('ZAI_API_KEY'),
    })
    const accounts = [{ id: 'a', upstream: 'one', apiKey: 'k', models: ['gpt-*'] }]
    const other = await buildChain(config([upstream('one')], { accounts }), services())
    await expect(other.chain.run(makeCall())).rejects.toMatchObject({
      status: 404,
      message: expect.stringContaining("no account serves the model 'claude-sonnet-5'"),
    })
  })
})

describe('routes that the gateway answers by itself', () => {
  it.each([
    ['health', '{"status":"ok"}'],
    ['hello', ''],
    ['telemetry', '{}'],
  ] as const)('%s', async (route, body) => {
    const running = await buildChain(config([]), services())
    const reply = await running.chain.run(makeCall({}, { route }))
    expect([reply.status, await reply.text()]).toEqual([200, body])
  })
})

describe('a reload', () => {
  it('swaps at once: running requests finish on the old chain, new ones begin on the new', async () => {
    const log: string[] = []
    const gateway = await Gateway.create(config([answering('old', log)]), services())
    const before = gateway.acquire()
    await gateway.reload(config([answering('new', log)]))
    const after = gateway.acquire()
    expect([await textOf(before.run(makeCall())), await textOf(after.run(makeCall()))]).toEqual([
      'old',
      'new',
    ])
    await turn()
    expect(log).toEqual(['old up', 'new up'])
    before.release()
    before.release()
    await turn()
    expect(log).toEqual(['old up', 'new up', 'old down'])
    after.release()
    await turn()
    expect(log).not.toContain('new down')
    await gateway.close()
    expect(log.at(-1)).toBe('new down')
  })

  it('disposes of a chain that nobody uses at once', async () => {
    const log: string[] = []
    const gateway = await Gateway.create(config([answering('old', log)]), services())
    gateway.acquire().release()
    await gateway.reload(config([answering('new', log)]))
    await turn()
    expect(log).toEqual(['old up', 'new up', 'old down'])
  })

  it('waits for the last of several requests', async () => {
    const log: string[] = []
    const gateway = await Gateway.create(config([answering('old', log)]), services())
    const leases = [gateway.acquire(), gateway.acquire()]
    await gateway.reload(config([]))
    leases[0]!.release()
    leases[0]!.release()
    await turn()
    expect(log).toEqual(['old up'])
    leases[1]!.release()
    await turn()
    expect(log).toEqual(['old up', 'old down'])
  })

  it('that fails changes nothing', async () => {
    const log: string[] = []
    const gateway = await Gateway.create(config([answering('old', log)]), services())
    const broken = noting('bad', log, { setup: () => Promise.reject(new Error('no')) })
    await expect(gateway.reload(config([noting('new', log), broken]))).rejects.toThrow('no')
    expect(log).toEqual(['old up', 'new up', 'new down'])
    expect(await textOf(gateway.acquire().run(makeCall()))).toBe('old')
  })

  it('lets accounts rest on, but for those that only a changed config could mend', async () => {
    const up = defineUpstream({ name: 'up', send: () => messageReply() })
    const accounts = ['busy', 'locked'].map((id) => ({ id, upstream: 'up', apiKey: 'k' }))
    const same = config([up], { accounts })
    const gateway = await Gateway.create(same, services())
    const [busy, locked] = gateway.running.accounts.all()
    gateway.running.accounts.coolDown(busy!, 60_000, 'rate-limit')
    gateway.running.accounts.coolDown(locked!, Number.POSITIVE_INFINITY, 'unauthorised')
    await gateway.reload(same)
    expect(gateway.running.accounts.cooldownMs(busy!)).toBeGreaterThan(50_000)
    expect(gateway.running.accounts.cooldownMs(locked!)).toBe(0)
  })
})

describe('a plugin without an end', () => {
  const never = () => new Promise<void>(() => {})
  const deferred = () => {
    let resolve = () => {}
    const promise = new Promise<void>((done) => {
      resolve = done
    })
    return { promise, resolve }
  }
  afterEach(() => vi.useRealTimers())

  it('in its setup keeps the chain from starting after 30 s, is named, and the rest is undone', async () => {
    vi.useFakeTimers()
    const log: string[] = []
    const building = buildChain(
      config([noting('a', log), noting('slow', log, { setup: never }), noting('c', log)]),
      services(),
    )
    const failed = expect(building).rejects.toThrow(
      "plugin 'slow' could not be set up: its setup did not end within 30 s",
    )
    await vi.advanceTimersByTimeAsync(30_000)
    await failed
    expect(log).toEqual(['a up', 'a down'])
  })

  it('that is set up after its limit is disposed of', async () => {
    vi.useFakeTimers()
    const log: string[] = []
    const setup = () => new Promise<void>((resolve) => setTimeout(resolve, 31_000))
    const failed = expect(buildChain(config([noting('late', log, { setup })]), services())).rejects.toThrow(
      '30 s',
    )
    await vi.advanceTimersByTimeAsync(30_500)
    await failed
    expect(log).toEqual([])
    await vi.advanceTimersByTimeAsync(500)
    expect(log).toEqual(['late down'])
  })

  it.each([
    [30_000, 5_000],
    [2_000, 2_000],
    [0, 1_000],
  ])('in its dispose is left behind: shutdownTimeout %i gives it %i ms', async (shutdownTimeout, limit) => {
    const log: string[] = []
    const lines: [string, object][] = []
    const plugins = [noting('a', log), noting('stuck', log, { dispose: never }), noting('c', log)]
    const gateway = await Gateway.create(config(plugins, { server: { shutdownTimeout } }), services(lines))
    vi.useFakeTimers()
    let closed = false
    void gateway.close().then(() => {
      closed = true
    })
    await vi.advanceTimersByTimeAsync(limit - 1)
    expect(closed).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(closed).toBe(true)
    expect(log).toEqual(['a up', 'stuck up', 'c up', 'c down', 'a down'])
    expect(lines).toEqual([
      [`plugin 'stuck': dispose did not end within ${limit / 1000} s`, { level: 'error', plugin: 'stuck' }],
    ])
  })

  it('in its setup does not hold up the next reload, and is disposed of when it is set up after all', async () => {
    const log: string[] = []
    const gateway = await Gateway.create(config([answering('first', log)]), services())
    const ready = deferred()
    const setup = () => ready.promise
    const older = gateway.reload(
      config([noting('older', log, { setup, onRequest: () => Reply.json('older') })]),
    )
    await gateway.reload(config([answering('newer', log)]))
    ready.resolve()
    await expect(older).rejects.toThrow('a newer config')
    expect(log).toEqual(['first up', 'newer up', 'first down', 'older down'])
    expect(await textOf(gateway.acquire().run(makeCall()))).toBe('newer')
  })

  it('in its setup does not outlive a gateway that is closed meanwhile', async () => {
    const log: string[] = []
    const gateway = await Gateway.create(config([]), services())
    const ready = deferred()
    const setup = () => ready.promise
    const reload = gateway.reload(config([noting('late', log, { setup })]))
    await gateway.close()
    ready.resolve()
    await expect(reload).rejects.toThrow('the stop of the gateway')
    expect(log).toEqual(['late down'])
  })
})

it('closing disposes of each plugin once, though a request is still under way', async () => {
  const log: string[] = []
  const gateway = await Gateway.create(config([answering('a', log), noting('b', log)]), services())
  const lease = gateway.acquire()
  await gateway.close()
  lease.release()
  await turn()
  expect(log).toEqual(['a up', 'b up', 'b down', 'a down'])
})
