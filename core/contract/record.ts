import type { Choice } from './choice.js'
import type { Cooldown } from './upstream.js'

/** Who a request belongs to, as its client says: at most 200 characters each. */
export interface ClientFacts {
  session: string | undefined
  /** The sub-agent that sent it, and the agent that started that one. */
  agent: string | undefined
  parentAgent: string | undefined
  agentType: string | undefined
  /** `main`, `subagent`, `workflow`, `compaction`, `auxiliary`. */
  requestClass: string | undefined
  /** Of the user's prompt that it works on: `x-claude-code-prompt-id`, else a digest of the last user text. */
  prompt: string | undefined
  /** Of `x-agproxy-label: key=value`, at most 8. */
  labels: Readonly<Record<string, string>> | undefined
}

/** What a request's log line says; each field is filled by the part that knows it. Never prompts, never keys. */
export interface RecordFacts extends ClientFacts {
  model: string | undefined
  mappedModel: string | undefined
  upstream: string | undefined
  account: string | undefined
  attempts: number | undefined
  /** Bytes of its body, decompressed. */
  requestBytes: number | undefined
  /** Input tokens that a plugin estimated before the call. */
  estimatedTokens: number | undefined
  /** Milliseconds that it waited for accounts, all attempts together. */
  accountWaitMs: number | undefined
  /** Comments that kept the client's connection alive. */
  heartbeats: number | undefined
  /** The upstream's own id for the request, for its support. */
  upstreamRequestId: string | undefined
  error: string | undefined
  /** Of the error, `AGP_…`: stays when its words change. */
  errorCode: string | undefined
  /** Milliseconds that the last attempt waited for the upstream's headers. */
  upstreamMs: number | undefined
}

/** How a request ended: `complete`; `broken`, the answer was cut short; `gone`, the client disconnected before its end. */
export type Ending = 'complete' | 'broken' | 'gone'

/** Milliseconds since the request arrived; undefined for a step that was not reached. */
export interface RecordTimes {
  /** It left the server's queue (`maxConcurrent`). */
  admitted: number | undefined
  bodyRead: number | undefined
  /** The answer's headers went to the client. */
  headersSent: number | undefined
  /** The last byte went to the client, or the client disconnected. */
  finished: number | undefined
}

/** A request's record after its last byte, as `onFinish` gets it. */
export interface FinishedRecord extends ExchangeRecord {
  /** Of the answer; undefined for a client that disconnected before it was answered. */
  readonly status: number | undefined
  readonly ending: Ending
}

/** Milliseconds since the request arrived; undefined for a step that was not reached or not observed. */
export interface AttemptTimes {
  /** The call went to the upstream's code. */
  readonly started: number
  /** A connection was there, and the call on its way. */
  connected: number | undefined
  /** The answer's headers came. */
  headers: number | undefined
  /** The first event of a stream that is no ping. */
  firstEvent: number | undefined
  /** The first piece of text, thinking or tool input of a stream. */
  firstContent: number | undefined
  /** The answer ended, or broke. */
  lastByte: number | undefined
}

/** One call to an upstream, and what it cost: an attempt that was paid for and thrown away counts too. Never prompts or keys. */
export interface AttemptRecord {
  readonly upstream: string
  readonly account: string
  /** Why this account, as far as the chooser says. */
  readonly choice: Choice | undefined
  readonly times: AttemptTimes
  /** As the upstream calls it. */
  model: string
  /** Of the answer; for an error under status 200 the status that it means. Undefined where no answer came. */
  status: number | undefined
  /** As the upstream sent it: 200 for an error in the form of a good answer. */
  httpStatus: number | undefined
  /** Why no answer came: the `failure` of an UpstreamError, `gone` for a client that gave up, else `error`. */
  failure: string | undefined
  /** What went wrong, without words of an upstream that may quote the prompt. */
  error: string | undefined
  /** What it started for its account; `ms` as it stood then. */
  cooldown: Cooldown | undefined
  /** Milliseconds until the answer was one: a stream by its first event, JSON by its end. */
  ms: number | undefined
  /** Bytes of the call's body as it left; undefined where the upstream's code makes its own. */
  requestBytes: number | undefined
  /** Of the answer's body, as far as it came, decompressed; the chunks of a stream, and its longest silence in milliseconds. */
  bytes: number
  chunks: number
  longestGap: number
  /** Tokens as far as the answer has reported them; they grow while a stream flows. */
  inputTokens: number | undefined
  outputTokens: number | undefined
  cacheReadTokens: number | undefined
  cacheCreationTokens: number | undefined
  stopReason: string | undefined
  /** Notes that a step is reached, now; the first time counts. */
  mark(step: Exclude<keyof AttemptTimes, 'started'>): void
  /** Counts a chunk of the answer's body. */
  saw(bytes: number): void
  /** Keeps what the upstream said of its error, without keys. */
  quote(words: string): void
  /** The upstream's own words of its error, at most 300 characters; they may quote the prompt, so show them where prompts are shown. */
  words(): string | undefined
}

/** One request's facts, its attempts and the plugins' notes, in order. */
export interface ExchangeRecord {
  /** `performance.now()` when the request arrived. */
  readonly startedAt: number
  readonly facts: RecordFacts
  readonly times: RecordTimes
  readonly notes: readonly { readonly plugin: string; readonly text: string }[]
  readonly attempts: readonly AttemptRecord[]
  /** Begins the record of one more attempt, to be filled while its answer flows. */
  begin(upstream: string, account: string, model: string, choice?: Choice): AttemptRecord
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
