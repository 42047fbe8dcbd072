import { type Call, type Headers, type Reply, UpstreamError } from '../../core/index.js'
import {
  type CassetteAnswer,
  type CassetteAttempt,
  type CassetteEvent,
  cassetteBody,
  cassetteEvent,
  FrameDecoder,
  parseJson,
  watchReply,
  withoutUser,
} from '../../core/kit.js'

/** Bytes of an answer that are kept. */
const LIMIT = 16 * 1024 * 1024

/** One attempt while it is under way. */
export class Take {
  readonly #call: Call
  readonly #began: number
  #failure: string | undefined
  #reply: Reply | undefined
  #ms = 0
  #endMs = 0
  #ending: CassetteAnswer['ending'] = 'cut'
  #bytes = 0
  readonly #chunks: Buffer[] = []
  readonly #events: CassetteEvent[] = []
  readonly #decoder = new FrameDecoder(LIMIT)

  constructor(call: Call) {
    this.#call = call
    this.#began = performance.now()
  }

  failed(error: unknown): void {
    this.#failure = UpstreamError.is(error) ? error.failure : 'error'
  }

  /** The reply to pass on. */
  answered(reply: Reply): Reply {
    this.#reply = reply
    this.#ms = this.#since()
    return watchReply(reply, {
      data: (chunk) => this.#saw(chunk),
      end: (error) => {
        this.#endMs = this.#since()
        if (this.#bytes <= LIMIT) this.#ending = error ? 'broken' : 'complete'
      },
    })
  }

  /** `client`: the body as it came, which is not written a second time. */
  attempt(client: Buffer): CassetteAttempt {
    const { target, bytes, model, record } = this.#call
    const own = bytes === client || bytes.equals(client)
    return {
      upstream: target?.upstream.name ?? '',
      account: target?.account.id ?? '',
      model: record.facts.mappedModel ?? model,
      ...(!own && { body: withoutUser(parseJson(bytes.toString('utf8'))) }),
      ...(this.#reply ? { answer: this.#answer(this.#reply) } : { failure: this.#failure ?? 'error' }),
    }
  }

  #answer({ status, headers, isEventStream }: Reply): CassetteAnswer {
    const kept = {
      status,
      headers: answeredHeaders(headers),
      ms: this.#ms,
      endMs: this.#endMs || this.#since(),
    }
    if (!isEventStream) {
      const text = Buffer.concat(this.#chunks).toString('utf8')
      return { ...kept, ending: this.#ending, ...cassetteBody(text) }
    }
    const rest = this.#decoder.rest().toString('utf8')
    const events = rest === '' ? this.#events : [...this.#events, { ms: kept.endMs, raw: rest }]
    // What reads a message stops there, and the rest of the stream is nothing.
    const whole = events.at(-1)?.lines?.some((line) => /^event: ?message_stop$/.test(line))
    return { ...kept, ending: whole && this.#ending === 'cut' ? 'complete' : this.#ending, events }
  }

  #saw(chunk: Buffer): void {
    this.#bytes += chunk.length
    if (this.#bytes > LIMIT) {
      this.#ending = 'cut'
      return
    }
    if (!this.#reply?.isEventStream) {
      this.#chunks.push(chunk)
      return
    }
    const ms = this.#since()
    this.#decoder.push(chunk, (frame) => void this.#events.push(cassetteEvent(frame.toString('utf8'), ms)))
  }

  #since(): number {
    return Math.round((performance.now() - this.#began) * 10) / 10
  }
}

/** Headers of an answer that may be kept. */
const ANSWERED =
  /^(content-type|date|request-id|x-request-id|retry-after|x-should-retry|anthropic-ratelimit-[\w-]+)$/

function answeredHeaders(headers: Headers): Record<string, string> {
  const kept = Object.entries(headers).filter(([name, value]) => ANSWERED.test(name) && value !== undefined)
  return Object.fromEntries(kept.map(([name, value]) => [name, String(value)]))
}
