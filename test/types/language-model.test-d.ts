// Checked by `tsc -p .`: a real provider's model and its stream are what the mapping declares of them.
import type { LanguageModelV3, LanguageModelV3CallOptions } from '@ai-sdk/provider'
import type { CallOptions, LanguageModel, StreamPart } from '../../plugins/ai-sdk/language-model.js'

declare const real: LanguageModelV3
export const model: Omit<LanguageModel, 'doStream'> = real

declare const answer: Awaited<ReturnType<LanguageModelV3['doStream']>>
export const parts: ReadableStream<StreamPart> = answer.stream

// The way in, but for what has another layout in version 4 and what is JSON by its nature and not by its type.
declare const options: CallOptions
export const rest: Omit<LanguageModelV3CallOptions, 'prompt' | 'providerOptions' | 'tools'> = options
