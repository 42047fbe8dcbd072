import 'reflect-metadata' // before tsyringe, which throws without it
import { type DependencyContainer, type InjectionToken, container as root } from 'tsyringe'
import type { UpstreamHooks } from '../contract/call.js'
import type { PluginContext, PluginDefinition, UpstreamDefinition } from '../contract/plugin.js'
import type { Logger, Services, Token } from '../contract/services.js'
import { checkPlugin, checkUpstreamHooks } from '../plugin/check.js'
import { tokens } from '../plugin/tokens.js'
import type { Link } from './link.js'
import { resolve } from './resolve.js'

export type Container = DependencyContainer

/** One container a chain: a reload builds the new chain beside the old one and neither sees the other's services. */
export function createContainer(): Container {
  return root.createChildContainer()
}

export function provide<T>(container: Container, token: Token<T>, value: T): void {
  container.register(token as InjectionToken<T>, { useValue: value })
}

/** Builds one plugin in a container of its own, where `tokens.options` and `tokens.logger` are that plugin's. */
export function buildPlugin(chain: Container, definition: PluginDefinition, options: unknown): Link {
  const own = containerOf(chain, definition.name, options)
  const plugin: unknown = definition.use
    ? resolve(own, definition.use)
    : definition.create!(contextOf(own, definition.name, options))
  checkPlugin(plugin)
  const { name, phase, routes = ['messages'], touches } = definition
  return { name, phase, routes, plugin, touches }
}

/** The same for an upstream. */
export function buildUpstream(
  chain: Container,
  definition: UpstreamDefinition,
  options: unknown,
): UpstreamHooks | undefined {
  const own = containerOf(chain, definition.name, options)
  const hooks: unknown = definition.create(contextOf(own, definition.name, options))
  if (hooks === undefined) return undefined
  checkUpstreamHooks(hooks)
  return hooks
}

function containerOf(chain: Container, name: string, options: unknown): Container {
  const own = chain.createChildContainer()
  const logger = chain.resolve(tokens.logger as InjectionToken<Logger>)
  provide(own, tokens.options, options)
  provide(own, tokens.logger, logger.child({ plugin: name }))
  return own
}

function contextOf(own: Container, name: string, options: unknown): PluginContext<never> {
  return withServices(own, { name, options: options as never })
}

const SERVICES = [
  'logger',
  'state',
  'server',
  'transport',
  'http',
  'upstreams',
  'accounts',
  'estimate',
  'prices',
  'resend',
] as const satisfies readonly (keyof Services)[]

/** Adds `resolve`, and every service under its name; each is resolved when it is read first. */
export function withServices<T extends object>(
  container: Container,
  base: T,
): T & Services & { resolve<S>(token: Token<S> | InjectionToken<S>): S } {
  const provided = <S>(token: Token<S> | InjectionToken<S>): S =>
    resolve(container, token as InjectionToken<S>)
  const context = { ...base, resolve: provided }
  for (const name of SERVICES) {
    Object.defineProperty(context, name, {
      configurable: true,
      enumerable: true,
      get() {
        const value: unknown = provided<unknown>(tokens[name])
        Object.defineProperty(context, name, { value, enumerable: true })
        return value
      },
    })
  }
  return context as never
}
