import type { Journal } from '../journal.js'
import type { Usage } from '../protocol/messages.js'
import { StreamEvent } from './event.js'

/** The two events that carry usage: the start (input) and the last delta (output, stop reason). */
const MARKERS = ['"message_start"', '"message_delta"'].map((m) => Buffer.from(m))
const LF = 0x0a
/** The lines that we look for have a few hundred bytes. */
const LINE_LIMIT = 16 * 1024
const NOTHING = Buffer.alloc(0)

/**
 * Reads usage from a stream that goes by, for the log: searches each chunk for the two markers and decodes only the lines
 * that hold one. Never delays or changes anything.
 */
export class UsageTap {
  readonly #journal: Journal
  /** The line that the last chunk broke off in. */
  #held: Buffer = NOTHING

  constructor(journal: Journal) {
    this.#journal = journal
  }

  saw(chunk: Buffer): void {
    const bytes = this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : chunk
    const whole = bytes.lastIndexOf(LF) + 1
    for (const marker of MARKERS) {
      for (let at = bytes.indexOf(marker); at >= 0 && at < whole; at = bytes.indexOf(marker, at + 1)) {
        this.#read(bytes.subarray(bytes.lastIndexOf(LF, at) + 1, bytes.indexOf(LF, at)))
      }
    }
    const rest = bytes.subarray(whole)
    this.#held = rest.length <= LINE_LIMIT ? rest : NOTHING
  }

  #read(line: Buffer): void {
    const { type, message, usage, delta } = StreamEvent.parse(line).data as EventWithUsage
    if (type === 'message_start') noteUsage(this.#journal, message?.usage)
    if (type === 'message_delta') {
      noteUsage(this.#journal, usage)
      if (delta?.stop_reason) this.#journal.facts.stopReason = delta.stop_reason
    }
  }
}

interface EventWithUsage {
  readonly type: string
  readonly message?: { readonly usage?: Usage }
  readonly usage?: Usage
  readonly delta?: { readonly stop_reason?: string }
}

/** Overlays what an answer says of its tokens; a field that it leaves out keeps its value. */
export function noteUsage(journal: Journal, usage: Usage | undefined): void {
  if (typeof usage !== 'object' || usage === null) return
  const { facts } = journal
  facts.inputTokens = usage.input_tokens ?? facts.inputTokens
  facts.outputTokens = usage.output_tokens ?? facts.outputTokens
  facts.cacheReadTokens = usage.cache_read_input_tokens ?? facts.cacheReadTokens
  facts.cacheCreationTokens = usage.cache_creation_input_tokens ?? facts.cacheCreationTokens
}
