import type { UpstreamFact } from '../../core/kit.js'

/**
 * What each family of Claude's becomes. z.ai itself maps `claude-*` names, but to glm-4.7 (zai-org/feedback#182), so the
 * real name is sent. From the package glm-launch 2026.9 on PyPI and configurations in public repositories, November 2026;
 * z.ai's own page was not seen.
 */
export const MODELS = {
  opus: 'glm-5.3',
  sonnet: 'glm-5.3',
  fable: 'glm-5.3',
  haiku: 'glm-4.5-air',
} as const

export const FACTS: readonly UpstreamFact[] = [
  {
    accepts: { cacheControl: false, consecutiveRoles: false },
    says: 'prefixes are cached without markers; that neighbours of one role are refused is assumed',
    source: 'https://docs.z.ai/guides/llm',
    date: '2026-11',
    basis: 'assumed',
  },
  {
    accepts: { nonStreaming: false },
    says: 'streams are more reliable than JSON answers',
    source: 'https://docs.z.ai/guides/llm',
    date: '2026-11',
    basis: 'assumed',
  },
  {
    accepts: { systemMessages: false },
    says: '422 with `{"loc":["body","messages",1,"role"],…}`',
    source: 'diegosouzapw/OmniRoute#1445',
    date: '2026-04-20',
  },
  {
    accepts: { serverTools: false },
    says: 'search and reading are MCP servers of its own',
    source: 'https://docs.z.ai/guides/llm',
    date: '2026-11',
  },
  {
    accepts: { countTokens: true },
    says: 'used by many clients',
    source: 'configurations in public repositories',
    date: '2026-11',
    basis: 'second-hand',
  },
  {
    accepts: { billingLine: false },
    says: 'means something to Anthropic alone, and differs by conversation',
    source: 'Claude Code 2.1.330, observed',
    date: '2026-11-22',
  },
  {
    accepts: { contextWindow: 200_000 },
    models: ['glm-4.6*', 'glm-4.7*'],
    source: 'https://docs.z.ai/guides/llm',
    date: '2026-11',
  },
  {
    accepts: { contextWindow: 131_072 },
    models: ['glm-4.5*'],
    source: 'https://docs.z.ai/guides/llm',
    date: '2026-11',
  },
  {
    accepts: { contextWindow: 1_000_000 },
    models: ['*[1m]'],
    says: '`glm-5.2[1m]` is the name with a million tokens',
    source: 'glm-launch 2026.9 on PyPI',
    date: '2026-09',
    basis: 'second-hand',
  },
]
