import type { UpstreamFact } from './facts.js'

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
      says: '"messages.0: use the top-level \'system\' parameter for the initial system prompt"',
      source: 'LeenHawk/gproxy#209',
      date: '2026-09-04',
    },
    {
      accepts: { systemMessages: false },
      models: [...OLD, 'claude-opus-4-6*', 'claude-opus-4-7*', 'claude-sonnet-4-6*'],
      says: '"role \'system\' is not supported on this model", and "Unexpected role "system"" before (diegosouzapw/OmniRoute#1797, #2570)',
      source: 'anthropics/claude-code#61242',
      date: '2026-05-21',
    },
    {
      accepts: { adaptiveThinking: false },
      models: OLD,
      says: '"adaptive thinking is not supported on this model", asked model by model',
      source: 'askalf/dario#273',
      date: '2026-05-15',
    },
    {
      accepts: { enabledThinking: false },
      models: [
        'claude-opus-4-7*',
        'claude-opus-4-8*',
        'claude-opus-5*',
        'claude-sonnet-5*',
        'claude-fable-5*',
      ],
      says: '""thinking.type.enabled" is not supported for this model", asked model by model; 4.7 by its documentation',
      source: 'handochan/aelix-ai#258',
      date: '2026-09-08',
    },
    {
      accepts: { enabledThinking: false },
      models: ['claude-haiku-5-5*'],
      says: 'no budgets',
      source: 'configurations in public repositories',
      date: '2026-11',
      basis: 'second-hand',
    },
    {
      accepts: { foreignSignatures: false },
      says: '"Invalid `signature` in `thinking` block" after a change of the provider',
      source: 'tombii/better-ccflare#52',
      date: '2026-01-18',
    },
    {
      accepts: { unpairedTools: false },
      says: '"`tool_use` ids were found without `tool_result` blocks immediately after"',
      source: 'anthropics/claude-code#5705',
      date: '2025-08-13',
    },
    {
      accepts: { emptyText: false },
      says: '"text content blocks must be non-empty"',
      source: 'anthropics/claude-code#59812',
      date: '2026-05-16',
    },
    {
      accepts: { trailingSpace: false },
      says: '"final assistant content cannot end with trailing whitespace"',
      source: 'its refusals, as issue threads quote them',
      date: '2026-11',
      basis: 'second-hand',
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
