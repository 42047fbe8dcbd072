import type { UpstreamFact } from './facts.js'

const API = 'https://docs.anthropic.com/en/api/messages'
/** Anthropic's answers, as issue threads and clients quote them. */
const SAID = 'its refusals, as quoted in issue threads'

/** Models from before 4.6. */
const OLD = [
  'claude-3*',
  'claude-opus-4-0*',
  'claude-opus-4-1*',
  'claude-opus-4-2*',
  'claude-opus-4-5*',
  'claude-sonnet-4-0*',
  'claude-sonnet-4-2*',
  'claude-sonnet-4-5*',
  'claude-haiku-4-5*',
]

/** What Claude models take wherever they run. `named`: how names are spelt there, as patterns of Anthropic's own. */
export function claudeFacts(
  named: (pattern: string) => string = (pattern) => pattern,
): readonly UpstreamFact[] {
  const facts: readonly UpstreamFact[] = [
    {
      accepts: { systemMessages: 'not-first' },
      says: '"use the top-level \'system\' parameter for the initial system prompt"',
      source: 'gproxy#209',
      date: '2026-11',
    },
    {
      accepts: { systemMessages: false },
      models: [...OLD, 'claude-opus-4-6*', 'claude-opus-4-7*', 'claude-sonnet-4-6*'],
      says: '"role \'system\' is not supported on this model"',
      source: SAID,
      date: '2026-11',
    },
    {
      accepts: { adaptiveThinking: false },
      models: OLD,
      says: '"adaptive thinking is not supported on this model"',
      source: SAID,
      date: '2026-11',
    },
    {
      accepts: { enabledThinking: false },
      models: ['claude-opus-4-7*', 'claude-opus-4-8*', 'claude-haiku-5-5*'],
      says: 'budgets up to 4.6',
      source: API,
      date: '2026-11',
    },
    {
      accepts: { foreignSignatures: false },
      says: '"Invalid `signature` in `thinking` block"',
      source: SAID,
      date: '2026-11',
    },
    {
      accepts: { unpairedTools: false, emptyText: false, trailingSpace: false },
      source: SAID,
      date: '2026-11',
    },
    {
      accepts: { loneSurrogates: false },
      says: '"The request body is not valid JSON: no low surrogate in string"',
      source: 'anthropics/claude-code#69927',
      date: '2026-11',
    },
  ]
  return facts.map((fact) => (fact.models ? { ...fact, models: fact.models.map(named) } : fact))
}
