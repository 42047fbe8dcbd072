/** What an upstream says of a prompt that does not fit, in tokens as far as it names them. */
export interface Overflow {
  readonly prompt?: number | undefined
  /** What was asked for as an answer. */
  readonly answer?: number | undefined
  readonly window?: number | undefined
}

/**
 * Words of upstreams for a prompt that is longer than the model's window, as their sources, documentation and issue threads
 * quote them.
 */
const SHAPES: readonly RegExp[] = [
  // Anthropic's own, inside the words of a proxy.
  /prompt is too long: (?<prompt>\d+) tokens > (?<window>\d+) maximum/,
  /exceed context limit: (?<prompt>\d+) \+ (?<answer>\d+) > (?<window>\d+)/,
  // vLLM, before and since 0.11.
  /is too large: (?<answer>\d+)\. This model's maximum context length is (?<window>\d+) tokens and your request has (?<prompt>\d+) input tokens/,
  // OpenAI, DeepSeek, vLLM, OpenRouter.
  /maximum context length is (?<window>\d+) tokens.{0,40}?requested (?:about )?\d+ tokens \((?<prompt>\d+) [^,)]{0,40}, (?<answer>\d+) /s,
  /maximum context length is (?<window>\d+) tokens.{0,60}?(?:resulted in|requested|contains at least|has) (?:about )?(?<prompt>\d+)/s,
  // SGLang.
  /maximum context length of (?<window>\d+) tokens\..{0,60}?(?<prompt>\d+) tokens from the input messages and (?<answer>\d+)/s,
  /input length \((?<prompt>\d+)(?: tokens)?\) exceeds (?:the |the model's )?maximum (?:allowed|context) length \((?<window>\d+)/i,
  // llama.cpp.
  /request \((?<prompt>\d+) tokens\) exceeds the available context size \((?<window>\d+)/,
  /exceeds the available context size/,
  // LM Studio.
  /keep the first (?<prompt>\d+) tokens.{0,120}?context length of only (?<window>\d+)/s,
  /tokens to keep from the initial prompt is greater than the context length/,
  // Ollama, Bedrock, MiniMax, Kimi, DashScope.
  /input (?:length )?exceeds (?:the )?(?:maximum )?context length/i,
  /prompt too long; exceeded max context length/,
  /input is too long for requested model/i,
  /context window exceeds limit/i,
  /exceeded model token limit: (?<window>\d+)(?: \(requested: (?<prompt>\d+)\))?/,
  /range of input length should be \[\d+, (?<window>\d+)\]/i,
  // Gemini, xAI, Mistral, Copilot.
  /input token count \((?<prompt>\d+)\) exceeds the maximum number of tokens allowed \((?<window>\d+)\)/,
  /maximum prompt length is (?<window>\d+) but the request contains (?<prompt>\d+)/,
  /prompt contains (?<prompt>\d+) tokens.{0,60}?with (?<window>\d+) maximum context length/is,
  /prompt token count of (?<prompt>\d+) exceeds the limit of (?<window>\d+)/,
]

/** The overflow that an error's words or code are; undefined for any other error. */
export function overflowIn(message: string, code: string | undefined): Overflow | undefined {
  for (const shape of SHAPES) {
    const match = shape.exec(message)
    if (match) return numbersIn(match.groups ?? {})
  }
  return code === 'context_length_exceeded' ? {} : undefined
}

function numbersIn(groups: Record<string, string | undefined>): Overflow {
  const number = (name: string) => (groups[name] === undefined ? undefined : Number(groups[name]))
  return { prompt: number('prompt'), answer: number('answer'), window: number('window') }
}

/** The wordings on which Claude Code mends what it sends: the first compacts, the second asks for a shorter answer. */
export const OWN_WORDS = /^(?:prompt is too long: \d|input length and `max_tokens` exceed context limit: \d)/

export function tooLong(tokens: number, window: number): string {
  return `prompt is too long: ${Math.max(tokens, window + 1)} tokens > ${window} maximum`
}

/** Undefined where the prompt alone does not fit. */
export function answerTooLong({ prompt, answer, window }: Overflow): string | undefined {
  if (prompt === undefined || answer === undefined || window === undefined || prompt >= window)
    return undefined
  return `input length and \`max_tokens\` exceed context limit: ${prompt} + ${answer} > ${window}`
}
