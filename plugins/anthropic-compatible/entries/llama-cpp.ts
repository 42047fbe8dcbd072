import type { Entry } from '../entry.js'

const SERVER = 'https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md'

export const llamaCpp: Entry = {
  title: 'llama.cpp',
  baseURL: 'http://localhost:8080',
  keyHeader: 'x-api-key',
  needsKey: false,
  listsModels: true,
  facts: [
    {
      accepts: { countTokens: true },
      says: 'endpoint on the default port of llama-server, x-api-key (asked for with `--api-key` only), count_tokens, GET /v1/models',
      source: SERVER,
      date: '2026-11',
    },
    {
      accepts: { systemMessages: false, toolReferences: false, serverTools: false, documents: false },
      says: 'these are dropped without a word',
      source: 'the sources of llama.cpp b10729',
      date: '2026-09-04',
    },
    {
      accepts: { adaptiveThinking: false },
      says: 'only `enabled` with a budget; effort and `cache_control` ignored; history kept as reasoning_content',
      source: 'the sources of llama.cpp b10729',
      date: '2026-09-04',
    },
  ],
}
