import { dashscope } from './entries/dashscope.js'
import { deepseek } from './entries/deepseek.js'
import { kimi, moonshot } from './entries/kimi.js'
import { liteLLM } from './entries/litellm.js'
import { llamaCpp } from './entries/llama-cpp.js'
import { lmStudio } from './entries/lm-studio.js'
import { minimax } from './entries/minimax.js'
import { ollama } from './entries/ollama.js'
import { openrouter } from './entries/openrouter.js'
import { sglang } from './entries/sglang.js'
import { vllm } from './entries/vllm.js'
import type { Entry } from './entry.js'

/** Upstreams that publish an endpoint of Anthropic's shape. A base URL is what the documentation gives for ANTHROPIC_BASE_URL. */
export const ENTRIES = {
  moonshot,
  kimi,
  deepseek,
  minimax,
  dashscope,
  openrouter,
  ollama,
  lmStudio,
  llamaCpp,
  vllm,
  sglang,
  liteLLM,
} as const satisfies Record<string, Entry>
