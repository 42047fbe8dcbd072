/**
 * What an upstream takes with one model. The fixes in mode `auto` read this and nothing else.
 *
 * Unknown means "pass it on": where nothing is known a field has its default (core/upstream/accepts.ts), under which no fix
 * acts. Names of fields, block types and beta values are those of the Messages API.
 */
export interface Accepts {
  // What the prompt cache rests on.
  /** `cache_control` on blocks, tools and system. */
  readonly cacheControl: boolean
  /** Where it is taken: `request` (the body's own), `tool`, and types of blocks, `text` in `system` too. */
  readonly cacheControlOn: readonly string[] | 'anywhere'
  /** Blocks with `cache_control` in one request. */
  readonly maxCacheControls: number | undefined
  /** The line `x-anthropic-billing-header: …` that Claude Code puts first into `system`. It keeps other caches from being shared. */
  readonly billingLine: boolean
  /** `metadata.user_id` parts the upstream's cache by user. */
  readonly userIdPartsCache: boolean

  // Messages and their roles.
  /** Neighbouring messages of the same role. */
  readonly consecutiveRoles: boolean
  /** Role `system` inside `messages`; `not-first`: anywhere but as `messages[0]`. */
  readonly systemMessages: boolean | 'not-first'
  /** `output_config` on one message. */
  readonly messageOutputConfig: boolean
  /** An assistant message at the end, to be gone on with. */
  readonly prefill: boolean
  /** Messages and text blocks without text. */
  readonly emptyText: boolean
  /** White space at the end of a last assistant message. */
  readonly trailingSpace: boolean
  /** Escapes of half a character, `"\ud83d"`. */
  readonly loneSurrogates: boolean
  /** A `tool_use` without its `tool_result` in the next message, one without the other, and two of one id. */
  readonly unpairedTools: boolean
  /** A `tool_result` without content. */
  readonly emptyResults: boolean
  /** The characters of a tool call's id, as the inside of a character class. Other upstreams make ids such as `functions.Read:0`. */
  readonly toolIdCharacters: string | undefined

  // Thinking.
  /** `thinking: { type: 'adaptive' }`. */
  readonly adaptiveThinking: boolean
  /** `thinking: { type: 'enabled', budget_tokens }`. */
  readonly enabledThinking: boolean
  /** `thinking: { type: 'disabled' }`. */
  readonly disabledThinking: boolean
  /** Blocks `thinking` in the history. */
  readonly thinkingBlocks: boolean
  /** Blocks `redacted_thinking` in the history. */
  readonly redactedThinking: boolean
  /** Thinking that another upstream signed. */
  readonly foreignSignatures: boolean
  /** Thinking blocks that agproxy sealed for a provider (`agp1.…`); of other providers' it takes none, and leaves them out. */
  readonly sealedThinking: boolean
  /** With thinking on, each assistant message with a tool call must have a thinking block, which may be empty. */
  readonly needsThinkingOnToolCalls: boolean

  // Features that are a body field and often a beta value.
  /** `context_management`. */
  readonly contextManagement: boolean
  /** `output_config.effort`, or the levels of it that are taken. */
  readonly effort: boolean | readonly string[]
  /** `output_config.format`. */
  readonly structuredOutput: boolean
  /** `safeguards`. */
  readonly safeguards: boolean
  /** `anthropic-beta` at all. */
  readonly betas: boolean
  /** Beta values by what they become; null: refused. Values that are not named pass. */
  readonly betaNames: Readonly<Record<string, string | null>>
  /** Paths of body fields that are refused: `top_k`, `metadata`, `thinking.display`, `tools[*].eager_input_streaming`. */
  readonly refusedFields: readonly string[]
  /** Fields that it does not know. No fix acts on it: `refusedFields` lists the unknown ones. */
  readonly unknownFields: boolean

  // Tools.
  /** `defer_loading` on tools. */
  readonly deferredTools: boolean
  /** Blocks `tool_reference`; `listed`: those of which the tool is in `tools`. */
  readonly toolReferences: boolean | 'listed'
  /** Tools that the upstream runs, by their `type`: all, none, or those that begin with one of these. */
  readonly serverTools: boolean | readonly string[]
  /** `mcp_servers`. */
  readonly mcpServers: boolean
  /** `tool_choice`. */
  readonly toolChoice: boolean
  /** The characters of a tool's name, as the inside of a character class: `a-zA-Z0-9_-`. */
  readonly toolNameCharacters: string | undefined
  /** Characters of a tool's name. */
  readonly toolNameLength: number | undefined
  /** `$ref` in the schema of a tool. */
  readonly schemaRefs: boolean
  /** An object's schema without `properties`. */
  readonly schemaWithoutProperties: boolean
  /** Keywords of JSON Schema that are refused in a tool's: `propertyNames`. */
  readonly refusedSchemaKeywords: readonly string[]

  // Files.
  /** Blocks `image`. */
  readonly images: boolean
  /** Images with a source of type `url`. */
  readonly imageURLs: boolean
  /** Blocks `document`. */
  readonly documents: boolean
  /** Documents with a source of type `url`. */
  readonly documentURLs: boolean

  // Limits.
  /** The largest `max_tokens`. */
  readonly maxTokens: number | undefined
  /** Tokens of prompt and answer together. */
  readonly contextWindow: number | undefined

  // Endpoints and answers.
  /** Answers without a stream are as reliable as streams. */
  readonly nonStreaming: boolean
  /** `POST /v1/messages/count_tokens`. */
  readonly countTokens: boolean
}

/** Some of it, and what differs for models whose own names match a pattern (`glm-5*`): the longest that matches has the last word. */
export interface AcceptsInit extends Partial<Accepts> {
  readonly byModel?: Readonly<Record<string, Partial<Accepts>>>
  /** Where this is known from, for `agproxy upstreams`: a source with its date, or `config`. */
  readonly source?: string
}

/** A part of what an upstream takes, and where that is known from. */
export interface KnownFact {
  readonly accepts: Partial<Accepts>
  /** A pattern of the upstream's own names; undefined: all models. */
  readonly models: string | undefined
  readonly source: string | undefined
}

/** What one refusal taught about an upstream. */
export interface LearnedFact {
  readonly upstream: string
  /** The upstream's own name. */
  readonly model: string
  readonly accepts: Partial<Accepts>
  /** What was refused, in words of ours. */
  readonly why: string
  /** The clock's time at which it is forgotten. */
  readonly expires: number
}

/** What refusals taught about the upstreams of this gateway, and of those that share its state. */
export interface LearnedFacts {
  /** All, or those of one upstream. */
  list(upstream?: string): readonly LearnedFact[]
  /** Returns how many there were. */
  forget(upstream: string): number
}
