/** What must come before each name. */
export type Edges = ReadonlyMap<string, ReadonlySet<string>>

export interface WorkingOrder {
  readonly order: readonly string[]
  /** Rules that contradict one another, as the names along them; those of one name were dropped. */
  readonly cycle?: readonly string[]
}

/**
 * An order in which every rule holds, with as few names moved as possible: one or two where that is enough, else a
 * topological order. `movable` names are moved before others.
 */
export function workingOrder(
  names: readonly string[],
  edges: Edges,
  movable: readonly string[],
): WorkingOrder {
  const others = names.filter((name) => !movable.includes(name))
  for (const moves of [0, 1, 2]) {
    const order = moved(names, edges, [...movable, ...others], moves)
    if (order) return { order }
  }
  return topological(names, edges)
}

/** The first order that works after so many moves. */
function moved(
  names: readonly string[],
  edges: Edges,
  candidates: readonly string[],
  moves: number,
): readonly string[] | undefined {
  if (moves === 0) return holds(names, edges) ? names : undefined
  for (const [i, name] of candidates.entries()) {
    const rest = names.filter((other) => other !== name)
    for (let at = 0; at <= rest.length; at++) {
      const order = moved(rest.toSpliced(at, 0, name), edges, candidates.slice(i + 1), moves - 1)
      if (order) return order
    }
  }
  return undefined
}

function holds(names: readonly string[], edges: Edges): boolean {
  const seen = new Set<string>()
  return names.every((name) => {
    seen.add(name)
    return [...edges.get(name)!].every((earlier) => seen.has(earlier))
  })
}

function topological(names: readonly string[], edges: Edges): WorkingOrder {
  const order: string[] = []
  let cycle: string[] | undefined
  while (order.length < names.length) {
    const left = names.filter((name) => !order.includes(name))
    const free = left.find((name) => [...edges.get(name)!].every((other) => order.includes(other)))
    if (!free) cycle ??= findCycle(edges, order)
    order.push(free ?? left[0]!)
  }
  return { order, ...(cycle && { cycle }) }
}

function findCycle(edges: Edges, done: readonly string[]): string[] {
  const path: string[] = []
  let at = [...edges.keys()].find((name) => !done.includes(name))!
  while (!path.includes(at)) {
    path.push(at)
    at = [...edges.get(at)!].find((name) => !done.includes(name))!
  }
  // Edges point at what must come first; told the other way round they read as the order that was asked for.
  return [...path.slice(path.indexOf(at)), at].reverse()
}
