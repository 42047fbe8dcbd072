import type { Call } from '../../core/call.js'
import { GatewayError, type UpstreamError } from '../../core/errors.js'
import type { MessagesRequest } from '../../core/protocol/messages.js'
import type { Reply } from '../../core/reply.js'
import type { AccountPool } from '../../core/upstream/pool.js'
import { retryAfterSeconds } from '../../core/upstream/retry-after.js'
import type { Target } from '../../core/upstream/types.js'
import type { Failure } from './policy.js'

/** How an attempt ended that did not serve: with the upstream's error answer, or with no answer. */
export interface Failed {
  readonly failure: Failure
  readonly reply?: Reply
  readonly error?: UpstreamError
}

/** One request's attempts: where it has been, where it may go, and how it ends. */
export class Attempts {
  /** The call as it stands outside the fixes; each attempt fits it anew. */
  call: Call
  /** Whether thinking blocks were taken out already. */
  stripped = false
  /** Pauses made because there was no other account. */
  pauses = 0
  #made = 1
  readonly #tried = new Set<string>()

  constructor(
    call: Call,
    private readonly pool: AccountPool,
    private readonly max: number,
  ) {
    this.call = call
  }

  get left(): boolean {
    return this.#made < this.max
  }

  /** Throws what to tell the client when no account can serve. */
  first(): Target {
    const target = this.pool.pick(this.call, this.#tried, 1)
    if (!target) throw this.pool.exhausted(this.call)
    return target
  }

  /** The same account once more, perhaps with a mended body. */
  again(target: Target, body?: MessagesRequest): Target {
    if (body) {
      this.call = this.call.with({ body })
      this.stripped = true
    }
    return { ...target, attempt: ++this.#made }
  }

  /** An account that was not tried in this round, if one is usable. */
  other(target: Target): Target | undefined {
    this.#tried.add(target.account.id)
    const other = this.pool.pick(this.call, this.#tried, this.#made + 1)
    if (other) this.#made++
    return other
  }

  /** Every account was tried: begins again with the first that doesn't rest. */
  round(target: Target): Target {
    this.#tried.clear()
    return this.other(target) ?? this.#restart(target)
  }

  #restart(target: Target): Target {
    this.#tried.clear()
    return this.again(target)
  }

  journal(target: Target, failure: Failure, next: string): void {
    const what = failure.kind === 'status' ? `status ${failure.status}` : failure.error.message
    this.call.journal.decide(
      'retry-rotate',
      `attempt ${this.#made} at ${target.account.id}: ${what}, ${next}`,
    )
  }

  /** A good answer, with the headers that say where it came from. */
  finish(reply: Reply, target: Target): Reply {
    return reply.with({ headers: this.#headers(target) })
  }

  /** The last upstream error with its own status and body, and when to come back. */
  fail(outcome: Failed, target: Target): Reply {
    const { reply, error } = outcome
    if (!reply) {
      const { type, status, failure, message } = error!
      // The upstream's own words go bare: clients act on how they begin (`prompt is too long: …`).
      const told =
        failure === 'error-event'
          ? message
          : `${target.upstream.name} (account ${target.account.id}): ${message}`
      throw new GatewayError(type, told, { status, headers: this.#headers(target), cause: error })
    }
    const wait = this.pool.soonest(this.call)
    const temporary = reply.status === 429 || reply.status >= 500
    const retryAfter =
      temporary && wait !== undefined && wait > 0 ? { 'retry-after': retryAfterSeconds(wait) } : {}
    return reply.with({ headers: { ...this.#headers(target), ...retryAfter } })
  }

  #headers({ account, upstream }: Target): Record<string, string> {
    this.call.journal.note({ upstream: upstream.name, account: account.id, attempts: this.#made })
    return { 'x-account-email': account.email ?? account.id, 'x-agproxy-attempts': String(this.#made) }
  }
}
