import type { Entry } from '../entry.js'

const API = 'https://api-docs.deepseek.com/guides/anthropic_api'

export const deepseek: Entry = {
  title: 'DeepSeek',
  baseURL: 'https://api.deepseek.com/anthropic',
  keyHeader: 'x-api-key',
  // Theirs, done here so that `x-mapped-model` says so.
  models: { 'claude-opus*': 'deepseek-v4-pro', 'claude*': 'deepseek-flash' },
  facts: [
    {
      accepts: { cacheControl: true, documents: false, redactedThinking: false },
      says: 'endpoint, x-api-key, model map; `cache_control`, `is_error`, beta and version headers ignored, of thinking the budget, of `output_config` all but `effort`',
      source: API,
      date: '2026-08-27',
    },
    {
      accepts: { userIdPartsCache: true },
      says: '`metadata.user_id` isolates users',
      source: API,
      date: '2026-08-27',
    },
    {
      accepts: { serverTools: ['web_search'] },
      says: 'blocks of web search are taken, those of other server tools are not',
      source: API,
      date: '2026-08-27',
    },
    {
      accepts: { systemMessages: false },
      says: '"unknown variant `system`, expected `user` or `assistant`"',
      source: 'deepseek-ai/awesome-deepseek-integration#639',
      date: '2026-11',
    },
    {
      accepts: { contextWindow: 1_000_000 },
      models: ['deepseek-*'],
      source: 'https://api-docs.deepseek.com/quick_start/pricing',
      date: '2026-11',
    },
  ],
}
