import { describe, expect, it } from 'vitest'
import { makeCall, messageReply, recorder } from '../../testing.js'
import { PoolState } from '../accounts/pool-state.js'
import { resolveConfig } from '../config/resolve.js'
import type { Accounts } from '../contract/accounts.js'
import type { PluginContext, PluginEntry } from '../contract/plugin.js'
import type { EstimateTokens, ServiceContext, ServiceFactories, Transport } from '../contract/services.js'
import { definePlugin, defineUpstream } from '../plugin/define.js'
import { tokens } from '../plugin/tokens.js'
import { createHttpClient } from '../upstream/http.js'
import { Transport as OwnTransport } from '../upstream/transport.js'
import { buildChain } from './build.js'
import { Gateway } from './gateway.js'

function gatewayServices() {
  const transport = new OwnTransport()
  return {
    logger: recorder([]),
    transport,
    http: createHttpClient(transport),
    poolState: new PoolState(),
    server: { host: '127.0.0.1', port: 1, loopback: true },
  }
}

const configOf = (services: ServiceFactories, plugins: readonly PluginEntry[] = []) =>
  resolveConfig({ preset: { name: 'test', plugins }, services }, { env: {}, presets: {} })
const build = (services: ServiceFactories, plugins: readonly PluginEntry[] = []) =>
  buildChain(configOf(services, plugins), gatewayServices())

/** A transport that is known by its name. */
const named = (name: string, fields: object = {}) =>
  ({ name, send: () => Promise.reject(new Error(name)), ...fields }) as Transport & { name: string }
const seeing = (see: (context: PluginContext<undefined>) => void, fields = {}) =>
  definePlugin({
    name: 'sees',
    phase: 'request',
    create(context) {
      see(context)
      return fields
    },
  })

describe('a service of the config', () => {
  it('takes the place of the gateway’s for every plugin, one for the whole chain', async () => {
    const seen: unknown[] = []
    let made = 0
    const see = ({ transport, resolve }: PluginContext<undefined>) =>
      void seen.push(transport, resolve(tokens.transport))
    const also = defineUpstream({
      name: 'also',
      create(context) {
        see(context)
        return { send: () => messageReply() }
      },
    })
    const transport = () => named(`mine ${++made}`)
    await build({ transport }, [seeing(see), also])
    expect(seen).toMatchObject(Array(4).fill({ name: 'mine 1' }))
    expect(made).toBe(1)
  })

  it('is made though no plugin asks for it, so that what is wrong with it is found at start', async () => {
    await expect(build({ transport: () => ({}) as never })).rejects.toThrow(
      'services.transport: what the factory returned has no `send`',
    )
  })

  it('may wrap the gateway’s own, and use other services', async () => {
    let wrapped: Transport | undefined
    let accounts: Accounts | undefined
    const services: ServiceFactories = {
      transport: ({ builtIn, accounts: chooser }) => {
        wrapped = builtIn()
        accounts = chooser
        return { send: (request) => wrapped!.send(request) }
      },
    }
    const own = gatewayServices()
    const running = await buildChain(configOf(services), own)
    expect(wrapped).toBe(own.transport)
    expect(accounts).toBe(running.accounts)
  })

  it('gets the accounts of the config, and upstreams that are there by the time of a request', async () => {
    const seen: unknown[] = []
    const accounts = ({ builtIn, config, upstreams }: ServiceContext<Accounts>) => {
      seen.push(config, upstreams.list().length)
      const pool = builtIn()
      const all = pool.all.bind(pool)
      return Object.assign(pool, {
        all() {
          seen.push(upstreams.list().map(({ name }) => name))
          return all()
        },
      })
    }
    const upstream = defineUpstream({ name: 'one', send: () => messageReply() })
    const raw = { accounts: [{ id: 'a', upstream: 'one', apiKey: 'k' }], services: { accounts } }
    const config = resolveConfig(
      { preset: { name: 'test', plugins: [upstream] }, ...raw },
      { env: {}, presets: {} },
    )
    const running = await buildChain(config, gatewayServices())
    running.accounts.all()
    expect(seen).toEqual([{ accounts: [{ id: 'a', upstream: 'one', apiKey: 'k' }] }, 0, ['one']])
  })

  it('is made anew for the chain of a reload, and disposed of after the last request and the plugins of its chain', async () => {
    const log: string[] = []
    const services = (name: string): ServiceFactories => ({
      transport: () => named(name, { dispose: () => void log.push(`${name} down`) }),
    })
    const plugin = seeing(() => {}, { dispose: () => void log.push('plugin down') })
    const gateway = await Gateway.create(configOf(services('old'), [plugin]), gatewayServices())
    const request = gateway.acquire()
    await gateway.reload(configOf(services('new'), [plugin]))
    expect(log).toEqual([])
    request.release()
    await expect.poll(() => log).toEqual(['plugin down', 'old down'])
    await gateway.close()
    expect(log.slice(2)).toEqual(['plugin down', 'new down'])
  })

  it('is disposed of when the chain can’t be built', async () => {
    const log: string[] = []
    const services: ServiceFactories = {
      transport: () => named('mine', { dispose: () => void log.push('down') }),
      http: () => {
        throw new Error('no port')
      },
    }
    await expect(build(services)).rejects.toThrow('services.http: it could not be made: no port')
    expect(log).toEqual(['down'])
  })

  it('may not ask for itself, not through others either', async () => {
    const services: ServiceFactories = {
      transport: ({ http }) => named('mine', { http }),
      http: ({ resolve }) => resolve(tokens.transport) as never,
    }
    await expect(build(services)).rejects.toThrow(
      'services.transport: it asks for itself: transport → http → transport',
    )
  })

  it.each([
    [() => undefined, 'the factory must return the service, and returned undefined'],
    [() => null, 'the factory must return the service, and returned null'],
    [async () => named('late'), 'the factory must return the service itself, and returned a promise'],
    [() => ({ all: () => [] }), 'what the factory returned has no `request`, `acquire`, `exhausted`'],
  ])('%s is refused in words', async (factory, words) => {
    await expect(build({ accounts: factory as never })).rejects.toThrow(`services.accounts: ${words}`)
  })

  it('that estimates tokens is a function', async () => {
    await expect(build({ estimate: () => ({ count: () => 1 }) as never })).rejects.toThrow(
      'services.estimate: the factory must return a function from a call to a number of tokens',
    )
    let own: EstimateTokens | undefined
    await build({ estimate: () => async () => 7 }, [
      seeing(({ estimate }) => {
        own = estimate
      }),
    ])
    expect(await own!(makeCall())).toBe(7)
  })
})
