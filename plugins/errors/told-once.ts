import type { Call, Logger } from '../../core/index.js'

/** An account with a wrong key in a pool of ten, or a wrong base URL, says the same at every request of a day. */
const KEPT = 100

/** Warns of what the gateway's user has to mend, in the log where the client's user does not look: each sentence once. */
export class ToldOnce {
  readonly #told = new Set<string>()

  constructor(private readonly logger: Logger) {}

  /** `text` without the upstream's words: those may quote the prompt, and belong to no log. */
  warn({ id, record }: Call, text: string): void {
    const masked = record.masked(text)
    if (this.#told.has(masked)) return
    if (this.#told.size >= KEPT) this.#told.clear()
    this.#told.add(masked)
    this.logger.warn({ id }, masked)
  }
}
