import type { Headers } from './http.js'
import type { ClientFacts } from './record.js'

/** A request as it came from its client, and was kept. */
export interface KeptRequest {
  readonly body: string | Buffer
  readonly headers: Headers
  readonly query: string
  /** Whose it is, where its body and headers do not say so any more. */
  readonly client?: Partial<ClientFacts>
}

/** Where it goes this time; at least one of them. With an upstream or an account it goes nowhere else. */
export interface Elsewhere {
  readonly upstream?: string | undefined
  readonly account?: string | undefined
  readonly model?: string | undefined
}

/** One of the two answers that are compared. Times in milliseconds, money in US dollars. */
export interface Side {
  readonly upstream?: string | undefined
  readonly account?: string | undefined
  readonly model?: string | undefined
  readonly status?: number | undefined
  readonly ms?: number | undefined
  readonly firstContentMs?: number | undefined
  readonly inputTokens?: number | undefined
  readonly outputTokens?: number | undefined
  readonly cacheReadTokens?: number | undefined
  readonly cacheCreationTokens?: number | undefined
  readonly cost?: number | undefined
  readonly plan?: boolean | undefined
  readonly stopReason?: string | undefined
  /** Of the answer, or of the error for which there is none. */
  readonly text: string
}

/**
 * Sends a request once more through the chain's fixes. Plugins that act once a request (auth, budgets, …) neither change nor refuse it, but
 * it costs what its tokens cost: it has a record of its own, of the class `resend`, and the `onFinish` hooks of all plugins get it. An error
 * of an upstream is an answer; `signal` cancels the call.
 */
export type Resend = (request: KeptRequest, to: Elsewhere, signal?: AbortSignal) => Promise<Side>
