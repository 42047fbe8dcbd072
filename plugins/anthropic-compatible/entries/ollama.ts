import type { Entry } from '../entry.js'

export const ollama: Entry = {
  title: 'Ollama',
  baseURL: 'http://localhost:11434',
  keyHeader: 'bearer',
  needsKey: false,
  listsModels: true,
  facts: [
    {
      accepts: { imageURLs: false, documents: false, toolChoice: false },
      says: 'endpoint; the key is "accepted but not validated", for the cloud it must be a Bearer token; `cache_control` ignored, no count_tokens, the thinking budget not enforced',
      source: 'https://docs.ollama.com/api/anthropic-compatibility',
      date: '2026-10',
    },
    {
      accepts: { serverTools: false },
      source: 'https://docs.ollama.com/api/anthropic-compatibility',
      date: '2026-10',
    },
    {
      accepts: { systemMessages: false },
      models: ['glm5.3-flash:cloud'],
      source: 'ollama/ollama#18059',
      date: '2026-10',
    },
    {
      says: 'GET /v1/models',
      source: 'https://docs.ollama.com/api/openai-compatibility',
      date: '2026-11',
    },
  ],
}
