/**
 * How providers say that a prompt doesn't fit, with their numbers. Claude Code compacts the conversation and goes on only at
 * Anthropic's own wording. Texts as seen in November 2026.
 */
const TOO_LONG: readonly RegExp[] = [
  // OpenAI
  /maximum context length is (?<max>[\d,]+) tokens.*resulted in (?<tokens>[\d,]+) tokens/s,
  // Gemini
  /input token count \(?(?<tokens>[\d,]+)\)? exceeds the maximum number of tokens allowed \(?(?<max>[\d,]+)/,
  // Mistral
  /Prompt contains (?<tokens>[\d,]+) tokens.*model with (?<max>[\d,]+) maximum context length/s,
  // xAI
  /maximum prompt length is (?<max>[\d,]+) but the request contains (?<tokens>[\d,]+) tokens/,
  // llama.cpp
  /request \((?<tokens>[\d,]+) tokens\) exceeds the available context size \((?<max>[\d,]+) tokens\)/,
]

/** The prompt would fit; together with `max_tokens` it doesn't, and Claude Code asks again with less. */
const TOO_LONG_TOGETHER: readonly RegExp[] = [
  // OpenAI, vLLM
  /maximum context length is (?<max>[\d,]+) tokens.*\((?<tokens>[\d,]+) in the messages, (?<output>[\d,]+) in the completion\)/s,
  // vLLM
  /is too large: (?<output>[\d,]+)\. This model's maximum context length is (?<max>[\d,]+) tokens and your request has (?<tokens>[\d,]+) input tokens/,
]

/** OpenAI (Responses), Bedrock and others name no numbers. */
const WITHOUT_NUMBERS =
  /context_length_exceeded|exceeds? (the|this model's) (maximum )?context (window|length)|input is too long|prompt is too long/i

/** Characters of an error that are searched: some patterns look from each start to the end, and a provider may quote the prompt. */
const SEARCHED = 2_000

/** Anthropic's words for it, or undefined when the error is about something else or names no numbers. */
export function healingWords(said: string): string | undefined {
  const message = said.slice(0, SEARCHED)
  const together = groups(TOO_LONG_TOGETHER, message)
  if (together && together.tokens < together.max) {
    const { tokens, output, max } = together
    return `input length and \`max_tokens\` exceed context limit: ${tokens} + ${output} > ${max}, decrease input length or \`max_tokens\` and try again`
  }
  const found = together ?? groups(TOO_LONG, message)
  return found && tooLong(found.tokens, found.max)
}

/** The error is about the prompt's length, and `healingWords` had no numbers to go by. */
export function isTooLong(message: string): boolean {
  return WITHOUT_NUMBERS.test(message) && !message.startsWith('prompt is too long: ')
}

export function tooLong(tokens: number, maximum: number): string {
  return `prompt is too long: ${tokens} tokens > ${maximum} maximum`
}

function groups(patterns: readonly RegExp[], message: string) {
  for (const pattern of patterns) {
    const found = pattern.exec(message)?.groups
    if (found) return { tokens: number(found.tokens), max: number(found.max), output: number(found.output) }
  }
  return undefined
}

function number(text: string | undefined): number {
  return Number((text ?? '0').replaceAll(',', ''))
}
