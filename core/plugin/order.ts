import type { Phase, PluginDefinition } from '../contract/plugin.js'
import type { Problem } from '../errors/config-error.js'
import { nearest } from '../errors/nearest.js'
import { type Edges, workingOrder } from './working-order.js'

/** What the order rules look at. Upstreams follow all plugins, in order of preference. */
export interface Placed extends Pick<PluginDefinition, 'name' | 'before' | 'after' | 'requires'> {
  readonly phase: Phase | 'upstream'
}

const PHASES: readonly Placed['phase'][] = ['request', 'dispatch', 'attempt', 'upstream']
const rank = (item: Placed) => PHASES.indexOf(item.phase)
const list = (names: string | readonly string[] | undefined): readonly string[] =>
  names === undefined ? [] : typeof names === 'string' ? [names] : names

/**
 * Puts each own plugin where it says: right before or after the neighbour that it names, else at the end of its phase.
 * Plugins that are switched off still mark their place here.
 */
export function place<T extends Placed>(chain: readonly T[], own: readonly T[]): T[] {
  const out = [...chain]
  for (const item of own) out.splice(positionOf(item, out), 0, item)
  return out
}

function positionOf(item: Placed, chain: readonly Placed[]): number {
  const at = (name: string) => chain.findIndex((c) => c.name === name)
  const afters = list(item.after)
    .map(at)
    .filter((i) => i >= 0)
  if (afters.length > 0) return Math.max(...afters) + 1
  const befores = list(item.before)
    .map(at)
    .filter((i) => i >= 0)
  const later = chain.findIndex((c) => rank(c) > rank(item))
  // A plugin before a certain upstream is before all of them.
  return Math.min(later < 0 ? chain.length : later, ...befores)
}

/**
 * The list is the law: nothing is re-sorted. Checks phases, neighbours and requirements of the plugins that are on; returns
 * every broken rule, and last an order that would work.
 *
 * `known`: names that exist but are switched off; a rule about those holds by itself.
 */
export function checkOrder(chain: readonly Placed[], known: readonly string[] = []): readonly Problem[] {
  const broken = [...twice(chain), ...neighbours(chain, known), ...phases(chain)]
  if (broken.length === 0) return []
  const items = chain.filter((c, i) => chain.findIndex((d) => d.name === c.name) === i)
  const ruled = items.filter(({ before, after }) => before !== undefined || after !== undefined)
  const names = (list: readonly Placed[]) => list.map(({ name }) => name)
  const { order, cycle } = workingOrder(names(items), edgesOf(items), names(ruled))
  if (cycle) broken.push(`these rules contradict one another: ${cycle.join(' → ')}; take one of them out`)
  const title = cycle ? 'an order that works without the contradiction' : 'an order that works'
  return [...broken, `${title}: ${order.join(', ')}`].map((message) => ({
    code: 'AGP_CONFIG_ORDER',
    message,
  }))
}

function twice(chain: readonly Placed[]): string[] {
  const names = chain.map((c) => c.name)
  const double = new Set(names.filter((name, i) => names.indexOf(name) !== i))
  return [...double].map((name) => `the name '${name}' is taken twice; names must be unique in a chain`)
}

function phases(chain: readonly Placed[]): string[] {
  return chain.flatMap((item, i) => {
    const earlier = chain.slice(0, i).find((c) => rank(c) > rank(item))
    return earlier
      ? [
          `'${item.name}' (phase ${item.phase}) comes after '${earlier.name}' (phase ${earlier.phase}); the phases are ${PHASES.join(', ')}`,
        ]
      : []
  })
}

function neighbours(chain: readonly Placed[], known: readonly string[]): string[] {
  const at = new Map(chain.map((c, i) => [c.name, i]))
  const exists = (name: string) => at.has(name) || known.includes(name)
  const others = ({ name }: Placed) => [...at.keys(), ...known].filter((other) => other !== name)
  return chain.flatMap((item, i) => {
    const out: string[] = []
    const check = (
      rule: string,
      names: string | readonly string[] | undefined,
      broken: (other: number) => boolean,
    ) => {
      for (const name of list(names)) {
        const other = at.get(name)
        if (other !== undefined && broken(other)) out.push(`'${item.name}' must come ${rule} '${name}'`)
        else if (!exists(name))
          out.push(
            `'${item.name}' wants to come ${rule} '${name}', which is unknown${nearest(name, others(item))}`,
          )
      }
    }
    check('before', item.before, (other) => other < i)
    check('after', item.after, (other) => other > i)
    for (const name of list(item.requires)) {
      if (at.has(name)) continue
      const why = known.includes(name) ? 'is switched off' : `is unknown${nearest(name, others(item))}`
      out.push(`'${item.name}' requires '${name}', which ${why}`)
    }
    return out
  })
}

/** What must come before each plugin, by the rules and by the phases. */
function edgesOf(chain: readonly Placed[]): Edges {
  const edges = new Map(chain.map((item) => [item.name, new Set<string>()]))
  for (const item of chain) {
    for (const name of list(item.after)) if (edges.has(name)) edges.get(item.name)!.add(name)
    for (const name of list(item.before)) edges.get(name)?.add(item.name)
    for (const other of chain) if (rank(other) < rank(item)) edges.get(item.name)!.add(other.name)
  }
  return edges
}
