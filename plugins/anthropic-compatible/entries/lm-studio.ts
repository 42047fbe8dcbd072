import type { Entry } from '../entry.js'

export const lmStudio: Entry = {
  title: 'LM Studio',
  baseURL: 'http://localhost:1234',
  keyHeader: 'x-api-key',
  needsKey: false,
  listsModels: true,
  facts: [
    {
      accepts: { serverTools: false },
      says: 'endpoint; x-api-key or Bearer once "Require Authentication" is on, none before; `cache_control` ignored',
      source: 'https://lmstudio.ai/docs/developer/anthropic-compat',
      date: '2026-11',
    },
    {
      says: 'system messages are taken by the app since 0.4.15 and refused by llmster 0.0.20, so it is learned which',
      source: 'lmstudio-ai/lmstudio-bug-tracker#2204',
      date: '2026-11',
    },
    {
      says: 'count_tokens answers 200 with an error body',
      source: 'lmstudio-ai/lmstudio-bug-tracker#2055',
      date: '2026-11',
    },
    {
      says: 'GET /v1/models',
      source: 'https://lmstudio.ai/docs/developer/openai-compat',
      date: '2026-11',
    },
  ],
}
