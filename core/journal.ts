/** What a request's log line tells; every field is filled by whoever knows it. Never prompts, never keys. */
export interface JournalFacts {
  session?: string
  model?: string
  mappedModel?: string
  upstream?: string
  account?: string
  attempts?: number
  /** The upstream's own id for the request, for its support. */
  upstreamRequestId?: string
  inputTokens?: number
  outputTokens?: number
  cacheReadTokens?: number
  cacheCreationTokens?: number
  stopReason?: string
  error?: string
  /** Milliseconds from the request's arrival to the upstream's headers, and to its first byte. */
  upstreamMs?: number
  firstByteMs?: number
}

/** One request's facts and the plugins' decisions, in order. */
export class Journal {
  readonly startedAt = performance.now()
  readonly facts: JournalFacts = {}
  readonly decisions: { plugin: string; decision: string }[] = []

  note(facts: JournalFacts): void {
    Object.assign(this.facts, facts)
  }

  /** A decision in words, shown at log level debug: `cache-control` / `removed 3`. */
  decide(plugin: string, decision: string): void {
    this.decisions.push({ plugin, decision })
  }

  /** Milliseconds since the request arrived. */
  elapsed(): number {
    return performance.now() - this.startedAt
  }
}
