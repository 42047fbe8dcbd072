import type { Choice } from '../contract/choice.js'
import type {
  AttemptRecord,
  AttemptTimes,
  Ending,
  FinishedRecord,
  ExchangeRecord as RecordContract,
  RecordFacts,
  RecordTimes,
} from '../contract/record.js'
import type { Cooldown } from '../contract/upstream.js'
import { maskText } from './mask-key.js'
import { STATES } from './slot.js'

/** All fields are there from the start: an object that grows field by field costs more than the log line itself. */
class Facts implements RecordFacts {
  session: string | undefined = undefined
  agent: string | undefined = undefined
  parentAgent: string | undefined = undefined
  agentType: string | undefined = undefined
  requestClass: string | undefined = undefined
  prompt: string | undefined = undefined
  labels: Readonly<Record<string, string>> | undefined = undefined
  model: string | undefined = undefined
  mappedModel: string | undefined = undefined
  upstream: string | undefined = undefined
  account: string | undefined = undefined
  attempts: number | undefined = undefined
  requestBytes: number | undefined = undefined
  estimatedTokens: number | undefined = undefined
  accountWaitMs: number | undefined = undefined
  heartbeats: number | undefined = undefined
  upstreamRequestId: string | undefined = undefined
  error: string | undefined = undefined
  errorCode: string | undefined = undefined
  upstreamMs: number | undefined = undefined
}

class Times implements RecordTimes {
  admitted: number | undefined = undefined
  bodyRead: number | undefined = undefined
  headersSent: number | undefined = undefined
  finished: number | undefined = undefined
}

/** Characters of an upstream's words. */
const MOST_WORDS = 300

class StepTimes implements AttemptTimes {
  connected: number | undefined = undefined
  headers: number | undefined = undefined
  firstEvent: number | undefined = undefined
  firstContent: number | undefined = undefined
  lastByte: number | undefined = undefined

  constructor(readonly started: number) {}
}

class Attempt implements AttemptRecord {
  readonly times: StepTimes
  status: number | undefined = undefined
  httpStatus: number | undefined = undefined
  failure: string | undefined = undefined
  error: string | undefined = undefined
  cooldown: Cooldown | undefined = undefined
  ms: number | undefined = undefined
  requestBytes: number | undefined = undefined
  bytes = 0
  chunks = 0
  longestGap = 0
  inputTokens: number | undefined = undefined
  outputTokens: number | undefined = undefined
  cacheReadTokens: number | undefined = undefined
  cacheCreationTokens: number | undefined = undefined
  stopReason: string | undefined = undefined
  /** When the request arrived, and when the last chunk of the answer came. Private, since neither means anything alone. */
  readonly #origin: number
  #lastChunk = 0
  /** Private, so that no log line and no copy of the record has what may quote a prompt. */
  #words: string | undefined

  constructor(
    readonly upstream: string,
    readonly account: string,
    public model: string,
    readonly choice: Choice | undefined,
    origin: number,
  ) {
    this.#origin = origin
    this.times = new StepTimes(performance.now() - origin)
  }

  mark(step: Exclude<keyof AttemptTimes, 'started'>): void {
    this.times[step] ??= performance.now() - this.#origin
  }

  saw(bytes: number): void {
    const now = performance.now()
    if (this.chunks++ > 0) this.longestGap = Math.max(this.longestGap, now - this.#lastChunk)
    this.#lastChunk = now
    this.bytes += bytes
  }

  quote(words: string): void {
    this.#words = words.slice(0, MOST_WORDS)
  }

  words(): string | undefined {
    return this.#words
  }
}

/** One request's facts, its attempts and the plugins' notes, in order. */
export class ExchangeRecord implements RecordContract {
  readonly startedAt = performance.now()
  readonly facts = new Facts()
  readonly attempts: AttemptRecord[] = []
  readonly times = new Times()
  status: number | undefined = undefined
  ending: Ending | undefined = undefined
  readonly notes: { plugin: string; text: string }[] = []
  /** What plugins keep of the request. */
  readonly [STATES]: Map<object, object> | undefined = undefined
  /** The keys of the accounts that it was sent with. Private, so that no log line and no debugger's dump has them. */
  #keys: string[] | undefined

  finish(status: number | undefined, ending: Ending): FinishedRecord {
    this.status = status
    this.ending = ending
    this.times.finished = this.elapsed()
    return this as FinishedRecord
  }

  begin(upstream: string, account: string, model: string, choice?: Choice): AttemptRecord {
    const attempt = new Attempt(upstream, account, model, choice, this.startedAt)
    this.attempts.push(attempt)
    return attempt
  }

  update(facts: Partial<RecordFacts>): void {
    Object.assign(this.facts, facts)
  }

  note(plugin: string, text: string): void {
    this.notes.push({ plugin, text: this.masked(text) })
  }

  sentWith(key: string | undefined): void {
    if (key === undefined || this.#keys?.includes(key)) return
    this.#keys ??= []
    this.#keys.push(key)
  }

  masked(text: string): string {
    return this.#keys ? this.#keys.reduce(maskText, text) : text
  }

  elapsed(): number {
    return performance.now() - this.startedAt
  }
}
