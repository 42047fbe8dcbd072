import type { Entry } from './options.js'

/*
 * Upstreams that publish an endpoint of Anthropic's shape. Each says where its data was read and what of it is assumed;
 * what is not named is not documented and has the careful default of options.ts: `cache_control` is taken out, messages
 * of the same role are merged, tokens are counted here. That answers without a stream are fine (`nonStreaming`) is
 * assumed of all: their documentation shows such calls.
 *
 * A base URL is what the documentation gives for ANTHROPIC_BASE_URL. Read in November 2026.
 */
export const ENTRIES = {
  /**
   * Moonshot's open platform. https://platform.kimi.ai/docs/api/overview: endpoint (api.moonshot.cn in China), Bearer.
   * Read in quotations only, hence no model map and no context windows. Prefixes are cached without being told to.
   */
  moonshot: { baseURL: 'https://api.moonshot.ai/anthropic', keyHeader: 'bearer' },

  /**
   * The Kimi Code subscription: another endpoint with keys of its own, which Moonshot's platform refuses, and they go in
   * x-api-key. https://www.kimi.com/code/docs/en/third-party-tools/other-coding-agents.html, read in quotations only.
   */
  kimi: { baseURL: 'https://api.kimi.com/coding', keyHeader: 'x-api-key' },

  /**
   * https://api-docs.deepseek.com/guides/anthropic_api: endpoint, x-api-key, the model map (theirs, done here so that
   * `x-mapped-model` tells), `cache_control` "ignored". https://api-docs.deepseek.com/quick_start/pricing: 1M of context.
   */
  deepseek: {
    baseURL: 'https://api.deepseek.com/anthropic',
    keyHeader: 'x-api-key',
    models: { 'claude-opus*': 'deepseek-v4-pro', 'claude*': 'deepseek-flash' },
    accepts: { cacheControl: true },
    contextWindows: { 'deepseek-*': 1_000_000 },
  },

  /**
   * https://platform.minimax.io/docs/api-reference/text-anthropic-api: endpoint (api.minimaxi.com in China), x-api-key (by
   * ANTHROPIC_API_KEY), MiniMax-M3 in its example; that all Claude names become it is assumed.
   * https://platform.minimax.io/docs/api-reference/anthropic-api-compatible-cache: `cache_control` is honoured.
   * https://platform.minimax.io/docs/guides/text-generation: context windows of M3 and M2.7; the M2 line's is the Chinese
   * page's of the first address.
   */
  minimax: {
    baseURL: 'https://api.minimax.io/anthropic',
    keyHeader: 'x-api-key',
    models: { 'claude-*': 'MiniMax-M3' },
    accepts: { cacheControl: true },
    contextWindows: { 'MiniMax-M3': 1_000_000, 'MiniMax-M2*': 204_800 },
  },

  /**
   * https://openrouter.ai/docs/api/api-reference/anthropic-messages/create-a-message: endpoint, Bearer, `cache_control` on
   * blocks. Models have names like `anthropic/claude-sonnet-4`. It has no count_tokens in its reference. Its list of models
   * holds hundreds, so it isn't asked for by default.
   */
  openrouter: {
    baseURL: 'https://openrouter.ai/api',
    keyHeader: 'bearer',
    accepts: { cacheControl: true },
  },

  /**
   * https://docs.ollama.com/api/anthropic-compatibility: endpoint; the key is "accepted but not validated", for
   * https://ollama.com (its cloud) it must be a Bearer token; `cache_control` and count_tokens "not supported".
   * https://docs.ollama.com/api/openai-compatibility: GET /v1/models.
   */
  ollama: { baseURL: 'http://localhost:11434', keyHeader: 'bearer', needsKey: false, listsModels: true },

  /**
   * https://lmstudio.ai/docs/developer/anthropic-compat: endpoint; x-api-key or Bearer once "Require Authentication" is on,
   * none before. https://lmstudio.ai/docs/developer/openai-compat: GET /v1/models.
   */
  lmStudio: { baseURL: 'http://localhost:1234', keyHeader: 'x-api-key', needsKey: false, listsModels: true },

  /**
   * https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md: endpoint on llama-server's default port,
   * x-api-key (asked for with `--api-key` only), count_tokens, GET /v1/models.
   */
  llamaCpp: {
    baseURL: 'http://localhost:8080',
    keyHeader: 'x-api-key',
    needsKey: false,
    accepts: { countTokens: true },
    listsModels: true,
  },

  /**
   * https://docs.vllm.ai/en/latest/serving/integrations/claude_code: endpoint, no key by default. count_tokens is in the
   * server's routes (vllm/entrypoints/anthropic/api_router.py), not in that page. With `--api-key` the OpenAI server that
   * it is part of takes Bearer tokens; that the Messages endpoint does too is assumed. Prefixes are cached without markers.
   */
  vllm: {
    baseURL: 'http://localhost:8000',
    keyHeader: 'bearer',
    needsKey: false,
    accepts: { countTokens: true },
    listsModels: true,
  },

  /**
   * https://docs.litellm.ai/docs/proxy/client_setup/claude_code: endpoint, a virtual key as Bearer.
   * https://docs.litellm.ai/docs/anthropic_count_tokens: count_tokens. https://docs.litellm.ai/docs/completion/prompt_caching:
   * `cache_control` for the providers that cache; that it does no harm with the others is assumed. GET /v1/models as in
   * OpenAI's API.
   */
  liteLLM: {
    baseURL: 'http://localhost:4000',
    keyHeader: 'bearer',
    accepts: { cacheControl: true, countTokens: true },
    listsModels: true,
  },
} as const satisfies Record<string, Entry>
