import type { Accepts, Call } from '../../core/index.js'
import type { Lesson, UpstreamWords } from '../../core/kit.js'
import { FEATURES, isTaken } from './features.js'
import { lessonOfField } from './fields.js'
import { betasOf, type Half, halvesOf, halvesOfBetas } from './peel.js'

/** What a refusal suggests to leave out: the first of these, and where it goes on the second. */
export type Suggestion = readonly Half[]

/** Only the client can mend these, and it knows how when it reads the words. */
const CLIENTS =
  /\bsafeguards?\b|prompt is too long|context (limit|length|size|window)|credit balance|billing|quota|payment/i

interface Rule {
  readonly words: RegExp
  /** Undefined: the words don't mean this request. */
  teach(found: RegExpExecArray, call: Call, accepts: Accepts): Lesson | undefined
}

type Teach = Rule['teach']
const rule = (words: RegExp, teach: Teach): Rule => ({ words, teach })
const always = (words: RegExp, lesson: Lesson): Rule => ({ words, teach: () => lesson })

const systemRole: Teach = (_, { roles }) => (roles.includes('system') ? { systemMessages: false } : undefined)

const maxTokens =
  (group: number): Teach =>
  (found, { body: { max_tokens: asked = 0 } }) => {
    const most = Number(found[group])
    return most > 0 && most < asked ? { maxTokens: most } : undefined
  }

const blockType: Teach = (found, _, { toolReferences }) => {
  switch (found[1]) {
    case 'tool_reference':
      return { toolReferences: toolReferences === true ? 'listed' : false }
    case 'redacted_thinking':
      return { redactedThinking: false }
    case 'thinking':
      return { thinkingBlocks: false }
    case 'image':
      return { images: false }
    case 'document':
      return { documents: false, documentURLs: false }
    default:
      return undefined
  }
}

/** By the words that upstreams were seen to use, each with its source in the project's notes on upstreams. The first that fits counts. */
const RULES: readonly Rule[] = [
  // The role system inside messages: Anthropic's older models, LM Studio, DeepSeek, MiniMax, zod, pydantic (z.ai, vLLM, SGLang).
  rule(/\btop-level '?system'? parameter for the initial system prompt/i, (_, { roles }) =>
    roles[0] === 'system' ? { systemMessages: 'not-first' } : undefined,
  ),
  rule(/messages?[.[]\d+\]?\.role\b/i, systemRole),
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

  // Blocks and tools.
  rule(/unsupported content type[^:]{0,40}: `?(\w+)/i, blockType),
  always(/tool reference .{1,200} not found in available tools/i, { toolReferences: 'listed' }),
  rule(
    /\bname: string should match pattern '?\^\[([^\]]{1,60})\]\{1,(\d{1,4})\}\$/i,
    ([, characters, length]) => ({
      toolNameCharacters: characters!,
      toolNameLength: Number(length),
    }),
  ),
  rule(/\bid: string should match pattern '?\^\[([^\]]{1,60})\]\+\$/i, ([, characters]) => ({
    toolIdCharacters: characters!,
  })),
  always(/tool_use.{0,20}ids? .{0,40}(without|unique|unexpected)|unexpected `?tool_use_id/i, {
    unpairedTools: false,
  }),
  always(/content blocks must be non-?empty|must have non-?empty content/i, { emptyText: false }),
  always(/cannot end with trailing whitespace/i, { trailingSpace: false }),
  always(/assistant message prefill/i, { prefill: false }),
  always(/no low surrogate in string|lone (leading |trailing )?surrogate|surrogates not allowed/i, {
    loneSurrogates: false,
  }),

  // Limits.
  rule(/range of max_tokens should be \[\d+, ?(\d{1,9})\]/i, maxTokens(1)),
  rule(/max_tokens: (\d{1,9}) > (\d{1,9})/i, maxTokens(2)),
  rule(/integer above maximum value, expected a value <= (\d{1,9})/i, maxTokens(1)),
]

/** z.ai: "invalid parameter", and "the prompt parameter was not received normally". */
const NAMELESS = /^(1210|1213)$/

/** Kimi, of a tool reference (from June to July 2026) and perhaps of more. */
const KIMI = /^invalid request error$/i

/** What to leave out after these words; nothing where they are the client's business, or teach nothing that is not known. */
export function suggestionOf(words: UpstreamWords, call: Call, accepts: Accepts): Suggestion {
  const { message = '', code } = words
  if (CLIENTS.test(message)) return []
  for (const { words, teach } of RULES) {
    const found = words.exec(message)
    const lesson = found && teach(found, call, accepts)
    if (lesson && isTaken({ off: lesson }, accepts)) return [{ lesson, why: whyOf(lesson) }]
  }
  if (/invalid beta flag/i.test(message)) return halvesOfBetas(call, accepts)
  if (KIMI.test(message.trim())) return kimi(call, accepts)
  return code !== undefined && NAMELESS.test(code) ? halvesOf(call, accepts) : []
}

function kimi(call: Call, accepts: Accepts): Suggestion {
  const feature = FEATURES.find(({ off }) => off.toolReferences === false)!
  if (!feature.used(call)) return []
  const lessons: Lesson[] = [{ toolReferences: 'listed' }, { toolReferences: false }]
  return lessons.filter((off) => isTaken({ off }, accepts)).map((lesson) => ({ lesson, why: whyOf(lesson) }))
}

/** In words of ours: an upstream's may quote the prompt. */
function whyOf(lesson: Lesson): string {
  const feature = FEATURES.find(({ off }) => Object.keys(lesson).every((name) => name in off))
  return feature && !lesson.refusedFields ? feature.why : Object.keys(lesson).join(', ')
}
