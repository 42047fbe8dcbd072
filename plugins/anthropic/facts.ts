import { claudeFacts, type UpstreamFact } from '../../core/kit.js'

/** What Anthropic's own API takes. Of models that are not named here nothing is known, and all is passed on. */
export const FACTS: readonly UpstreamFact[] = [
  {
    accepts: { countTokens: true, maxCacheControls: 4 },
    says: '"A maximum of 4 blocks with cache_control may be provided. Found 5."',
    source: 'https://docs.anthropic.com/en/api/messages',
    date: '2026-11',
  },
  {
    accepts: { unknownFields: false },
    says: '"Extra inputs are not permitted"; unknown beta values are refused too',
    source: 'its refusals, as issue threads quote them',
    date: '2026-11',
    basis: 'second-hand',
  },
  ...claudeFacts(),
]
