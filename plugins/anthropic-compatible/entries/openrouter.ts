import type { Entry } from '../entry.js'

export const openrouter: Entry = {
  title: 'OpenRouter',
  baseURL: 'https://openrouter.ai/api',
  keyHeader: 'bearer',
  facts: [
    {
      accepts: { cacheControl: true },
      says: 'endpoint, Bearer, names like `anthropic/claude-sonnet-4`; what else is taken depends on the provider behind it. No count_tokens; a list of hundreds of models, which is not asked for by default',
      source: 'https://openrouter.ai/docs/api/api-reference/anthropic-messages/create-a-message',
      date: '2026-11',
    },
  ],
}
