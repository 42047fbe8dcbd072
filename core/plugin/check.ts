import { nearest } from '../errors/nearest.js'
import type { RouteName } from '../exchange/call.js'
import type { Phase, Plugin, PluginDefinition } from './define.js'

// Lists of what the types allow: a config in JavaScript has no compiler that would find a misspelt name, and a plugin with a
// misspelt phase stood before `auth` once.
const PHASES: readonly Phase[] = ['request', 'dispatch', 'attempt']
const KEYS: readonly (keyof PluginDefinition)[] = [
  'name',
  'phase',
  'routes',
  'before',
  'after',
  'requires',
  'forwards',
  'options',
  'use',
  'create',
  'env',
]
const HOOKS: readonly (keyof Plugin)[] = [
  'onHeaders',
  'onRequest',
  'handle',
  'onEvent',
  'onReply',
  'setup',
  'dispose',
]
const ROUTES: Readonly<Record<RouteName, true>> = {
  messages: true,
  'count-tokens': true,
  models: true,
  'models-claude': true,
  model: true,
  health: true,
  hello: true,
  telemetry: true,
  accounts: true,
  'account-cooldowns': true,
  'not-found': true,
}

/** Throws a TypeError that says what is wrong with a declaration, and what is allowed. */
export function checkDefinition(definition: PluginDefinition<string, never>): void {
  const { name, phase, routes, use, create } = definition
  if (typeof name !== 'string' || !/^[a-z][a-z0-9-]*$/.test(name)) {
    throw new TypeError(`definePlugin: name '${name}' must be lower case letters, digits and dashes`)
  }
  const fail = (message: string) => {
    throw new TypeError(`definePlugin '${name}': ${message}`)
  }
  const unknown = (what: string, found: unknown, allowed: readonly string[]) =>
    fail(`${what} '${found}' is unknown${nearest(String(found), allowed)}; there are ${allowed.join(', ')}`)

  for (const key of Object.keys(definition)) if (!KEYS.includes(key as never)) unknown('the key', key, KEYS)
  if (!PHASES.includes(phase)) unknown('the phase', phase, PHASES)
  if (routes !== undefined && routes !== 'all') {
    if (!Array.isArray(routes)) fail("`routes` must be a list, or 'all'")
    for (const route of routes)
      if (!Object.hasOwn(ROUTES, route)) unknown('the route', route, Object.keys(ROUTES))
  }
  if (!use === !create) fail('give either `use` (a class) or `create` (a function)')
}

/** Throws a TypeError for what is no plugin, and for a hook that nobody would ever call. */
export function checkPlugin(plugin: unknown): asserts plugin is Plugin {
  if (typeof plugin !== 'object' || plugin === null) {
    throw new TypeError(
      `\`create\` must return an object with hooks, and returned ${plugin === null ? 'null' : typeof plugin}`,
    )
  }
  for (const name of hookLike(plugin)) {
    if (HOOKS.includes(name as never)) continue
    throw new TypeError(`the hook '${name}' is unknown${nearest(name, HOOKS)}; there are ${HOOKS.join(', ')}`)
  }
}

/** Own and inherited names that begin like a hook's; other methods and fields are the plugin's own affair. */
function hookLike(plugin: object): string[] {
  const names: string[] = []
  for (let at: object | null = plugin; at && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    names.push(...Object.getOwnPropertyNames(at).filter((name) => /^on[A-Z]/.test(name)))
  }
  return names
}
