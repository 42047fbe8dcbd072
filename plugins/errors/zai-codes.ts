import type { Call, Cooldown, ErrorType } from '../../core/index.js'

/** What one of z.ai's business codes means here. */
export interface CodeMeaning {
  readonly status: number
  readonly type: ErrorType
  readonly cooldown?: Cooldown
  /** What the user should do; follows the upstream's own words. */
  readonly advice?: string | ((call: Call) => string)
  /** The prompt is longer than the model's window. */
  readonly tooLong?: boolean
}

const rateLimit = (cooldown: Cooldown): CodeMeaning => ({
  status: 429,
  type: 'rate_limit_error',
  cooldown,
})
const overloaded = (scope: 'account' | 'model'): CodeMeaning => ({
  status: 529,
  type: 'overloaded_error',
  cooldown: { reason: 'overloaded', scope },
})
const out = (reason: 'billing' | 'locked', advice: string): CodeMeaning => ({
  status: reason === 'billing' ? 402 : 403,
  type: reason === 'billing' ? 'billing_error' : 'permission_error',
  cooldown: { reason, ms: Number.POSITIVE_INFINITY },
  advice,
})

/**
 * z.ai says 429 for nearly everything; the code inside says what is meant. From z.ai's published list
 * (https://docs.z.ai/api-reference/api-code), not tried against the live service. A window's end is in the message, where
 * the reader of `retry-after` finds it.
 */
export const ZAI_CODES: ReadonlyMap<string, CodeMeaning> = new Map<string, CodeMeaning>(
  Object.entries({
    '1302': rateLimit({ reason: 'rate-limit', ms: 1_000 }), // concurrency: over in a moment, worth the warm cache
    '1303': rateLimit({ reason: 'rate-limit', ms: 2_000 }), // frequency
    '1304': rateLimit({ reason: 'window-used-up' }), // calls of the day
    '1305': overloaded('account'), // traffic
    '1312': overloaded('model'),
    '1308': rateLimit({ reason: 'window-used-up' }),
    '1310': rateLimit({ reason: 'window-used-up' }),
    '1313': rateLimit({ reason: 'rate-limit' }), // fair use
    '1311': {
      status: 403,
      type: 'permission_error',
      cooldown: { reason: 'forbidden', scope: 'model' },
      advice: outsideOfPlan,
    },
    '1309': out('billing', 'renew its plan or configure another account'),
    '1113': out('billing', 'top it up or configure another account'),
    '1112': out('locked', 'ask z.ai to unlock it or configure another account'),
    '1121': out('locked', 'ask z.ai to unlock it or configure another account'),
    '1261': { status: 400, type: 'invalid_request_error', tooLong: true },
  }),
)

/** Names the option from which the model came. */
function outsideOfPlan({ model, target }: Call): string {
  const own = target?.upstream.modelFor(model) ?? model
  const named = `'${own}' is not a model of this plan`
  if (target?.model !== undefined) return `${named}: change the \`models\` of this account`
  const family = model.startsWith('claude-') && own !== model && FAMILY.exec(model)?.[0]
  return family
    ? `${named}: set plugins.zai.${family} to one that is, or map ${model} to one in plugins.zai.models`
    : `${named}: ask for one that is, or map ${model} to one in plugins.zai.models`
}

const FAMILY = /opus|sonnet|fable|haiku/
