import type { ReasoningLevel } from './language-model.js'

type Options = Readonly<Record<string, unknown>>

/**
 * Where each provider package has its own name for something that the specification (version 3) has none for. A row holds
 * what differs; the mapping itself names no provider. Facts from the packages' sources of November 2026 (`@ai-sdk/openai`
 * 3.0.120, `google` 3.0.129, `mistral` 3.0.69, `xai` 3.0.138, `amazon-bedrock` 4.0.186, `openai-compatible` 2.0.80).
 */
export interface ProviderRow {
  /** Of the model's `provider`. */
  readonly provider: RegExp
  /** Under which name the package reads `providerOptions`. */
  readonly key: string
  readonly always?: Options
  /** The client asked for thinking: ask for its text. */
  readonly thoughts?: Options
  /** The first entry whose `models` matches counts; a model without one gets no effort, as many refuse the field. */
  readonly efforts?: readonly Effort[]
  readonly budget?: { readonly models: RegExp; readonly max: number; put(tokens: number): Options }
  /** One tool call at a time. */
  readonly oneTool?: Options
  /** `web_search` as a tool that the provider runs. */
  readonly search?: {
    readonly id: `${string}.${string}`
    readonly name: string
    args(tool: Options): Options
  }
}

export interface Effort {
  readonly models: RegExp
  /** In rising order; a level that is missing becomes the next lower one, else the lowest. */
  readonly levels: readonly ReasoningLevel[]
  put(level: ReasoningLevel): Options
}

const ANY = /^/
const TO_HIGH: readonly ReasoningLevel[] = ['low', 'medium', 'high']
const reasoningEffort = (level: ReasoningLevel) => ({ reasoningEffort: level })

export const PROVIDERS: readonly ProviderRow[] = [
  {
    provider: /^(openai|azure)\b/,
    key: 'openai',
    // Stateless: a stored item is known to one organisation, and the account may change with the next request.
    always: { store: false },
    thoughts: { reasoningSummary: 'auto' },
    efforts: [
      { models: /^gpt-(5\.6|[6-9])/, levels: [...TO_HIGH, 'xhigh', 'max'], put: reasoningEffort },
      { models: /^gpt-5\.[2-5]|codex-max/, levels: [...TO_HIGH, 'xhigh'], put: reasoningEffort },
      { models: /^(gpt-5|o\d)/, levels: TO_HIGH, put: reasoningEffort },
    ],
    oneTool: { parallelToolCalls: false },
    search: {
      id: 'openai.web_search',
      name: 'web_search',
      args: ({ allowed_domains, user_location }) => ({
        ...(Array.isArray(allowed_domains) && { filters: { allowedDomains: allowed_domains } }),
        ...(user_location !== undefined && { userLocation: user_location }),
      }),
    },
  },
  {
    provider: /^google\b/,
    key: 'google',
    thoughts: { thinkingConfig: { includeThoughts: true } },
    efforts: [
      { models: /gemini-(1|2\.0)|gemma/, levels: ['low'], put: () => ({}) },
      {
        models: /gemini-2\.5/, // its levels are budgets; 24,576 is the most that Flash takes
        levels: TO_HIGH,
        put: (level) => ({
          thinkingConfig: { thinkingBudget: { low: 1024, medium: 8192 }[level as string] ?? 24_576 },
        }),
      },
      { models: /gemini-/, levels: TO_HIGH, put: (level) => ({ thinkingConfig: { thinkingLevel: level } }) },
    ],
    budget: {
      models: /gemini-2\.5/,
      max: 24_576,
      put: (tokens) => ({ thinkingConfig: { thinkingBudget: tokens } }),
    },
    search: { id: 'google.google_search', name: 'google_search', args: () => ({}) },
  },
  {
    provider: /^mistral\b/,
    key: 'mistral',
    efforts: [{ models: /medium-3\.5|small-(latest|2603)/, levels: ['high'], put: reasoningEffort }],
    oneTool: { parallelToolCalls: false },
  },
  {
    provider: /^xai\.responses/,
    key: 'xai',
    always: { store: false },
    efforts: [{ models: /^grok-(3-mini|4\.[3-9]\b)/, levels: TO_HIGH, put: reasoningEffort }],
    search: {
      id: 'xai.web_search',
      name: 'web_search',
      args: ({ allowed_domains, blocked_domains }) => ({
        ...(Array.isArray(allowed_domains) && { allowedDomains: allowed_domains }),
        ...(Array.isArray(blocked_domains) && { excludedDomains: blocked_domains }),
      }),
    },
  },
  {
    provider: /^xai\b/,
    key: 'xai',
    efforts: [{ models: /^grok-(3-mini|4\.[3-9]\b)/, levels: TO_HIGH, put: reasoningEffort }],
    oneTool: { parallel_function_calling: false },
  },
  {
    provider: /^amazon-bedrock/,
    key: 'bedrock',
    efforts: [
      {
        models: /gpt-oss|nova-2|openai\./,
        levels: TO_HIGH,
        put: (level) => ({ reasoningConfig: { maxReasoningEffort: level } }),
      },
    ],
    budget: {
      models: /anthropic\./,
      max: 128_000,
      put: (tokens) => ({ reasoningConfig: { type: 'enabled', budgetTokens: tokens } }),
    },
  },
]

/** Any other package: most are made of the OpenAI-compatible one, and the rest pass over what is not theirs. */
export const COMPATIBLE: ProviderRow = {
  provider: ANY,
  key: 'openaiCompatible',
  efforts: [{ models: ANY, levels: TO_HIGH, put: reasoningEffort }],
}

/** The OpenAI-compatible package copies what is under its provider's own name into the body as it is. */
export const COMPATIBLE_BODY: Options = { parallel_tool_calls: false }
