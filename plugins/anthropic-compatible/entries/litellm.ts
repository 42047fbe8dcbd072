import type { Entry } from '../entry.js'

export const liteLLM: Entry = {
  title: 'LiteLLM',
  baseURL: 'http://localhost:4000',
  keyHeader: 'bearer',
  listsModels: true,
  facts: [
    {
      accepts: { billingLine: true },
      says: 'endpoint, a virtual key as Bearer; beta values by its own list, unknown ones dropped. Anthropic may be behind it, which wants the billing line',
      source: 'https://docs.litellm.ai/docs/proxy/client_setup/claude_code',
      date: '2026-11',
    },
    {
      accepts: { countTokens: true },
      source: 'https://docs.litellm.ai/docs/anthropic_count_tokens',
      date: '2026-11',
    },
    {
      accepts: { cacheControl: true },
      says: 'for the providers that cache; that it does no harm with the others is assumed',
      source: 'https://docs.litellm.ai/docs/completion/prompt_caching',
      date: '2026-11',
    },
  ],
}
