import type { Accepts, AcceptsInit } from '../contract/accepts.js'

/** What one source says about an upstream. Facts rot, so each has its source and the date of it. */
export interface UpstreamFact {
  /** The address of a page, or an issue as `owner/name#1`. */
  readonly source: string
  /** `2026-11` or `2026-11-22`: when the source was written or read. */
  readonly date: string
  /** What the source says of what it takes. */
  readonly accepts?: Partial<Accepts>
  /** Patterns of the upstream's own names for models; absent: all models. */
  readonly models?: readonly string[]
  /** What else it says, in a few words. */
  readonly says?: string
  /** Where it is not the upstream itself that says so: others quote it, or it is concluded. */
  readonly basis?: 'second-hand' | 'assumed'
}

/** The facts as an upstream's `accepts`; each overrules those before it. */
export function acceptsOf(facts: readonly UpstreamFact[]): AcceptsInit[] {
  return facts.flatMap(({ accepts, models, source, date, basis }) => {
    if (!accepts) return []
    const part = models ? { byModel: Object.fromEntries(models.map((model) => [model, accepts])) } : accepts
    return [{ ...part, source: `${source} (${date}${basis ? `, ${basis}` : ''})` }]
  })
}
