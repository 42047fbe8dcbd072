import { type InjectionToken, instanceCachingFactory } from 'tsyringe'
import { AccountPool } from '../accounts/pool.js'
import type { PoolState } from '../accounts/pool-state.js'
import type { ResolvedConfig } from '../config/resolved.js'
import type { HttpClient, Logger, ServerInfo, ServiceFactories, Transport } from '../contract/services.js'
import { ConfigError } from '../errors/config-error.js'
import { problemOf, REPLACEABLE } from '../plugin/services.js'
import { tokens } from '../plugin/tokens.js'
import { createPrices } from '../prices/prices.js'
import { createEstimate } from '../token-count/service.js'
import type { Upstreams } from '../upstream/registry.js'
import { type Container, provide, withServices } from './container.js'

/** What lives as long as the process, and is the same for every chain. */
export interface GatewayServices {
  readonly logger: Logger
  readonly transport: Transport
  readonly http: HttpClient
  readonly poolState: PoolState
  readonly server: ServerInfo
}

type ChainServiceName = Exclude<keyof ServiceFactories, 'logger' | 'state'>

/**
 * Registers a chain's services: those that the config names, and the gateway's own for the rest. `onMade` gets the products of
 * the config's factories, in the order of their making.
 */
export function provideServices(
  container: Container,
  config: ResolvedConfig,
  gateway: GatewayServices,
  upstreams: Upstreams,
  onMade: (name: string, service: object) => void,
): void {
  const { logger, server, poolState } = gateway
  provide(container, tokens.logger, logger)
  provide(container, tokens.server, server)
  provide(container, tokens.state, poolState.store)
  provide(container, tokens.upstreams, upstreams)
  const builtIn: Record<ChainServiceName, () => object> = {
    transport: () => gateway.transport,
    http: () => gateway.http,
    estimate: () => createEstimate(poolState.store),
    prices: () => createPrices(config.prices),
    accounts: () =>
      new AccountPool(config.accounts, upstreams, { state: poolState, from: config.accountsFrom }),
  }
  const making: string[] = []
  for (const name of REPLACEABLE) {
    if (name === 'logger' || name === 'state') continue
    const own = config.services[name]
    const make = () => {
      if (!own) return builtIn[name]()
      if (making.includes(name)) throw failure(name, `it asks for itself: ${[...making, name].join(' → ')}`)
      making.push(name)
      const context = withServices(container, {
        config: { accounts: config.accounts },
        builtIn: builtIn[name],
      })
      const service = makeService(name, () => own.create(context as never))
      making.pop()
      onMade(name, service)
      return service
    }
    container.register(tokens[name] as InjectionToken<object>, { useFactory: instanceCachingFactory(make) })
  }
  for (const name of REPLACEABLE)
    if (config.services[name]) container.resolve(tokens[name] as InjectionToken<object>)
}

/** The product of a config's factory. What is wrong with it is a ConfigError that names it. */
export function makeService<T extends object>(name: keyof ServiceFactories, make: () => T): T {
  let service: T
  try {
    service = make()
  } catch (error) {
    if (ConfigError.is(error)) throw error
    throw failure(
      name,
      `it could not be made: ${error instanceof Error ? error.message : String(error)}`,
      error,
    )
  }
  const problem = problemOf(name, service)
  if (problem !== undefined) throw failure(name, problem)
  return service
}

function failure(name: string, message: string, cause?: unknown): ConfigError {
  const error = new ConfigError([{ code: 'AGP_CONFIG_SERVICE', path: `services.${name}`, message }])
  return cause === undefined ? error : Object.assign(error, { cause })
}
