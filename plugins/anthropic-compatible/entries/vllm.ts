import type { Entry } from '../entry.js'

const PROTOCOL = 'vllm/entrypoints/anthropic/protocol.py'

export const vllm: Entry = {
  title: 'vLLM',
  baseURL: 'http://localhost:8000',
  keyHeader: 'bearer',
  needsKey: false,
  listsModels: true,
  facts: [
    {
      says: 'endpoint, no key by default; that `--api-key` wants Bearer here too is assumed. Prefixes are cached without markers',
      source: 'https://docs.vllm.ai/en/latest/serving/integrations/claude_code',
      date: '2026-11',
    },
    {
      accepts: { countTokens: true },
      source: 'vllm/entrypoints/anthropic/api_router.py',
      date: '2026-11',
    },
    {
      accepts: { documents: false, serverTools: false },
      says: 'system messages since 0.21, deferred tools and tool references, effort and formats are taken; `thinking` and unknown keys are ignored',
      source: PROTOCOL,
      date: '2026-11',
    },
  ],
}
