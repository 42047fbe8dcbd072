import { claudeFacts, type UpstreamFact } from '../../core/kit.js'

const BETAS = 'BerriAI/litellm, litellm/anthropic_beta_headers_config.json'

/** What Claude takes on Bedrock's InvokeModel. Names there have a place before them and a version behind: `us.anthropic.claude-…-v1:0`. */
export const FACTS: readonly UpstreamFact[] = [
  {
    accepts: { countTokens: true, maxCacheControls: 4 },
    says: 'POST /model/{id}/invoke and /invoke-with-response-stream, CountTokens for ids without a region; `anthropic_version` and `anthropic_beta` in the body; cache points as in the API',
    source:
      'https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html',
    date: '2026-09',
  },
  {
    accepts: { billingLine: false },
    says: 'the billing line is Anthropic’s alone, and keeps two conversations from sharing a cached prompt',
    source: 'what Claude Code 2.1.330 sends',
    date: '2026-11',
  },
  {
    accepts: { imageURLs: false, documentURLs: false },
    says: 'files are sent as base64',
    source:
      'https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html',
    date: '2026-09',
  },
  {
    accepts: {
      serverTools: ['bash_', 'computer_', 'memory_', 'text_editor_', 'tool_search_tool_'],
      mcpServers: false,
    },
    says: 'no web search, web fetch, code execution or MCP connector',
    source: 'https://docs.claude.com/en/api/claude-on-amazon-bedrock',
    date: '2026-11',
  },
  {
    accepts: {
      betaNames: {
        'advanced-tool-use-2025-11-20': 'tool-search-tool-2025-10-19',
        'advisor-tool-2026-03-01': null,
        'code-execution-2025-08-25': null,
        'fast-mode-2026-02-01': null,
        'files-api-2025-04-14': null,
        'interleaved-thinking-2025-05-14': null,
        'mcp-client-2025-04-04': null,
        'mcp-client-2025-11-20': null,
        'output-128k-2025-02-19': null,
        'per-turn-control-2026-07-01': null,
        'prompt-caching-scope-2026-01-05': null,
        'skills-2025-10-02': null,
        'structured-outputs-2025-11-13': null,
        'token-efficient-tools-2025-02-19': null,
        'web-fetch-2025-09-10': null,
        'web-search-2025-03-05': null,
        // Not on that list, and what isn't on it LiteLLM leaves out.
        'claude-code-20250219': null,
        'oauth-2025-04-20': null,
        'thinking-token-count-2026-05-13': null,
      },
    },
    says: '"invalid beta flag" for any that it does not know, which names nothing',
    source: BETAS,
    date: '2026-10',
    basis: 'second-hand',
  },
  ...claudeFacts((pattern) => `*${pattern}`),
]
