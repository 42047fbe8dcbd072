import { lessonOfField } from './fields.js'
import { betasOf } from './peel.js'
import { always, type Rule, rule, type Teach } from './rule.js'
import { TOOL_RULES } from './tool-rules.js'

const systemRole: Teach = (_, { roles }) => (roles.includes('system') ? { systemMessages: false } : undefined)

const maxTokens =
  (group: number): Teach =>
  (found, { body: { max_tokens: asked = 0 } }) => {
    const most = Number(found[group])
    return most > 0 && most < asked ? { maxTokens: most } : undefined
  }

/** By the words that upstreams were seen to use, each with its source in the project's notes on upstreams. The first that fits counts. */
export const RULES: readonly Rule[] = [
  // The role system inside messages: Anthropic's older models, LM Studio, DeepSeek, MiniMax, zod, pydantic (z.ai, vLLM, SGLang).
  rule(/\btop-level '?system'? parameter for the initial system prompt/i, (_, { roles }) =>
    roles[0] === 'system' ? { systemMessages: 'not-first' } : undefined,
  ),
  rule(/messages?[.[]\d+\]?\.role\b/i, systemRole),
  rule(/unexpected role ['"`]?system/i, systemRole),
  rule(/role ['"`]?system['"`]? is not supported|invalid message role: system/i, systemRole),
  rule(/unknown variant `system`|invalid discriminator value\. expected 'user' \| 'assistant'/i, systemRole),

  // Thinking.
  always(/only type=enabled is allowed/i, { adaptiveThinking: false, disabledThinking: false }),
  always(
    /adaptive thinking is not supported|thinking type 'adaptive' does not match|thinking.{0,40}'adaptive'/i,
    {
      adaptiveThinking: false,
    },
  ),
  always(/thinking\.type\.enabled\W.{0,20}not supported|budget_tokens.{0,40}not supported/i, {
    enabledThinking: false,
  }),
  always(/reasoning_content is missing in assistant tool call/i, { needsThinkingOnToolCalls: true }),
  always(
    /invalid `?signature`? in `?thinking`?|thinking\.signature: field required|bound to a different conversation/i,
    {
      foreignSignatures: false,
    },
  ),
  always(/expected `thinking` or `redacted_thinking`, but found/i, { foreignSignatures: false }),

  // Fields and beta values.
  rule(/does not support the effort parameter/i, (_, call) =>
    call.tree.places('effort').length > 0 ? { effort: false } : undefined,
  ),
  rule(/`(temperature|top_p|top_k)` .{0,20}(?:deprecated|not supported)/i, (found, call) =>
    lessonOfField(found[1]!, call),
  ),
  rule(/([\w.[\]]{1,200}): extra inputs are not permitted/i, (found, call) => lessonOfField(found[1]!, call)),
  rule(/unexpected value\(s\) (.{1,400}) for the `?anthropic-beta`? header/i, ([, named], call) => {
    const refused = betasOf(call).filter((beta) => named!.includes(beta))
    return refused.length > 0
      ? { betaNames: Object.fromEntries(refused.map((beta) => [beta, null])) }
      : undefined
  }),
  always(/no endpoints found that support cache control/i, { cacheControl: false }),
  rule(/maximum of (\d+) blocks with cache_control/i, ([, most]) =>
    Number(most) > 0 ? { maxCacheControls: Number(most) } : undefined,
  ),

  ...TOOL_RULES,

  // Limits.
  rule(/range of max_tokens should be \[\d+, ?(\d{1,9})\]/i, maxTokens(1)),
  rule(/max_tokens: (\d{1,9}) > (\d{1,9})/i, maxTokens(2)),
  rule(/integer above maximum value, expected a value <= (\d{1,9})/i, maxTokens(1)),
]
