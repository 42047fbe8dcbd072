import type { Accepts } from '../../core/index.js'

/** A feature of the Messages API: its place in a body, and how the beta values begin that belong to it. */
interface Feature {
  readonly name: string
  readonly paths: readonly string[]
  readonly betas: readonly string[]
  isTaken(accepts: Accepts): boolean
}

/** From the request types of `@anthropic-ai/sdk` 1.12.0 and from what Claude Code 2.1.330 sends. */
const FEATURES: readonly Feature[] = [
  {
    name: 'context management',
    paths: ['context_management'],
    betas: ['context-management-'],
    isTaken: (accepts) => accepts.contextManagement,
  },
  {
    name: 'effort',
    paths: ['output_config.effort', 'messages[*].output_config.effort'],
    betas: ['effort-'],
    isTaken: (accepts) => accepts.effort !== false,
  },
  {
    name: 'structured output',
    paths: ['output_config.format', 'output_format'],
    betas: ['structured-outputs-'],
    isTaken: (accepts) => accepts.structuredOutput,
  },
  {
    name: 'safeguards',
    paths: ['safeguards'],
    betas: [],
    isTaken: (accepts) => accepts.safeguards,
  },
  {
    name: 'output_config of messages',
    paths: ['messages[*].output_config'],
    betas: ['per-turn-control-', 'mid-conversation-output-config-'],
    isTaken: (accepts) => accepts.messageOutputConfig,
  },
  {
    name: 'deferred tools',
    paths: ['tools[*].defer_loading'],
    betas: ['advanced-tool-use-', 'tool-search-tool-'],
    isTaken: (accepts) => accepts.deferredTools,
  },
  {
    name: 'MCP servers',
    paths: ['mcp_servers'],
    betas: ['mcp-client-'],
    isTaken: (accepts) => accepts.mcpServers,
  },
  {
    name: 'tool choice',
    paths: ['tool_choice'],
    betas: [],
    isTaken: (accepts) => accepts.toolChoice,
  },
  {
    name: 'system messages',
    paths: [], // system-role has moved them
    betas: ['mid-conversation-system-', 'mid-conversation-tool-changes-'],
    isTaken: (accepts) => accepts.systemMessages !== false,
  },
]

/** What is to be left out of one request. */
export interface Plan {
  /** By names, for the record. */
  readonly features: readonly string[]
  /** Paths of fields, `[*]` for each item of a list. */
  readonly paths: readonly string[]
  /** The levels that are taken, where not all are. */
  readonly efforts: readonly string[] | undefined
  readonly deferredTools: boolean
  readonly toolReferences: Accepts['toolReferences']
  readonly serverTools: Accepts['serverTools']
  /** The `anthropic-beta` to send; undefined for none. */
  readonly beta: string | undefined
}

/** By what an upstream takes, then by the client's beta values: a session's requests all send the same. */
const plans = new WeakMap<Accepts, Map<string | undefined, Plan | undefined>>()
/** Clients choose the values. */
const MOST_PLANS = 100

/** As `planFor`, and made once for what is asked again and again. */
export function knownPlan(accepts: Accepts, beta: string | undefined, everything: boolean): Plan | undefined {
  if (everything) return planFor(accepts, beta, true)
  let made = plans.get(accepts)
  if (!made || made.size >= MOST_PLANS) {
    made = new Map()
    plans.set(accepts, made)
  }
  if (!made.has(beta)) made.set(beta, planFor(accepts, beta, false))
  return made.get(beta)
}

/** Undefined where all that this request may hold is taken. */
export function planFor(accepts: Accepts, beta: string | undefined, everything: boolean): Plan | undefined {
  const values = (beta ?? '').split(',').flatMap((value) => value.trim() || [])
  const isRefused = (value: string) => accepts.betaNames[value] === null
  // A field whose beta value the upstream refuses goes with it.
  const off = FEATURES.filter(
    (feature) =>
      everything ||
      !feature.isTaken(accepts) ||
      values.some((value) => isRefused(value) && belongs(value, feature)),
  )
  const sent = values
    .filter((value) => !off.some((feature) => belongs(value, feature)))
    .flatMap((value) => (Object.hasOwn(accepts.betaNames, value) ? (accepts.betaNames[value] ?? []) : value))
  const plan = {
    features: off.map(({ name }) => name),
    paths: [...off.flatMap(({ paths }) => paths), ...accepts.refusedFields],
    efforts: Array.isArray(accepts.effort) ? accepts.effort : undefined,
    deferredTools: accepts.deferredTools && !everything,
    toolReferences: everything ? false : accepts.toolReferences,
    serverTools: accepts.serverTools,
    beta: accepts.betas && sent.length > 0 ? [...new Set(sent)].join(',') : undefined,
  }
  const isIdle =
    plan.paths.length === 0 &&
    !plan.efforts &&
    plan.toolReferences === true &&
    plan.serverTools === true &&
    (beta === undefined || (accepts.betas && isSame(values, sent)))
  return isIdle ? undefined : plan
}

function belongs(value: string, { betas }: Feature): boolean {
  return betas.some((start) => value.startsWith(start))
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i])
}
