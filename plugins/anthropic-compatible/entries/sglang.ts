import type { Entry } from '../entry.js'

const PROTOCOL = 'protocol.py of SGLang’s Anthropic endpoint'

export const sglang: Entry = {
  title: 'SGLang',
  baseURL: 'http://localhost:30000',
  keyHeader: 'bearer',
  needsKey: false,
  listsModels: true,
  facts: [
    {
      accepts: { countTokens: true, billingLine: false },
      says: 'endpoint on the default port, count_tokens; the billing line spoils the prefix cache. That `--api-key` wants Bearer here too is assumed',
      source: 'https://docs.sglang.io/docs/basic_usage/anthropic_api',
      date: '2026-11',
    },
    {
      accepts: { systemMessages: false, adaptiveThinking: false },
      says: 'roles are user and assistant, thinking is enabled or disabled',
      source: PROTOCOL,
      date: '2026-11',
    },
    {
      accepts: { toolReferences: false, serverTools: false, documents: false },
      says: '`defer_loading`, effort and unknown keys are ignored',
      source: PROTOCOL,
      date: '2026-11',
    },
  ],
}
