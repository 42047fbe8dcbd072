import type { Price } from '../contract/prices.js'

interface Dated extends Price {
  readonly source: string
  readonly date: string
}

/**
 * Prices that the package has not, or has for another seller: its `glm-*` are those of the Chinese platform in yuan. By upstream,
 * then by model. An entry goes when the package has it.
 */
export const OVERLAY: Readonly<Record<string, Readonly<Record<string, Dated>>>> = {
  zai: {
    'glm-5.3': {
      input: 1.4,
      cacheRead: 0.26,
      output: 4.4,
      source: 'https://openrouter.ai/~z-ai/glm-latest',
      date: '2026-08-19',
    },
    'glm-4.7': {
      input: 0.6,
      cacheRead: 0.11,
      output: 2.2,
      source: 'https://docs.z.ai/guides/overview/pricing, as quoted by ryoppippi/ccusage#1225',
      date: '2026-08',
    },
    'glm-4.6': {
      input: 0.6,
      cacheRead: 0.11,
      output: 2.2,
      source: 'https://docs.z.ai/guides/overview/pricing, as quoted by ryoppippi/ccusage#1225',
      date: '2026-08',
    },
    'glm-4.5-air': {
      input: 0.2,
      cacheRead: 0.03,
      output: 1.1,
      source: 'https://opencode.ai/data/zhipuai/glm-4-5-air.json',
      date: '2025-07-28',
    },
  },
}

/**
 * What the package calls the sellers behind upstreams. `none`: it has no list of theirs, and another seller's price would be wrong.
 * An upstream that is not here is looked up by the model alone.
 */
export const SELLERS: Readonly<Record<string, string>> = {
  anthropic: 'anthropic',
  deepseek: 'deepseek',
  kimi: 'moonshotai',
  minimax: 'minimax',
  moonshot: 'moonshotai',
  openrouter: 'openrouter',
  zai: 'none',
  // Models on one's own machine.
  echo: 'none',
  llamacpp: 'none',
  lmstudio: 'none',
  ollama: 'none',
  sglang: 'none',
  vllm: 'none',
}
