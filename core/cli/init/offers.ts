/** An upstream that `init` writes a config for. */
export interface Offer {
  readonly name: string
  readonly title: string
  /** The environment variable of its key. */
  readonly variable: string
  /**
   * `preset`: part of the preset, with accounts from the environment; `ready-made`: declared under `upstreams` by its type; `url`:
   * declared by its URL.
   */
  readonly kind: 'preset' | 'ready-made' | 'url'
  /** Runs on the user's machine, and needs no key. */
  readonly isLocal?: boolean
  /** It answers to Claude's names; the others must be asked for their own. */
  readonly mapsModels?: boolean
}

const readyMade = { kind: 'ready-made' } as const
const local = { ...readyMade, isLocal: true } as const

/** In the order in which they are offered. */
export const OFFERS: readonly Offer[] = [
  { name: 'zai', title: 'z.ai, GLM models', variable: 'ZAI_API_KEY', kind: 'preset', mapsModels: true },
  {
    name: 'anthropic',
    title: 'Anthropic',
    variable: 'AGPROXY_ANTHROPIC_API_KEY',
    kind: 'preset',
    mapsModels: true,
  },
  { name: 'moonshot', title: 'Moonshot, open platform', variable: 'MOONSHOT_API_KEY', ...readyMade },
  { name: 'kimi', title: 'Kimi Code', variable: 'KIMI_API_KEY', ...readyMade },
  { name: 'deepseek', title: 'DeepSeek', variable: 'DEEPSEEK_API_KEY', ...readyMade, mapsModels: true },
  { name: 'minimax', title: 'MiniMax', variable: 'MINIMAX_API_KEY', ...readyMade, mapsModels: true },
  { name: 'dashscope', title: 'Qwen on DashScope', variable: 'DASHSCOPE_API_KEY', ...readyMade },
  { name: 'openrouter', title: 'OpenRouter', variable: 'OPENROUTER_API_KEY', ...readyMade },
  { name: 'litellm', title: 'LiteLLM', variable: 'LITELLM_API_KEY', ...readyMade },
  { name: 'ollama', title: 'Ollama', variable: 'OLLAMA_API_KEY', ...local },
  { name: 'lm-studio', title: 'LM Studio', variable: 'LM_STUDIO_API_KEY', ...local },
  { name: 'llama-cpp', title: 'llama.cpp', variable: 'LLAMA_API_KEY', ...local },
  { name: 'vllm', title: 'vLLM', variable: 'VLLM_API_KEY', ...local },
  { name: 'sglang', title: 'SGLang', variable: 'SGLANG_API_KEY', ...local },
  {
    name: 'other',
    title: "another endpoint of Anthropic's API, by its URL",
    variable: 'UPSTREAM_API_KEY',
    kind: 'url',
  },
]
