import type { InjectionToken } from 'tsyringe'
import { operatorEndpoints } from '../admin/endpoints.js'
import { type AdminGuard, adminGuard } from '../admin/guard.js'
import type { ResolvedConfig } from '../config/resolved.js'
import { quotedName } from '../config/words.js'
import type { Accounts } from '../contract/accounts.js'
import type { CallHead } from '../contract/call.js'
import type { Prices } from '../contract/prices.js'
import type { FinishedRecord } from '../contract/record.js'
import type { Resend } from '../contract/resend.js'
import type { Logger, Transport } from '../contract/services.js'
import { ConfigError } from '../errors/config-error.js'
import { PluginError } from '../errors/gateway-errors.js'
import { nearest } from '../errors/nearest.js'
import { checkEndpoints } from '../plugin/check-endpoints.js'
import { tokens } from '../plugin/tokens.js'
import { Learned } from '../upstream/learned.js'
import { Upstreams, upstreamOf } from '../upstream/registry.js'
import { attempt } from './attempt.js'
import { type Chain, compose } from './compose.js'
import { buildPlugin, buildUpstream, createContainer, provide } from './container.js'
import { dispatchOnce } from './default-dispatch.js'
import { describeChain } from './describe.js'
import { EndpointTable } from './endpoints.js'
import { Lifecycle } from './lifecycle.js'
import { likelyOrigin } from './likely-origin.js'
import type { Link } from './link.js'
import { sendElsewhere, withoutOnce } from './send-elsewhere.js'
import { type GatewayServices, provideServices } from './services.js'

/** One chain that was built from one config, with everything that it needs. */
export interface RunningChain {
  readonly config: ResolvedConfig
  readonly logger: Logger
  readonly upstreams: Upstreams
  readonly accounts: Accounts
  readonly chain: Chain
  /** Its plugins, as they are composed. */
  readonly links: readonly Link[]
  readonly endpoints: EndpointTable
  readonly requireAdmin: AdminGuard
  readonly resend: Resend
  /** A request for an upstream is about to come: a connection for it can be begun. */
  prepare(): void
  /** It gets no more requests: calls `onRetire` of its plugins, once. */
  retire(): void
  dispose(): Promise<void>
}

/** Builds a chain in a container of its own and sets its plugins up, in order. What was set up is undone on failure. */
export async function buildChain(config: ResolvedConfig, gateway: GatewayServices): Promise<RunningChain> {
  const container = createContainer()
  const upstreams = new Upstreams()
  const links: Link[] = []
  const lifecycle = new Lifecycle(gateway.logger, config.server.shutdownTimeout)
  const dispose = async () => {
    await lifecycle.dispose()
    await container.dispose()
  }
  let endpoints: EndpointTable
  let accounts: Accounts
  let finish: (record: FinishedRecord, head: CallHead) => void
  const resend: Resend = (request, to, signal) => {
    const prices = container.resolve(tokens.prices as InjectionToken<Prices>)
    const chain = withoutOnce(config, withDispatch(links, config, accounts))
    return sendElsewhere({ chain, accounts, prices, finish }, request, to, signal)
  }
  try {
    const onMade = (name: string, hooks: object) => lifecycle.add({ name: `services.${name}`, hooks })
    provideServices(container, config, gateway, upstreams, onMade)
    provide(container, tokens.resend, resend)
    accounts = container.resolve(tokens.accounts as InjectionToken<Accounts>)
    for (const { definition, options } of config.chain) {
      const { name, phase } = definition
      await named(phase === 'upstream' ? `upstream '${name}'` : `plugin '${name}'`, async () => {
        if (definition.phase === 'upstream') {
          const hooks = buildUpstream(container, definition, options)
          if (!hooks) return
          upstreams.add(upstreamOf(name, hooks)) // before its setup, which may look at its accounts
          await lifecycle.setUp({ name, hooks })
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
    const learned = new Learned(gateway.poolState.store)
    const chain = () => describeChain(config, endpoints)
    endpoints = new EndpointTable(operatorEndpoints({ accounts, upstreams, learned, chain }), brought)
  } catch (error) {
    await dispose()
    throw ConfigError.is(error) ? error.in(config.file) : error
  }
  const all = withDispatch(links, config, accounts)
  const failed = toldOnce(gateway.logger)
  const transport = container.resolve(tokens.transport as InjectionToken<Transport>)
  const likely = () => likelyOrigin(accounts, upstreams)
  const chain = compose(all, attempt, failed)
  finish = (record, head) => void chain.finish(record, head, failed)
  return {
    config,
    logger: gateway.logger,
    upstreams,
    accounts,
    dispose,
    links: all,
    endpoints,
    resend,
    requireAdmin: adminGuard({
      key: config.server.adminKey,
      loopback: gateway.server.loopback,
      allowedHosts: allowedHosts(config),
    }),
    prepare: () => transport.prepare?.(likely),
    retire: once(() => retireAll(links, failed)),
    chain,
  }
}

function retireAll(links: readonly Link[], failed: (error: PluginError) => void): void {
  for (const { name, plugin } of links) {
    try {
      plugin.onRetire?.()
    } catch (error) {
      failed(new PluginError(name, 'onRetire', error))
    }
  }
}

function once(run: () => void): () => void {
  let done = false
  return () => {
    if (!done) run()
    done = true
  }
}

/** An onlooker that fails at each request is logged once. */
function toldOnce(logger: Logger): (error: PluginError) => void {
  const told = new Set<string>()
  return ({ plugin, hook, cause, message }) => {
    if (told.has(plugin)) return
    told.add(plugin)
    logger.error({ plugin, hook, err: cause }, message)
  }
}

/** The names that plugins let clients use, by an option `allowedHosts` as `auth` has, are good for the operator too. */
function allowedHosts({ chain }: ResolvedConfig): readonly string[] {
  return chain.flatMap(({ options }) => {
    const hosts = (options as { allowedHosts?: unknown } | undefined)?.allowedHosts
    return Array.isArray(hosts) ? hosts.filter((host) => typeof host === 'string') : []
  })
}

/** A part that cannot be built or set up keeps the chain from starting; the error names it. */
async function named(part: string, build: () => Promise<void>): Promise<void> {
  try {
    await build()
  } catch (cause) {
    if (ConfigError.is(cause)) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`${part} could not be set up: ${reason}`, { cause })
  }
}

/** A chain with upstreams and no plugin that dispatches gets one that takes the first account that can serve. */
function withDispatch(links: readonly Link[], config: ResolvedConfig, accounts: Accounts): readonly Link[] {
  const phases = config.chain.map((p) => p.definition.phase)
  if (phases.includes('dispatch') || !phases.includes('upstream')) return links
  const at = phases.filter((phase) => phase === 'request').length
  return [...links.slice(0, at), dispatchOnce(accounts), ...links.slice(at)]
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
            code: 'AGP_CONFIG_UNKNOWN_NAME' as const,
            path: `accounts.${i}.upstream`,
            message: `no upstream ${quotedName(upstream)}${nearest(upstream, names)}; this chain has ${names.join(', ') || 'none'}`,
          },
        ],
  )
  if (problems.length > 0) throw new ConfigError(problems)
}
