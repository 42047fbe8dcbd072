import type { Entry, UpstreamFact } from '../entry.js'

const KIMI: readonly UpstreamFact[] = [
  {
    accepts: { adaptiveThinking: false, disabledThinking: false },
    models: ['kimi-k2.7-code*'],
    says: '"invalid thinking: only type=enabled is allowed for this model"',
    source: 'MoonshotAI/Kimi-K2#141',
    date: '2026-11',
  },
  {
    accepts: { needsThinkingOnToolCalls: true },
    says: '"thinking is enabled but reasoning_content is missing in assistant tool call message"',
    source: 'MoonshotAI/Kimi-K2#141',
    date: '2026-11',
  },
  {
    accepts: { toolReferences: 'listed' },
    says: 'refused until June (Kimi-K2#118), needed since July; a stripped one makes k3 emit empty calls',
    source: 'MCC specification of 2026-07-21',
    date: '2026-07-21',
    basis: 'second-hand',
  },
]

/** Moonshot's open platform. The host in China is api.moonshot.cn. */
export const moonshot: Entry = {
  title: 'Moonshot, open platform',
  baseURL: 'https://api.moonshot.ai/anthropic',
  keyHeader: 'bearer',
  facts: [
    {
      says: 'endpoint, Bearer; prefixes are cached without being told to',
      source: 'https://platform.kimi.ai/docs/api/overview',
      date: '2026-11',
      basis: 'second-hand',
    },
    ...KIMI,
  ],
}

/** The Kimi Code subscription: another endpoint with keys of its own, which the open platform refuses. */
export const kimi: Entry = {
  title: 'Kimi Code',
  baseURL: 'https://api.kimi.com/coding',
  keyHeader: 'x-api-key',
  facts: [
    {
      says: 'endpoint, x-api-key',
      basis: 'second-hand',
      source: 'https://www.kimi.com/code/docs/en/third-party-tools/other-coding-agents.html',
      date: '2026-11',
    },
    ...KIMI,
  ],
}
