/** What must come before each name. */
export type Edges = ReadonlyMap<string, ReadonlySet<string>>

/** An order in which every rule holds; or rules that contradict one another, as the names along them. */
export type WorkingOrder = { readonly order: readonly string[] } | { readonly cycle: readonly string[] }

/**
 * Moves as few names as possible: one or two of the `movable` ones where that is enough, else a topological order.
 */
export function workingOrder(
  names: readonly string[],
  edges: Edges,
  movable: readonly string[],
): WorkingOrder {
  for (const moves of [0, 1, 2]) {
    const order = moved(names, edges, movable, moves)
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
  while (order.length < names.length) {
    const left = names.filter((name) => !order.includes(name))
    const free = left.find((name) => [...edges.get(name)!].every((other) => order.includes(other)))
    if (!free) return { cycle: findCycle(edges, order) }
    order.push(free)
  }
  return { order }
}

function findCycle(edges: Edges, done: readonly string[]): string[] {
  const path: string[] = []
  let at = [...edges.keys()].find((name) => !done.includes(name))!
  while (!path.includes(at)) {
    path.push(at)
    at = [...edges.get(at)!].find((name) => !done.includes(name))!
  }
  // Edges point at what must come first; reversed, each name comes before the next one.
  return [...path.slice(path.indexOf(at)), at].reverse()
}
