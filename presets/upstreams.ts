import type { UpstreamOf } from '../core/config/upstreams.js'
import * as plugins from '../plugins/index.js'

const { aiSdk, anthropicCompatible, bedrock, vertex } = plugins

/** By the type that a config names: what needs more than a URL, or is known already. */
const TYPES = {
  ...{ bedrock, vertex },
  moonshot: plugins.moonshot,
  kimi: plugins.kimi,
  deepseek: plugins.deepseek,
  minimax: plugins.minimax,
  dashscope: plugins.dashscope,
  openrouter: plugins.openrouter,
  ollama: plugins.ollama,
  'lm-studio': plugins.lmStudio,
  'llama-cpp': plugins.llamaCpp,
  vllm: plugins.vllm,
  sglang: plugins.sglang,
  litellm: plugins.liteLLM,
} as const

/** The options are checked with the config. */
type Made = (options: object) => ReturnType<UpstreamOf>

/** What a config may declare under `upstreams`: of a `type`, with a `provider` one of the AI SDK, else one of Anthropic's own shape. */
export const upstreamOf: UpstreamOf = (name, { type, ...options }) => {
  if (type !== undefined) {
    const made = Object.hasOwn(TYPES, String(type)) && (TYPES[type as keyof typeof TYPES] as Made)
    if (made) return made({ name, ...options })
    throw new TypeError(`expected a type of ${Object.keys(TYPES).join(', ')}, or none, found '${type}'`)
  }
  return 'provider' in options
    ? aiSdk({ name, ...(options as { provider: string }) })
    : anthropicCompatible({ name, ...(options as { baseURL: string }) })
}
