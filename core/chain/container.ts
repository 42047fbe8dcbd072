import 'reflect-metadata'
import { type DependencyContainer, type InjectionToken, injectable, container as root } from 'tsyringe'
import type { UpstreamHooks } from '../contract/call.js'
import type { PluginClass, PluginContext, PluginDefinition, UpstreamDefinition } from '../contract/plugin.js'
import type { Logger, Services, Token } from '../contract/services.js'
import { checkPlugin, checkUpstreamHooks } from '../plugin/check.js'
import { tokens } from '../plugin/tokens.js'
import type { Link } from './compose.js'

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
    ? own.resolve(constructible(definition.use))
    : definition.create!(contextOf(own, definition.name, options))
  checkPlugin(plugin)
  return { name: definition.name, routes: definition.routes ?? ['messages'], plugin }
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
] as const satisfies readonly (keyof Services)[]

/** Adds `resolve`, and every service under its name; each is resolved when it is read first. */
export function withServices<T extends object>(
  container: Container,
  base: T,
): T & Services & { resolve<S>(token: Token<S> | InjectionToken<S>): S } {
  const resolve = <S>(token: Token<S> | InjectionToken<S>): S => container.resolve(token as InjectionToken<S>)
  const context = { ...base, resolve }
  for (const name of SERVICES) {
    Object.defineProperty(context, name, {
      configurable: true,
      enumerable: true,
      get() {
        const value: unknown = resolve<unknown>(tokens[name])
        Object.defineProperty(context, name, { value, enumerable: true })
        return value
      },
    })
  }
  return context as never
}

/**
 * Marks the class as injectable, so that its author need not, and refuses a parameter without `@inject`: types don't exist
 * at run time under esbuild and jiti, where tsyringe would pass undefined without a word.
 */
function constructible(type: PluginClass): PluginClass {
  const injected = (Reflect.getOwnMetadata('injectionTokens', type) ?? {}) as Record<number, unknown>
  if (type.length === 0 && Reflect.hasMetadata('injectionTokens', Object.getPrototypeOf(type))) {
    // tsyringe would call an inherited constructor without its services, and without a word.
    throw new TypeError(`${type.name} needs a constructor of its own that injects what it hands to super(…)`)
  }
  for (let i = 0; i < type.length; i++) {
    if (injected[i] === undefined) {
      throw new TypeError(`parameter ${i + 1} of ${type.name}'s constructor needs @inject(tokens.…)`)
    }
  }
  injectable()(type)
  return type
}
