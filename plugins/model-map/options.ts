import { z } from '../../core/index.js'

const target = z.strictObject({
  /** The model to ask for, by the upstream's name. `*` is what the pattern's `*` matched. Default: the client's. */
  model: z.string().min(1).optional(),
  /** The upstream whose accounts serve it. Default: any. */
  upstream: z.string().min(1).optional(),
  /** The account that serves it, by id. Default: any. */
  account: z.string().min(1).optional(),
})

const to = z.union([z.string().min(1), target])
/** One, or a list: the first that can serve, then the next. */
const targets = z
  .union([to, z.array(to).min(1)])
  .transform((given) => (Array.isArray(given) ? given : [given]))
const pattern = z.string().min(1)

const rule = z.strictObject({
  /** The client's name for the model, or a pattern with `*`. */
  model: pattern.optional(),
  /** The request's class, by `x-claude-code-request-class`: `main`, `subagent`, `workflow`, `compaction`, `auxiliary`. */
  class: pattern.optional(),
  /** The type of the agent, by `x-claude-code-agent-type`: `Explore`, or a pattern. */
  agentType: pattern.optional(),
  /** The agent, by `x-claude-code-agent-id`, or a pattern. */
  agent: pattern.optional(),
  /** Prompts of more tokens than this. */
  over: z.int().positive().optional(),
  /** Requests with thinking, or without. */
  thinking: z.boolean().optional(),
  /** Where to: `'glm-5.3'`, `'zai/glm-5.3'`, `{ account, upstream, model }`, or a list of which the later ones are for when those before can't serve. */
  to: targets,
})

export const options = z.strictObject({
  /** Rules, the first that fits decides. Default: none. */
  rules: z.array(rule).default([]),
  /** By the client's name for the model or a pattern with `*`, where no rule fits. Default: none. */
  models: z.record(z.string(), targets).default({}),
})

export type ModelMapOptions = z.output<typeof options>
export type Rule = ModelMapOptions['rules'][number]
export type To = Rule['to'][number]
