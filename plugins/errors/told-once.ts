import type { Call, Logger } from '../../core/index.js'

/** An account with a wrong key in a pool of ten, or a wrong base URL, says the same at every request of a day. */
const KEPT = 100

/** Warns of what the gateway's user has to mend, in the log where the client's user does not look: each thing once. */
export class ToldOnce {
  readonly #told = new Set<string>()

  constructor(private readonly logger: Logger) {}

  /** `text` without the upstream's words: those may quote the prompt, and belong to no log. `thing` where the client's own words are in it. */
  warn({ id, record }: Call, text: string, thing = text): void {
    if (this.#told.has(thing)) return
    if (this.#told.size >= KEPT) this.#told.clear()
    this.#told.add(thing)
    this.logger.warn({ id }, record.masked(text))
  }
}
