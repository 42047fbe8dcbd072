import { z } from 'zod'

/**
 * What each upstream takes, as its documentation, its sources and its refusals say: written a second time, by hand, so that what
 * leaves the gateway is held to something that its own data does not know. A field that is missing here is refused.
 */
interface Rules {
  /** Roles inside `messages`. */
  readonly roles?: readonly string[]
  readonly cacheControl?: 'nowhere' | 'anywhere' | readonly string[]
  readonly alternates?: boolean
  readonly thinking?: readonly string[]
  readonly thinkingBlocks?: boolean
  readonly toolReferences?: boolean | 'listed'
  /** Tools with a `type` of their own. */
  readonly serverTools?: RegExp
  readonly thinkingOnToolCalls?: boolean
  /** Top-level fields that are refused. */
  readonly without?: readonly string[]
  readonly billingLine?: boolean
  readonly userId?: boolean
  /** In `anthropic-beta`. Default: none. */
  readonly refusedBetas?: RegExp
}

const USER = ['user', 'assistant']
/** What is assumed of every upstream that is not Anthropic. */
const CAREFUL: Rules = { cacheControl: 'nowhere', alternates: true, billingLine: false }

const RULES: Readonly<Record<string, Rules>> = {
  zai: { ...CAREFUL, roles: USER },
  moonshot: { ...CAREFUL, toolReferences: 'listed', thinkingOnToolCalls: true },
  kimi: { ...CAREFUL, toolReferences: 'listed', thinkingOnToolCalls: true },
  deepseek: { ...CAREFUL, roles: USER, cacheControl: 'anywhere', userId: false, serverTools: /^web_search/ },
  minimax: { ...CAREFUL, roles: USER, cacheControl: 'anywhere' },
  dashscope: {
    ...CAREFUL,
    roles: USER,
    cacheControl: ['tool', 'text', 'tool_use', 'tool_result'],
    thinkingBlocks: false,
    without: ['metadata'],
  },
  openrouter: { ...CAREFUL, cacheControl: 'anywhere', serverTools: /./ },
  ollama: { ...CAREFUL, without: ['tool_choice'] },
  'lm-studio': CAREFUL,
  'llama-cpp': { ...CAREFUL, roles: USER, thinking: ['enabled', 'disabled'], toolReferences: false },
  vllm: CAREFUL,
  sglang: { ...CAREFUL, roles: USER, thinking: ['enabled', 'disabled'], toolReferences: false },
  litellm: { ...CAREFUL, cacheControl: 'anywhere', billingLine: true, serverTools: /./ },
  anthropic: { cacheControl: 'anywhere', serverTools: /./ },
  bedrock: {
    cacheControl: 'anywhere',
    serverTools: /^(bash|computer|memory|text_editor|tool_search_tool)_/,
    billingLine: false,
    refusedBetas:
      /advanced-tool-use|web-|files-api|code-execution|fast-mode|skills|mcp-|per-turn|prompt-caching-scope|structured-outputs|interleaved|claude-code/,
  },
  vertex: {
    cacheControl: 'anywhere',
    serverTools: /^(bash|computer|memory|text_editor|tool_search_tool|web_search)_/,
    billingLine: false,
    without: ['mcp_servers'],
    refusedBetas: /advanced-tool-use|effort|files-api|web-fetch|skills|structured-outputs|fine-grained|mcp-/,
  },
}

export const UPSTREAMS = Object.keys(RULES)

/** Whether an upstream takes these values of `anthropic-beta`. */
export function takesBetas(upstream: string, beta = ''): boolean {
  return !RULES[upstream]!.refusedBetas?.test(beta)
}

