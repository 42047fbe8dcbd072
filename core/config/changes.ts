import type { Account } from '../contract/upstream.js'
import type { ResolvedConfig, ResolvedPlugin } from './resolved.js'

/** The names of what differs between two configs, such as `server.bodyLimit` or `accounts.glm.apiKey`. Values are left out. */
export function changedKeys(before: ResolvedConfig, next: ResolvedConfig): string[] {
  return [
    ...(same(before.presets, next.presets) ? [] : ['preset']),
    ...(['server', 'log', 'state', 'transport'] as const).flatMap((name) =>
      keys(name, before[name], next[name]),
    ),
    ...parts('accounts', before.accounts.map(account), next.accounts.map(account)),
    ...parts('plugins', before.chain.map(plugin), next.chain.map(plugin)),
  ]
}

interface Part {
  readonly name: string
  readonly options: unknown
}

const account = ({ id, ...options }: Account): Part => ({ name: id, options })
const plugin = ({ definition, options }: ResolvedPlugin): Part => ({ name: definition.name, options })

/** Parts that were added, left out, changed, or moved among those that stayed. */
function parts(path: string, before: readonly Part[], next: readonly Part[]): string[] {
  const [was, is] = [byName(before), byName(next)]
  const stayed = (list: readonly Part[], others: ReadonlyMap<string, Part>) =>
    list.map(({ name }) => name).filter((name) => others.has(name))
  const moved = !same(stayed(before, is), stayed(next, was))
  return [
    ...before.filter(({ name }) => !is.has(name)).map(({ name }) => `${path}.${name} (left out)`),
    ...next.flatMap(({ name, options }) => {
      const earlier = was.get(name)
      return earlier ? keys(`${path}.${name}`, earlier.options, options) : [`${path}.${name} (new)`]
    }),
    ...(moved ? [`the order of ${path}`] : []),
  ]
}

const byName = (list: readonly Part[]) => new Map(list.map((part) => [part.name, part]))

function keys(path: string, before: unknown, next: unknown): string[] {
  const [was, is] = [Object(before), Object(next)] as Record<string, unknown>[]
  const names = [...new Set([...Object.keys(was!), ...Object.keys(is!)])]
  return names.filter((name) => !same(was![name], is![name])).map((name) => `${path}.${name}`)
}

/** A config that is code makes new functions with each load; two are the same when their texts are. */
function same(a: unknown, b: unknown): boolean {
  const text = (value: unknown) =>
    JSON.stringify(value, (_key, inner) =>
      typeof inner === 'function' || inner instanceof RegExp ? String(inner) : inner,
    )
  return text(a) === text(b)
}
