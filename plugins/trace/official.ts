import { type Accounts, type Call, type CallHead, slot } from '../../core/index.js'
import { FrameDecoder, isRecord, parseJson, type ReplyWatcher } from '../../core/kit.js'

/**
 * What Anthropic says of the prompt cache (https://platform.claude.com/docs/en/build-with-claude/cache-diagnostics). `reason` is a
 * `cache_miss_reason` such as `system_changed`; null: it found no difference, or compares still.
 */
export interface OfficialVerdict {
  readonly reason: string | null
  readonly missedTokens?: number
}

interface Asked {
  messageId: string | undefined
  verdict: OfficialVerdict | undefined
}

/** The only API that has it. */
const UPSTREAM = 'anthropic'
/** Conversations whose last message is remembered, by its id alone. */
const MOST = 1_000
/** Bytes in which a stream has its `message_start`, and a message its end. */
const LIMIT = 1024 * 1024

/** Asks for the official verdict with each turn. A field that only one API knows is sent where no account is of another one. */
export class Official {
  readonly #asked = slot((): Asked => ({ messageId: undefined, verdict: undefined }))
  readonly #last = new Map<string, string>()
  #mayAsk: boolean | undefined

  constructor(private readonly accounts: Accounts) {}

  /** The call to send on; what a client itself asks stays. */
  ask(call: Call): Call {
    const all = () => this.accounts.all()
    this.#mayAsk ??= all().length > 0 && all().every(({ upstream }) => upstream === UPSTREAM)
    const key = keyOf(call)
    if (!this.#mayAsk || call.route !== 'messages' || key === undefined || call.tree.get('diagnostics'))
      return call
    return call.set({ diagnostics: { previous_message_id: this.#last.get(key) ?? null } })
  }

  /** Reads the verdict from an answer as it goes by. */
  watcher(call: Call): ReplyWatcher {
    const asked = this.#asked(call)
    const decoder = new FrameDecoder(LIMIT)
    let text = ''
    let bytes = 0
    let done = false
    return {
      data: (chunk) => {
        bytes += chunk.length
        if (done || bytes > LIMIT) return
        if (text !== '' || chunk.subarray(0, 16).toString('latin1').trimStart().startsWith('{')) {
          text += chunk.toString('utf8')
          return
        }
        decoder.push(chunk, (frame) => {
          const data = parseJson(frame.toString('utf8').replace(/^(event:.*\r?\n)?data: ?/, ''))
          if (isRecord(data) && isRecord(data.message)) done = note(asked, data.message)
          return done
        })
      },
      end: () => {
        const message = text === '' ? undefined : parseJson(text)
        if (isRecord(message)) note(asked, message)
      },
    }
  }

  /** Once the request is over. */
  verdict(head: CallHead): OfficialVerdict | undefined {
    const { messageId, verdict } = this.#asked(head)
    const key = keyOf(head)
    if (key !== undefined && messageId !== undefined) {
      this.#last.delete(key)
      this.#last.set(key, messageId)
      if (this.#last.size > MOST) this.#last.delete(this.#last.keys().next().value!)
    }
    return verdict
  }
}

function keyOf({ record: { facts } }: Pick<CallHead, 'record'>): string | undefined {
  return facts.session === undefined ? undefined : `${facts.session}/${facts.agent ?? ''}`
}

function note(asked: Asked, { id, diagnostics }: Readonly<Record<string, unknown>>): boolean {
  if (typeof id === 'string') asked.messageId = id.slice(0, 200)
  if (isRecord(diagnostics)) {
    const reason = isRecord(diagnostics.cache_miss_reason) ? diagnostics.cache_miss_reason : {}
    const { type, cache_missed_input_tokens: missed } = reason
    asked.verdict = {
      reason: typeof type === 'string' ? type.slice(0, 100) : null,
      ...(typeof missed === 'number' && { missedTokens: missed }),
    }
  }
  return true
}