/** The schema of a request to one of `UPSTREAMS`. */
export function strictSchema(upstream: string): z.ZodType {
  const rules = RULES[upstream]!
  const { cacheControl = 'anywhere', thinkingBlocks = true, toolReferences = true } = rules
  const mark = (kind: string) =>
    cacheControl === 'anywhere' || (cacheControl !== 'nowhere' && cacheControl.includes(kind))
      ? {
          cache_control: z
            .strictObject({ type: z.literal('ephemeral'), ttl: z.string().optional() })
            .optional(),
        }
      : {}
  const text = z.strictObject({ type: z.literal('text'), text: z.string().min(1), ...mark('text') })
  const source = z.strictObject({ type: z.literal('base64'), media_type: z.string(), data: z.base64() })
  const image = z.strictObject({ type: z.literal('image'), source, ...mark('image') })
  const reference = z.strictObject({ type: z.literal('tool_reference'), tool_name: z.string() })
  const resultBlock = z.discriminatedUnion('type', [text, image, ...(toolReferences ? [reference] : [])])
  const result = z.strictObject({
    type: z.literal('tool_result'),
    tool_use_id: z.string(),
    content: z.union([z.string(), z.array(resultBlock)]),
    is_error: z.boolean().optional(),
    ...mark('tool_result'),
  })
  const use = z.strictObject({
    type: z.literal('tool_use'),
    id: z.string(),
    name: z.string(),
    input: z.looseObject({}),
    ...mark('tool_use'),
  })
  const thought = z.strictObject({
    type: z.literal('thinking'),
    thinking: z.string(),
    signature: z.string(),
  })
  const block = z.discriminatedUnion('type', [text, image, result, use, ...(thinkingBlocks ? [thought] : [])])
  const message = z.strictObject({
    role: z.enum((rules.roles ?? [...USER, 'system']) as [string, ...string[]]),
    content: z.union([z.string(), z.array(block).min(1)]),
    output_config: z.strictObject({ effort: z.string() }).optional(),
  })
  const tool = z.looseObject({
    ...(cacheControl === 'nowhere' && { cache_control: z.undefined().optional() }),
  })
  return z
    .strictObject({
      model: z.string(),
      messages: z.array(message).min(1),
      system: z.union([z.string(), z.array(text)]).optional(),
      tools: z.array(tool).min(1).optional(),
      tool_choice: z.looseObject({ type: z.string() }).optional(),
      metadata: z.strictObject({ user_id: z.string() }).optional(),
      max_tokens: z.int().positive(),
      temperature: z.number().optional(),
      thinking: z
        .looseObject({
          type: z.enum((rules.thinking ?? ['adaptive', 'enabled', 'disabled']) as [string, ...string[]]),
        })
        .optional(),
      context_management: z.looseObject({ edits: z.array(z.looseObject({ type: z.string() })) }).optional(),
      output_config: z.looseObject({}).optional(),
      stream: z.boolean().optional(),
      thread: z.looseObject({}).optional(), // nobody knows who refuses it
    })
    .superRefine((body, context) => {
      for (const message of complaints(body as never, rules)) context.addIssue({ code: 'custom', message })
    })
}

interface Body {
  readonly messages: readonly { readonly role: string; readonly content: unknown }[]
  readonly system?: unknown
  readonly tools?: readonly { readonly name?: string; readonly type?: string }[]
  readonly thinking?: { readonly type: string; readonly budget_tokens?: number }
  readonly max_tokens: number
  readonly [field: string]: unknown
}

/** What a schema can't say. */
function complaints(body: Body, rules: Rules): string[] {
  const said: string[] = []
  const blocks = (content: unknown) => (Array.isArray(content) ? content : [])
  const roles = body.messages.map(({ role }) => role)
  if (rules.alternates && roles.some((role, i) => role !== 'system' && role === roles[i + 1]))
    said.push('two messages of one role in a row')
  if (roles[0] === 'system') said.push('a system message at the beginning')
  if (rules.billingLine === false && JSON.stringify(body.system ?? '').includes('x-anthropic-billing-header'))
    said.push('a billing line')
  if (rules.userId === false && JSON.stringify(body.metadata ?? {}).includes('user_id'))
    said.push('a user id')
  for (const field of rules.without ?? []) if (body[field] !== undefined) said.push(`the field ${field}`)
  for (const { type } of body.tools ?? [])
    if (type && type !== 'custom' && !rules.serverTools?.test(type)) said.push(`a tool of type ${type}`)
  const { thinking } = body
  if (thinking?.type === 'enabled') {
    const { budget_tokens: budget = 0 } = thinking
    if (budget < 1_024 || budget >= body.max_tokens) said.push(`a budget of ${budget}`)
  }
  for (const { role, content } of body.messages) {
    const types = blocks(content).map(({ type }) => type)
    const late = types.lastIndexOf('tool_result')
    if (late >= 0 && types.slice(0, late).some((type) => type !== 'tool_result'))
      said.push('a late tool result')
    if (
      rules.thinkingOnToolCalls &&
      role === 'assistant' &&
      types.includes('tool_use') &&
      types[0] !== 'thinking'
    )
      said.push('a tool call without thinking')
    if (rules.toolReferences !== 'listed') continue
    const named = blocks(content)
      .flatMap((block) => blocks(block.content))
      .map((block) => block.tool_name)
    for (const name of named.filter(Boolean))
      if (!body.tools?.some((tool) => tool.name === name)) said.push(`a reference to ${name}`)
  }
  return said
}
