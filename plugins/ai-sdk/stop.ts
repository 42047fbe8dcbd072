import type { FinishReason, ProviderOptions } from './language-model.js'

const STOP_REASONS: Readonly<Record<string, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  'content-filter': 'refusal',
}

/** These stop the model in the middle of a tool's input, and the answer is one. With any other the model ended it itself. */
export const BREAKS_OFF: ReadonlySet<string> = new Set(['length', 'content-filter'])

/**
 * Why the answer stopped. A whole tool call counts more than the provider's word: Gemini-shaped servers say `other`, some
 * say `stop`; and `tool-calls` without one leaves nothing to run. The stop sequence is known where a package puts it into its metadata.
 */
export function stop({ unified }: FinishReason, calledTool: boolean, metadata: ProviderOptions | undefined) {
  if (calledTool) return { stop_reason: 'tool_use', stop_sequence: null }
  const sequence = Object.values(metadata ?? {}).find((told) => typeof told?.stopSequence === 'string')
  if (sequence && unified === 'stop')
    return { stop_reason: 'stop_sequence', stop_sequence: sequence.stopSequence as string }
  return { stop_reason: STOP_REASONS[unified] ?? 'end_turn', stop_sequence: null }
}

/** The stream ended and the provider never said why: the packages' initial value, or version 4's word for it. */
export function isCut({ unified, raw }: FinishReason): boolean {
  return unified === 'interrupted' || (unified === 'other' && raw === undefined)
}
