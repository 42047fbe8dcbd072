import { claudeFacts, type UpstreamFact } from '../../core/kit.js'

const CLAUDE = 'https://docs.claude.com/en/api/claude-on-vertex-ai'

/** What Claude takes on Vertex AI. */
export const FACTS: readonly UpstreamFact[] = [
  {
    accepts: { countTokens: true, maxCacheControls: 4 },
    says: ':rawPredict and :streamRawPredict, count-tokens:rawPredict; `anthropic_version` in the body, beta values in the header; cache points as in the API',
    source: CLAUDE,
    date: '2026-11',
  },
  {
    accepts: { billingLine: false },
    says: 'the billing line is Anthropic’s alone, and keeps two conversations from sharing a cached prompt',
    source: 'what Claude Code 2.1.330 sends',
    date: '2026-11',
  },
  {
    accepts: {
      serverTools: ['bash_', 'computer_', 'memory_', 'text_editor_', 'tool_search_tool_', 'web_search_'],
      mcpServers: false,
    },
    says: 'web search, and no web fetch, code execution or MCP connector',
    source: CLAUDE,
    date: '2026-11',
  },
  {
    accepts: {
      betaNames: {
        'advanced-tool-use-2025-11-20': 'tool-search-tool-2025-10-19',
        'advisor-tool-2026-03-01': null,
        'code-execution-2025-08-25': null,
        'effort-2025-11-24': null,
        'fast-mode-2026-02-01': null,
        'files-api-2025-04-14': null,
        'fine-grained-tool-streaming-2025-05-14': null,
        'mcp-client-2025-04-04': null,
        'mcp-client-2025-11-20': null,
        'output-128k-2025-02-19': null,
        'prompt-caching-scope-2026-01-05': null,
        'skills-2025-10-02': null,
        'structured-outputs-2025-11-13': null,
        'token-efficient-tools-2025-02-19': null,
        'web-fetch-2025-09-10': null,
      },
    },
    says: '"invalid beta flag" for any that it does not know, which names nothing',
    source: 'BerriAI/litellm, litellm/anthropic_beta_headers_config.json',
    date: '2026-10',
    basis: 'second-hand',
  },
  ...claudeFacts(),
]
