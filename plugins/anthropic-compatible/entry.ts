import type { AcceptsInit } from '../../core/index.js'
import { acceptsOf, type UpstreamFact } from '../../core/kit.js'

export type { UpstreamFact }

/** What is known of an upstream before its user says anything: the defaults of its options. */
export interface Entry {
  readonly title?: string
  readonly baseURL?: string | undefined
  readonly keyHeader?: string
  readonly needsKey?: boolean
  readonly models?: Readonly<Record<string, string>>
  readonly listsModels?: boolean
  readonly facts?: readonly UpstreamFact[]
}

/**
 * What is assumed of an upstream of which nothing is known: the careful answer. `cache_control` is taken out, neighbours of one
 * role are merged, tokens are counted here; and the billing line, which means something to Anthropic alone, goes.
 */
const CAREFUL: AcceptsInit = {
  cacheControl: false,
  consecutiveRoles: false,
  countTokens: false,
  billingLine: false,
  source: 'assumed',
}

export function acceptsOfEntry({ facts = [] }: Entry): readonly AcceptsInit[] {
  return [CAREFUL, ...acceptsOf(facts)]
}
