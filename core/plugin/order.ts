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
 * The list is the law: nothing is re-sorted. Checks names, phases, neighbours and requirements of the plugins that are on;
 * returns every broken rule. Where the order is at fault the last line is one that works, or which rules contradict one another.
 *
 * `known`: names that exist but are switched off; a rule about those always holds.
 */
export function checkOrder(chain: readonly Placed[], known: readonly string[] = []): readonly Problem[] {
  const misplaced = [...neighbours(chain), ...phases(chain)]
  const wayOut = misplaced.length > 0 ? [advice(chain)] : []
  return [...twice(chain), ...missing(chain, known), ...misplaced, ...wayOut].map((message) => ({
    code: 'AGP_CONFIG_ORDER',
    message,
  }))
}

function twice(chain: readonly Placed[]): string[] {
  const names = chain.map((c) => c.name)
  const double = new Set(names.filter((name, i) => names.indexOf(name) !== i))
  return [...double].map((name) => `the name '${name}' is taken twice; choose another name for your own`)
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

function neighbours(chain: readonly Placed[]): string[] {
  const at = new Map(chain.map((c, i) => [c.name, i]))
  return chain.flatMap((item, i) => {
    const before = list(item.before).filter((name) => at.get(name)! < i)
    const after = list(item.after).filter((name) => at.get(name)! > i)
    return [
      ...before.map((name) => `'${item.name}' must come before '${name}'`),
      ...after.map((name) => `'${item.name}' must come after '${name}'`),
    ]
  })
}

/** Names in rules that no plugin has, or that are switched off where one is required. */
function missing(chain: readonly Placed[], known: readonly string[]): string[] {
  const names = chain.map(({ name }) => name)
  const all = [...names, ...known]
  return chain.flatMap((item) => {
    const { name: own, before, after, requires } = item
    const unknown = (name: string) =>
      `is unknown${nearest(
        name,
        all.filter((other) => other !== own),
      )}`
    const wants = (rule: string, given: string | readonly string[] | undefined) =>
      list(given)
        .filter((name) => !all.includes(name))
        .map((name) => `'${own}' wants to come ${rule} '${name}', which ${unknown(name)}`)
    const required = list(requires)
      .filter((name) => !names.includes(name))
      .map(
        (name) =>
          `'${own}' requires '${name}', which ${known.includes(name) ? 'is switched off' : unknown(name)}`,
      )
    return [...wants('before', before), ...wants('after', after), ...required]
  })
}

/** An order that works, in which plugins without rules keep theirs: a config can't reorder a preset. */
function advice(chain: readonly Placed[]): string {
  const items = chain.filter((c, i) => chain.findIndex((d) => d.name === c.name) === i)
  const byPhase = items.toSorted((a, b) => rank(a) - rank(b))
  const isRuled = ({ before, after }: Placed) => before !== undefined || after !== undefined
  const names = (list: readonly Placed[]) => list.map(({ name }) => name)
  const fixed = names(byPhase.filter((item) => !isRuled(item)))
  const found = workingOrder(names(byPhase), edgesOf(items, fixed), names(items.filter(isRuled)))
  if ('order' in found) return `an order that works: ${found.order.join(', ')}`
  return `these can't all hold: ${reasons(found.cycle, items).join('; ')}. Take one of the rules out`
}

/** What must come before each plugin, by the rules, by the phases and by the list. */
function edgesOf(chain: readonly Placed[], fixed: readonly string[]): Edges {
  const edges = new Map(chain.map((item) => [item.name, new Set<string>()]))
  for (const [i, name] of fixed.entries()) if (i > 0) edges.get(name)!.add(fixed[i - 1]!)
  for (const item of chain) {
    for (const name of list(item.after)) if (edges.has(name)) edges.get(item.name)!.add(name)
    for (const name of list(item.before)) edges.get(name)?.add(item.name)
    for (const other of chain) if (rank(other) < rank(item)) edges.get(item.name)!.add(other.name)
  }
  return edges
}

/** Why each plugin of a cycle must come before the next one; a run of places in the list is one reason. */
function reasons(cycle: readonly string[], chain: readonly Placed[]): string[] {
  const out: string[] = []
  let from: string | undefined
  const flush = (to: string) => {
    if (from !== undefined) out.push(`the list has '${from}' before '${to}'`)
    from = undefined
  }
  for (const [i, name] of cycle.slice(0, -1).entries()) {
    const next = cycle[i + 1]!
    const reason = ruleFor(name, next, chain)
    if (reason === undefined) {
      from ??= name
      continue
    }
    flush(name)
    out.push(reason)
  }
  flush(cycle.at(-1)!)
  return out
}

function ruleFor(name: string, next: string, chain: readonly Placed[]): string | undefined {
  const [first, second] = [name, next].map((each) => chain.find((item) => item.name === each)!)
  if (list(second!.after).includes(name)) return `'${next}' says after '${name}'`
  if (list(first!.before).includes(next)) return `'${name}' says before '${next}'`
  if (rank(first!) === rank(second!)) return undefined
  const later =
    second!.phase === 'upstream'
      ? 'upstreams follow all plugins'
      : `${first!.phase} is before ${second!.phase}`
  return `'${name}' comes before '${next}' by its phase (${later})`
}
