import type { z } from 'zod'
import type { Awaitable } from '../contract/awaitable.js'
import type { Call } from '../contract/call.js'
import type {
  Definition,
  InputOf,
  PluginDefinition,
  PluginFactory,
  PluginInit,
  PluginSpec,
  UpstreamDefinition,
  UpstreamInit,
} from '../contract/plugin.js'
import type { Reply } from '../contract/reply.js'
import { checkDefinition, checkUpstream } from './check.js'

/**
 * Declares a plugin.
 *
 * @example
 * export const stamp = definePlugin({
 *   name: 'stamp',
 *   phase: 'request',
 *   options: z.strictObject({ text: z.string().default('hello') }),
 *   create: ({ options }) => ({ onReply: (reply) => reply.with({ headers: { 'x-stamp': options.text } }) }),
 * })
 */
export function definePlugin<const Name extends string, Schema extends z.ZodType = z.ZodType<undefined>>(
  init: PluginInit<Name, Schema>,
): PluginFactory<Name, Schema, PluginDefinition<Name, Schema>> {
  checkDefinition(init as never)
  const definition: PluginDefinition<Name, Schema> = init
  return factoryOf(definition)
}

/**
 * Declares an upstream: something that sends calls. Accounts name it by `upstream`; presets and `use` list it after the
 * plugins.
 *
 * @example
 * export const canned = defineUpstream({
 *   name: 'canned',
 *   options: z.strictObject({ text: z.string().default('hello') }),
 *   create: ({ options }) => ({
 *     accepts: { countTokens: false },
 *     needsKey: false,
 *     send: (call) => Reply.events(eventsOf(options.text, call.model)),
 *   }),
 * })
 */
export function defineUpstream<const Name extends string, Schema extends z.ZodType = z.ZodType<undefined>>(
  init: UpstreamInit<Name, Schema>,
): PluginFactory<Name, Schema, UpstreamDefinition<Name, Schema>> {
  checkUpstream(init as never)
  const { name, options, env, create, ...hooks } = init
  const definition: UpstreamDefinition<Name, Schema> = {
    name,
    phase: 'upstream',
    ...(options && { options }),
    ...(env && { env }),
    create: create ?? (() => hooks as { send(call: Call): Awaitable<Reply> }),
  }
  return factoryOf(definition)
}

function factoryOf<const Name extends string, Schema extends z.ZodType, D extends Definition<Name, Schema>>(
  definition: D & Definition<Name, Schema>,
): PluginFactory<Name, Schema, D> {
  const factory = (options?: InputOf<Schema>): PluginSpec<Name, Schema, D> => ({
    '~agproxy': 'spec',
    definition,
    options,
  })
  return Object.defineProperties(factory, {
    name: { value: definition.name },
    definition: { value: definition },
    '~agproxy': { value: 'factory' },
  }) as PluginFactory<Name, Schema, D>
}

/** A factory or a spec as a spec; undefined for anything else. */
export function toSpec(entry: unknown): PluginSpec | undefined {
  const kind = (entry as { '~agproxy'?: string } | null | undefined)?.['~agproxy']
  if (kind === 'spec') return entry as PluginSpec
  if (kind === 'factory') return (entry as PluginFactory)()
  return undefined
}
