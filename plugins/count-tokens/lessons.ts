import type { Call, EstimateTokens, FinishedRecord } from '../../core/index.js'

/** Answers of a model that are all learned from; then one in so many milliseconds, since counting 400 kB takes 25. */
const FIRST = 20
const PAUSE = 60_000
/** Larger bodies are not counted for it, and of models with made-up names no more than these are kept apart. */
const LONGEST = 2 * 1024 * 1024
const MODELS = 500
/** Bytes of requests that are kept for it until their answers have ended. */
const MOST_KEPT = 4 * 1024 * 1024

/** Hands finished answers to the estimate, one at a time: what is missed in between is no loss. */
export class Lessons {
  /** By model: answers so far, and when the last one was learned from. */
  readonly #seen = new Map<string, { answers: number; at: number }>()
  #isBusy = false
  #kept = 0

  constructor(private readonly estimate: EstimateTokens) {}

  /** Whether a request may be kept until it can be learned from; then say when it is over. */
  keeps({ bytes: { length } }: Call): boolean {
    if (!this.estimate.learn || length > LONGEST || this.#kept + length > MOST_KEPT) return false
    this.#kept += length
    return true
  }

  letsGo({ bytes }: Call): void {
    this.#kept -= bytes.length
  }

  learn(call: Call, model: string, tokens: number): Promise<void> | undefined {
    if (this.#isBusy || !this.estimate.learn) return undefined
    if (!this.#isDue(model)) return undefined
    this.#isBusy = true
    // The request is over, and with it its own signal.
    const { signal } = new AbortController()
    return this.estimate.learn({ body: call.body, signal }, model, tokens).finally(() => {
      this.#isBusy = false
    })
  }

  #isDue(model: string): boolean {
    const now = performance.now()
    const seen = this.#seen.get(model) ?? { answers: 0, at: now }
    if (seen.answers >= FIRST && now - seen.at < PAUSE) return false
    if (this.#seen.size >= MODELS) this.#seen.clear()
    this.#seen.set(model, { answers: seen.answers + 1, at: now })
    return true
  }
}

/** The model that answered, and what it says that the prompt had; undefined where it says nothing. */
export function servedBy({
  status,
  attempts,
}: FinishedRecord): { model: string; tokens: number } | undefined {
  const last = attempts.at(-1)
  if (status !== 200 || last?.status !== 200 || !last.inputTokens) return undefined
  const { model, inputTokens, cacheReadTokens = 0, cacheCreationTokens = 0 } = last
  return { model, tokens: inputTokens + cacheReadTokens + cacheCreationTokens }
}
