/** What a request's log line tells; every field is filled by whichever part knows it. Never prompts, never keys. */
export interface RecordFacts {
  session: string | undefined
  model: string | undefined
  mappedModel: string | undefined
  upstream: string | undefined
  account: string | undefined
  attempts: number | undefined
  /** The upstream's own id for the request, for its support. */
  upstreamRequestId: string | undefined
  inputTokens: number | undefined
  outputTokens: number | undefined
  cacheReadTokens: number | undefined
  cacheCreationTokens: number | undefined
  stopReason: string | undefined
  error: string | undefined
  /** Milliseconds that the last attempt waited for the upstream's headers. */
  upstreamMs: number | undefined
}

/** One request's facts and the plugins' notes, in order. */
export interface ExchangeRecord {
  /** `performance.now()` when the request arrived. */
  readonly startedAt: number
  readonly facts: RecordFacts
  readonly notes: readonly { readonly plugin: string; readonly text: string }[]
  update(facts: Partial<RecordFacts>): void
  /** A decision in words, logged at level debug: `cache-control` / `removed 3`. */
  note(plugin: string, text: string): void
  /** Adds a key that an attempt is sent with: `masked` takes it out of what an upstream says. */
  sentWith(key: string | undefined): void
  /** The words of an error without the keys that this request was sent with. */
  masked(text: string): string
  /** Milliseconds since the request arrived. */
  elapsed(): number
}
