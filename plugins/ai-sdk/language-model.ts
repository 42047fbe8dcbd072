/**
 * What versions 3 and 4 of the language-model specification have in common, as far as the mapping uses it
 * (https://github.com/vercel/ai, packages/provider/src/language-model). Declared here and not imported, so that agproxy's
 * types need none of the provider packages.
 */
export interface LanguageModel {
  readonly specificationVersion: string
  /** `openai.responses`, `google.generative-ai`, `<name>.chat`: who reads the options and signed the thinking. */
  readonly provider: string
  readonly modelId: string
  doStream(options: CallOptions): PromiseLike<{ readonly stream: ReadableStream<StreamPart> }>
}

export type SpecVersion = 'v3' | 'v4'

/** By provider, then by option: what a provider understands of its own. */
export type ProviderOptions = Readonly<Record<string, Readonly<Record<string, unknown>>>>

export interface CallOptions {
  readonly prompt: PromptMessage[]
  readonly maxOutputTokens?: number
  readonly temperature?: number
  readonly topP?: number
  readonly topK?: number
  readonly stopSequences?: string[]
  readonly responseFormat?: { type: 'json'; schema?: object; name?: string }
  readonly tools?: (FunctionTool | ProviderTool)[]
  readonly toolChoice?: ToolChoice
  /** Version 4 alone. */
  readonly reasoning?: ReasoningLevel
  readonly abortSignal?: AbortSignal
  readonly providerOptions?: ProviderOptions
}

export type ReasoningLevel = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max'
export type ToolChoice = { type: 'auto' | 'none' | 'required' } | { type: 'tool'; toolName: string }

export interface FunctionTool {
  type: 'function'
  name: string
  description?: string
  inputSchema: object
}

/** A tool that the provider runs itself, such as `google.google_search`. */
export interface ProviderTool {
  type: 'provider'
  id: `${string}.${string}`
  name: string
  args: Record<string, unknown>
}

export type PromptMessage =
  | { role: 'system'; content: string }
  | { role: 'user'; content: UserPart[] }
  | { role: 'assistant'; content: AssistantPart[] }
  | { role: 'tool'; content: ToolResultPart[] }

export type UserPart = TextPart | FilePart
export type AssistantPart = TextPart | ReasoningPart | ToolCallPart

interface Part {
  providerOptions?: ProviderOptions
}

export interface TextPart extends Part {
  type: 'text'
  text: string
}

export interface ReasoningPart extends Part {
  type: 'reasoning'
  text: string
}

export interface FilePart extends Part {
  type: 'file'
  mediaType: string
  filename?: string
  data: FileData
}

/** Version 3: base64 or a URL; version 4: the same, tagged. */
export type FileData = string | URL | { type: 'data'; data: string } | { type: 'url'; url: URL }

export interface ToolCallPart extends Part {
  type: 'tool-call'
  toolCallId: string
  toolName: string
  input: unknown
}

export interface ToolResultPart extends Part {
  type: 'tool-result'
  toolCallId: string
  toolName: string
  output: { type: 'text' | 'error-text'; value: string }
}

interface FromProvider {
  readonly providerMetadata?: ProviderOptions
}

export type StreamPart =
  | ({
      readonly type: 'text-start' | 'text-end' | 'reasoning-start' | 'reasoning-end'
      readonly id: string
    } & FromProvider)
  | ({
      readonly type: 'text-delta' | 'reasoning-delta'
      readonly id: string
      readonly delta: string
    } & FromProvider)
  | ToolInputStart
  | { readonly type: 'tool-input-delta'; readonly id: string; readonly delta: string }
  | { readonly type: 'tool-input-end'; readonly id: string }
  | ToolCall
  | {
      readonly type: 'tool-result'
      readonly toolCallId: string
      readonly toolName: string
      readonly result: unknown
    }
  | Source
  | { readonly type: 'file' | 'reasoning-file'; readonly mediaType: string; readonly data: unknown }
  | { readonly type: 'stream-start'; readonly warnings: readonly Warning[] }
  | { readonly type: 'response-metadata'; readonly id?: string; readonly modelId?: string }
  | Finish
  | { readonly type: 'error'; readonly error: unknown }
  | { readonly type: 'raw' | 'ping' | 'custom' | 'tool-approval-request' }

export type ToolInputStart = FromProvider & {
  readonly type: 'tool-input-start'
  readonly id: string
  readonly toolName: string
  readonly providerExecuted?: boolean
  /** Version 4: with `text` the deltas are no JSON, and only the `tool-call` has the input. */
  readonly inputEncoding?: 'json' | 'text'
}

export type ToolCall = FromProvider & {
  readonly type: 'tool-call'
  readonly toolCallId: string
  readonly toolName: string
  /** JSON. */
  readonly input: string
  readonly providerExecuted?: boolean
}

export type Finish = FromProvider & {
  readonly type: 'finish'
  readonly finishReason: FinishReason
  readonly usage: TokenUsage
}

export interface Source {
  readonly type: 'source'
  readonly sourceType: 'url' | 'document'
  readonly url?: string
  readonly title?: string
}

export interface Warning {
  readonly type: string
  readonly feature?: string
  readonly message?: string
}

export interface FinishReason {
  readonly unified: string
  /** The provider's own word. */
  readonly raw: string | undefined
}

export interface TokenUsage {
  readonly inputTokens: Counts<'total' | 'noCache' | 'cacheRead' | 'cacheWrite'>
  readonly outputTokens: Counts<'total' | 'text' | 'reasoning'>
}

type Counts<Name extends string> = { readonly [name in Name]: number | undefined }
