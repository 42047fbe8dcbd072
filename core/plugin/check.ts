import { distance } from 'fastest-levenshtein'
import type { UpstreamHooks } from '../contract/call.js'
import type { Phase, Plugin, PluginDefinition, UpstreamInit } from '../contract/plugin.js'
import { nearest } from '../errors/nearest.js'
import { ROUTE_NAMES } from './routes.js'

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
  'options',
  'use',
  'create',
  'env',
  'touches',
  'optIn',
]
const HOOKS: readonly (keyof Plugin)[] = [
  'onHeaders',
  'onRequest',
  'handle',
  'onEvent',
  'onStreamEnd',
  'onReply',
  'onFinish',
  'onStep',
  'onRetire',
  'setup',
  'dispose',
]
const MEMBERS: readonly string[] = [...HOOKS, 'endpoints']
const UPSTREAM_HOOKS: readonly (keyof UpstreamHooks)[] = [
  'accepts',
  'precedence',
  'needsKey',
  'send',
  'mappedModel',
  'models',
  'listModels',
  'contextWindow',
  'address',
  'probe',
  'setup',
  'dispose',
]
const UPSTREAM_KEYS: readonly string[] = ['name', 'options', 'env', 'create', ...UPSTREAM_HOOKS]

/** Throws a TypeError that says what is wrong with a declaration, and what is allowed. */
export function checkDefinition(definition: PluginDefinition<string, never>): void {
  const { phase, routes, use, create } = definition
  const fail = checkNameAndKeys('definePlugin', definition, KEYS)
  if (!PHASES.includes(phase)) fail(unknown('the phase', phase, PHASES))
  if (routes !== undefined && routes !== 'all') {
    if (!Array.isArray(routes)) fail("`routes` must be a list, or 'all'")
    for (const route of routes)
      if (!ROUTE_NAMES.includes(route)) fail(unknown('the route', route, ROUTE_NAMES))
  }
  if (!use === !create) fail('give either `use` (a class) or `create` (a function)')
  if (use && !isClass(use)) fail('`use` takes a class; a function goes into `create`')
  if (create && isClass(create)) fail('`create` takes a function; a class goes into `use`')
}

/** An arrow function or a method has no prototype; a plain function has one without methods, a class of old has some. */
function isClass(value: unknown): boolean {
  if (typeof value !== 'function') return false
  if (/^class\b/.test(Function.prototype.toString.call(value))) return true
  return value.prototype !== undefined && Object.getOwnPropertyNames(value.prototype).length > 1
}

/** The same for an upstream. */
export function checkUpstream(init: UpstreamInit<string, never>): void {
  const fail = checkNameAndKeys('defineUpstream', init, UPSTREAM_KEYS)
  const both = init.create !== undefined && UPSTREAM_HOOKS.find((hook) => hook in init)
  if (both) fail(`\`${both}\` belongs into what \`create\` returns`)
  if (!init.create) checkHooks(init, fail)
}

/** Throws a TypeError unless `create` of an upstream returned one. */
export function checkUpstreamHooks(hooks: unknown): asserts hooks is UpstreamHooks {
  const fail = (message: string) => {
    throw new TypeError(message)
  }
  if (typeof hooks !== 'object' || hooks === null) fail('`create` must return an object with `send`')
  for (const key of Object.keys(hooks as object))
    if (!UPSTREAM_HOOKS.includes(key as never)) fail(unknown('the key', key, UPSTREAM_HOOKS))
  checkHooks(hooks as object, fail)
}

function checkHooks(hooks: { readonly send?: unknown }, fail: (message: string) => void): void {
  if (typeof hooks.send !== 'function') fail('an upstream needs `send`: a function from a call to a reply')
}

function checkNameAndKeys(
  maker: string,
  declared: { readonly name: string },
  keys: readonly string[],
): (message: string) => never {
  const { name } = declared
  if (typeof name !== 'string' || !/^[a-z][a-z0-9-]*$/.test(name))
    throw new TypeError(`${maker}: name '${name}' must be lower case letters, digits and dashes`)
  const fail = (message: string): never => {
    throw new TypeError(`${maker} '${name}': ${message}`)
  }
  for (const key of Object.keys(declared)) if (!keys.includes(key)) fail(unknown('the key', key, keys))
  return fail
}

/** `the route 'mesages' is unknown; did you mean 'messages'?; there are …` */
export function unknown(what: string, found: unknown, allowed: readonly string[]): string {
  return `${what} '${found}' is unknown${nearest(String(found), allowed)}; there are ${allowed.join(', ')}`
}

/** Throws a TypeError for what is no plugin, and for a hook that would never be called. */
export function checkPlugin(plugin: unknown): asserts plugin is Plugin {
  if (typeof plugin !== 'object' || plugin === null) {
    throw new TypeError(
      `\`create\` must return an object with hooks, and returned ${plugin === null ? 'null' : typeof plugin}`,
    )
  }
  if (typeof (plugin as { then?: unknown }).then === 'function')
    throw new TypeError('`create` must return the plugin at once, and returned a promise; wait in `setup`')
  const names = namesOf(plugin)
  for (const name of names) {
    if (MEMBERS.includes(name)) continue
    if (/^on[A-Z]/.test(name)) throw new TypeError(unknown('the hook', name, HOOKS))
    const meant = MEMBERS.find((member) => !names.includes(member) && isSlip(name, member))
    if (meant && isMember((plugin as Record<string, unknown>)[name]))
      throw new TypeError(
        `the hook '${name}' is unknown; did you mean '${meant}'? A method of the plugin's own needs another name, or #${name}`,
      )
  }
}

const isMember = (value: unknown) => typeof value === 'function' || Array.isArray(value)

/** Another case, one letter changed, missing or too many, or two swapped. */
function isSlip(name: string, member: string): boolean {
  const [a, b] = [name.toLowerCase(), member.toLowerCase()]
  if (distance(a, b) <= 1) return true
  const at = [...a].findIndex((letter, i) => letter !== b[i])
  return a.slice(0, at) + a[at + 1] + a[at] + a.slice(at + 2) === b
}

/** Own names and those of its classes. */
function namesOf(plugin: object): string[] {
  const names: string[] = []
  for (let at: object | null = plugin; at && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    names.push(...Object.getOwnPropertyNames(at))
  }
  return names
}
