import type { Row } from '../api/types.js'
import { startOf } from './prompts.js'
import { add, type Sums, sums } from './sums.js'

/** An agent of a session with all its turns, below the agent that started it. */
export interface AgentNode extends Sums {
  readonly id: string | undefined
  readonly name: string
  /** 0: the session's main conversation. */
  readonly depth: number
  /** Oldest first. */
  readonly turns: readonly Row[]
}

/** Agents in the order of a tree: each one right above those that it started. */
export function agentsOf(rows: readonly Row[]): AgentNode[] {
  const ordered = rows.filter(({ route }) => route === 'messages').sort((a, b) => startOf(a) - startOf(b))
  const byAgent = groupedBy(ordered, ({ agent }) => agent)
  const children = groupedBy(
    [...byAgent.keys()].filter((id) => id !== undefined),
    (id) => {
      const parent = byAgent.get(id)![0]!.parentAgent
      return parent !== id && byAgent.has(parent) ? parent : undefined
    },
  )
  const found: AgentNode[] = []
  const seen = new Set<string | undefined>()
  const visit = (id: string | undefined, depth: number) => {
    if (seen.has(id)) return
    seen.add(id)
    const turns = byAgent.get(id)
    if (turns) found.push(nodeOf(id, depth, turns))
    for (const child of children.get(id) ?? []) visit(child, depth + 1)
  }
  visit(undefined, 0)
  // Agents that name one another as parents are below none of the above.
  for (const id of byAgent.keys()) visit(id, 1)
  return found
}

function nodeOf(id: string | undefined, depth: number, turns: readonly Row[]): AgentNode {
  const total = sums()
  for (const row of turns) add(total, row)
  const name = id === undefined ? 'main' : (turns[0]!.agentType ?? id)
  return { id, name, depth, turns, ...total }
}

/** `Map.groupBy`, which Node 20 and the browsers of 2023 have not. */
function groupedBy<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return groups
}
