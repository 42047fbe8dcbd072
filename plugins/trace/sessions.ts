import type { Entry } from './entry.js'
import type { Money } from './money.js'
import { sentTokens } from './sent-tokens.js'

interface Sums {
  requests: number
  errors: number
  inputTokens: number
  outputTokens: number
  cacheReadTokens: number
  cacheCreationTokens: number
  /** Requests whose answer reported no tokens. */
  unknown: number
  /** US dollars, of the `priced` ones; `listCost` by the names that the clients asked for, `plan`: requests that a plan pays. */
  cost: number
  priced: number
  listCost: number
  plan: number
  /** Paid again where caches missed. */
  lostTokens: number
  lostCost: number
}

export interface SessionNode extends Sums {
  readonly session: string | null
  /** Of its first and last request here, RFC 3339. */
  readonly from: string
  to: string
  readonly prompts: PromptNode[]
}

interface PromptNode extends Sums {
  readonly prompt: string | null
  readonly from: string
  to: string
  readonly agents: AgentNode[]
}

interface AgentNode extends Sums {
  readonly agent: string | null
  readonly parentAgent: string | undefined
  readonly agentType: string | undefined
  /** Ids of its requests, in order. */
  readonly ids: string[]
}

const sums = (): Sums => ({
  requests: 0,
  errors: 0,
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheCreationTokens: 0,
  unknown: 0,
  cost: 0,
  priced: 0,
  listCost: 0,
  plan: 0,
  lostTokens: 0,
  lostCost: 0,
})

/** The requests that are kept, by session, prompt and agent; the session with the newest request comes first. */
export function sessionsOf(entries: readonly Entry[], money: Money): SessionNode[] {
  const sessions = new Map<string | null, SessionNode & { readonly byPrompt: Map<string | null, Found> }>()
  for (const entry of entries) {
    if (entry.route !== 'messages') continue
    const { session = null, prompt = null, agent = null, parentAgent, agentType } = entry.facts
    const at = new Date(entry.at).toISOString()
    let found = sessions.get(session)
    if (!found) {
      found = { session, from: at, to: at, ...sums(), prompts: [], byPrompt: new Map() }
      sessions.set(session, found)
    }
    let inPrompt = found.byPrompt.get(prompt)
    if (!inPrompt) {
      const node: PromptNode = { prompt, from: at, to: at, ...sums(), agents: [] }
      inPrompt = { node, byAgent: new Map() }
      found.byPrompt.set(prompt, inPrompt)
      found.prompts.push(node)
    }
    let inAgent = inPrompt.byAgent.get(agent)
    if (!inAgent) {
      inAgent = { agent, parentAgent, agentType, ...sums(), ids: [] }
      inPrompt.byAgent.set(agent, inAgent)
      inPrompt.node.agents.push(inAgent)
    }
    inAgent.ids.push(entry.id)
    found.to = at
    inPrompt.node.to = at
    for (const node of [found, inPrompt.node, inAgent]) add(node, entry, money)
  }
  return [...sessions.values()].map(({ byPrompt: _, ...node }) => node).sort((a, b) => (a.to < b.to ? 1 : -1))
}

interface Found {
  readonly node: PromptNode
  readonly byAgent: Map<string | null, AgentNode>
}

/** Attempts that were paid for and thrown away count too. */
function add(node: Sums, entry: Entry, money: Money): void {
  const { status = 0, ending, attempts, cache } = entry
  const { cost, listCost, plan } = money.of(entry)
  node.cost += cost ?? 0
  if (cost !== undefined) node.priced++
  node.listCost += listCost ?? 0
  if (plan) node.plan++
  node.lostTokens += cache?.lostTokens ?? 0
  node.lostCost += money.lost(cache, attempts.at(-1)) ?? 0
  node.requests++
  if (status >= 400 || status === 0 || ending === 'broken') node.errors++
  if (sentTokens(attempts.at(-1)) === undefined) node.unknown++
  for (const attempt of attempts) {
    node.inputTokens += attempt.inputTokens ?? 0
    node.outputTokens += attempt.outputTokens ?? 0
    node.cacheReadTokens += attempt.cacheReadTokens ?? 0
    node.cacheCreationTokens += attempt.cacheCreationTokens ?? 0
  }
}
