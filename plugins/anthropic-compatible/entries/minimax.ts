import type { Entry } from '../entry.js'

/** The host in China is api.minimaxi.com. */
export const minimax: Entry = {
  title: 'MiniMax',
  baseURL: 'https://api.minimax.io/anthropic',
  keyHeader: 'x-api-key',
  models: { 'claude-*': 'MiniMax-M3' },
  facts: [
    {
      says: 'endpoint, x-api-key, MiniMax-M3 in its example (that all Claude names become it is assumed); top_k, stop_sequences, service_tier, container, context_management, mcp_servers ignored',
      source: 'https://platform.minimax.io/docs/api-reference/text-anthropic-api',
      date: '2026-11',
    },
    {
      accepts: { cacheControl: true },
      source: 'https://platform.minimax.io/docs/api-reference/anthropic-api-compatible-cache',
      date: '2026-11',
    },
    {
      accepts: { systemMessages: false },
      says: '"chat content has invalid message role: system (2013)"',
      source: 'MiniMax-AI/MiniMax-M2.7#43',
      date: '2026-11',
    },
    {
      accepts: { maxTokens: 524_288, contextWindow: 1_000_000 },
      models: ['MiniMax-M3*'],
      source: 'https://platform.minimax.io/docs/guides/text-generation',
      date: '2026-11',
    },
    {
      accepts: { images: false, imageURLs: false, contextWindow: 204_800 },
      models: ['MiniMax-M2*'],
      source: 'https://platform.minimax.io/docs/guides/text-generation',
      date: '2026-11',
    },
  ],
}
