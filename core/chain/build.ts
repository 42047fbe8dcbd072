import { AccountPool } from '../accounts/pool.js'
import type { PoolState } from '../accounts/pool-state.js'
import { operatorEndpoints } from '../admin/endpoints.js'
import type { ResolvedConfig } from '../config/resolved.js'
import { quotedName } from '../config/words.js'
import type { HttpClient, Logger, ServerInfo } from '../contract/services.js'
import { ConfigError } from '../errors/config-error.js'
import { nearest } from '../errors/nearest.js'
import { checkEndpoints } from '../plugin/check-endpoints.js'
import { tokens } from '../plugin/tokens.js'
import { Upstreams, upstreamOf } from '../upstream/registry.js'
import type { Transport } from '../upstream/transport.js'
import { attempt } from './attempt.js'
import { type Chain, compose, type Link } from './compose.js'
import { buildPlugin, buildUpstream, createContainer, provide } from './container.js'
import { dispatchOnce } from './default-dispatch.js'
import { EndpointTable } from './endpoints.js'
import { Lifecycle } from './lifecycle.js'

/** What lives as long as the process, and is the same for every chain. */
export interface Services {
  readonly logger: Logger
  readonly transport: Transport
  readonly http: HttpClient
  readonly poolState: PoolState
  readonly server: ServerInfo
}

/** One chain that was built from one config, with everything that it needs. */
export interface RunningChain {
  readonly config: ResolvedConfig
  readonly logger: Logger
  readonly upstreams: Upstreams
  readonly pool: AccountPool
  readonly chain: Chain
  /** Its plugins, as they are composed. */
  readonly links: readonly Link[]
  readonly endpoints: EndpointTable
  dispose(): Promise<void>
}

/** Builds a chain in a container of its own and sets its plugins up, in order. What was set up is undone on failure. */
export async function buildChain(config: ResolvedConfig, services: Services): Promise<RunningChain> {
  const container = createContainer()
  const upstreams = new Upstreams()
  const pool = new AccountPool(config.accounts, upstreams, {
    state: services.poolState,
    from: config.accountsFrom,
  })
  provide(container, tokens.logger, services.logger)
  provide(container, tokens.transport, services.transport)
  provide(container, tokens.http, services.http)
  provide(container, tokens.server, services.server)
  provide(container, tokens.upstreams, upstreams)
  provide(container, tokens.accounts, pool)

  const links: Link[] = []
  const lifecycle = new Lifecycle(services.logger, config.server.shutdownTimeout)
  const dispose = async () => {
    await lifecycle.dispose()
    await container.dispose()
  }
  let endpoints: EndpointTable
  try {
    for (const { definition, options } of config.chain) {
      const { name } = definition
      await named(name, async () => {
        if (definition.phase === 'upstream') {
          const hooks = buildUpstream(container, definition, options)
          if (!hooks) return
          await lifecycle.setUp({ name, hooks })
          upstreams.add(upstreamOf(name, hooks))
        } else {
          const link = buildPlugin(container, definition, options)
          await lifecycle.setUp({ name, hooks: link.plugin })
          checkEndpoints(link.plugin.endpoints)
          links.push(link)
        }
      })
    }
    checkAccounts(config, upstreams)
    const brought = links.map(({ name, plugin }) => ({ name, endpoints: plugin.endpoints }))
    endpoints = new EndpointTable(operatorEndpoints(pool), brought)
  } catch (error) {
    await dispose()
    throw ConfigError.is(error) ? error.in(config.file) : error
  }
  const all = withDispatch(links, config, pool)
  return {
    config,
    logger: services.logger,
    upstreams,
    pool,
    dispose,
    links: all,
    endpoints,
    chain: compose(all, attempt),
  }
}

/** A plugin that cannot be built or set up keeps the chain from starting; the error names it. */
async function named(name: string, build: () => Promise<void>): Promise<void> {
  try {
    await build()
  } catch (cause) {
    if (ConfigError.is(cause)) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`plugin '${name}' could not be set up: ${reason}`, { cause })
  }
}

/** A chain with upstreams and no plugin that dispatches gets one that takes the first account that can serve. */
function withDispatch(links: readonly Link[], config: ResolvedConfig, pool: AccountPool): readonly Link[] {
  const phases = config.chain.map((p) => p.definition.phase)
  if (phases.includes('dispatch') || !phases.includes('upstream')) return links
  const at = phases.filter((phase) => phase === 'request').length
  return [...links.slice(0, at), dispatchOnce(pool), ...links.slice(at)]
}

/** An account of an upstream that isn't there is a mistake, unless its plugin is switched off on purpose. */
function checkAccounts({ accounts, off, chain }: ResolvedConfig, upstreams: Upstreams): void {
  const names = upstreams.list().map((u) => u.name)
  const silent = new Set([...off, ...chain.map((p) => p.definition.name)])
  const problems = accounts.flatMap(({ upstream }, i) =>
    upstreams.get(upstream) || silent.has(upstream)
      ? []
      : [
          {
            path: `accounts.${i}.upstream`,
            message: `no upstream ${quotedName(upstream)}${nearest(upstream, names)}; this chain has ${names.join(', ') || 'none'}`,
          },
        ],
  )
  if (problems.length > 0) throw new ConfigError(problems)
}
