import {
  type AccountRequest,
  type Accounts,
  type Awaitable,
  type Call,
  type Cooldown,
  type Edit,
  GatewayError,
  type Lease,
  type Reply,
  type Target,
  type UpstreamError,
} from '../../core/index.js'
import { headerText, loggable, mapModel, retryAfterSeconds } from '../../core/kit.js'
import { type Failure, isTemporary } from './policy.js'
import { unmetPreference } from './preference.js'

/** How an attempt ended that did not serve: with the upstream's error answer, or with no answer. */
export interface Failed {
  readonly failure: Failure
  readonly reply?: Reply
  readonly error?: UpstreamError
}

export interface AttemptsInit {
  /** Calls to upstreams that the request may cost. */
  readonly max: number
  readonly queueTimeout: number
  /** By model pattern: what to ask for when no account can serve the model. */
  readonly fallback: Readonly<Record<string, string>>
}

/** One request's attempts: where it has been, where it may go, and how it ends. */
export class Attempts {
  /** Whether thinking blocks were taken out already. */
  stripped = false
  /** Pauses made because there was no other account. */
  pauses = 0
  /** The account whose short delay was waited out last. */
  #waitedFor: string | undefined
  readonly #request: AccountRequest
  #lease: Lease | undefined
  /** The client's model; plugins further out may have asked for another. */
  readonly #asked: string
  #fellBack = false

  constructor(
    call: Call,
    private readonly accounts: Accounts,
    private readonly init: AttemptsInit,
  ) {
    this.#request = accounts.request(call, init.queueTimeout)
    this.#asked = call.record.facts.model ?? call.model
  }

  /** What is asked for in place of the client's model, by the account's own name for it where it has one. */
  get #mapped(): string | undefined {
    const { target } = this.lease
    return target.model ?? (this.call.model === this.#asked ? undefined : this.call.model)
  }

  /** The call as it is outside the fixes; each attempt fits it again. */
  get call(): Call {
    return this.#request.call
  }

  /** The place that the present attempt has. */
  get lease(): Lease {
    return this.#lease!
  }

  get left(): boolean {
    return this.#request.attempt < this.init.max
  }

  /** The call for the present attempt, at its account and under the account's name for the model. */
  get fitted(): Call {
    const { call, attempt } = this.#request
    const { target } = this.lease
    const { model } = target
    const named = model === undefined || model === call.model ? call : call.set({ model })
    return named.with({ target: attempt === target.attempt ? target : { ...target, attempt } })
  }

  /** Throws what to tell the client when no account can serve. */
  begin(): Promise<void> | undefined {
    const found = this.#acquire(true)
    if (found === true) return undefined // nearly always, and without a promise
    return Promise.resolve(found).then((later) => {
      if (!later) throw this.accounts.exhausted(this.call)
    })
  }

  /** The same account once more, perhaps with a mended body. */
  again(edits?: readonly Edit[]): true {
    if (edits) {
      this.#request.call = this.call.edit(edits)
      this.stripped = true
    }
    this.#request.attempt++
    return true
  }

  /** Whether a short delay of the present account is still to be waited out: true the first time. */
  wait(): boolean {
    const { id } = this.lease.target.account
    if (this.#waitedFor === id) return false
    this.#waitedFor = id
    return true
  }

  /** An account that was not tried in this round; with none usable, and where it may, another model. */
  async other(mayFallBack: boolean): Promise<boolean> {
    this.#request.tried.add(this.lease.target.account.id)
    this.release()
    return this.#next(mayFallBack)
  }

  /** Every account was tried: begins again, with another one if there is one. */
  async round(): Promise<boolean> {
    this.#request.tried.clear()
    if (await this.other(false)) return true
    this.#request.tried.clear()
    return this.#next(false)
  }

  async #next(mayFallBack: boolean): Promise<boolean> {
    this.#request.attempt++
    if (await this.#acquire(mayFallBack)) return true
    this.#request.attempt--
    return false
  }

  release(): void {
    this.#lease?.release()
  }

  #acquire(mayFallBack: boolean): Awaitable<boolean> {
    const askedAt = performance.now()
    const lease = this.accounts.acquire(this.#request)
    if (lease instanceof Promise)
      return lease.then((later) => {
        const { facts } = this.call.record
        facts.accountWaitMs = (facts.accountWaitMs ?? 0) + performance.now() - askedAt
        return this.#take(later, mayFallBack)
      })
    return this.#take(lease, mayFallBack)
  }

  #take(lease: Lease | undefined, mayFallBack: boolean): Awaitable<boolean> {
    if (lease) {
      this.#lease = lease
      const unmet = unmetPreference(this.call, lease.target)
      if (unmet) this.call.record.note('retry-rotate', unmet)
      this.call.record.facts.mappedModel = this.#mapped
      return true
    }
    const model = mayFallBack ? mapModel(this.init.fallback, this.call.model) : undefined
    if (model === undefined || model === this.call.model || this.#fellBack) return false
    this.call.record.note('retry-rotate', `nobody can serve ${this.call.model}: ${model} instead`)
    this.#fellBack = true
    this.#request.call = this.call.set({ model })
    this.#request.tried.clear()
    return this.#acquire(false)
  }

  /** The account cools down; its attempt's record says how long. */
  coolDown(cooldown: Cooldown): void {
    const { id } = this.lease.target.account
    this.lease.failed(cooldown)
    const status = this.accounts.status().find(({ account }) => account.id === id)
    const times = status?.cooldowns.map(({ ms }) => ms) ?? []
    const ms = cooldown.ms ?? (times.length > 0 ? Math.max(...times) : undefined)
    const attempt = this.call.record.attempts.at(-1)
    if (attempt?.account === id) attempt.cooldown = { ...cooldown, ms }
  }

  record(failure: Failure, next: string): void {
    const what = failure.kind === 'status' ? `status ${failure.status}` : loggable(failure.error)
    this.call.record.note(
      'retry-rotate',
      `attempt ${this.#request.attempt} at ${this.lease.target.account.id}: ${what}, ${next}`,
    )
  }

  /** A good answer, with the headers that say where it came from. Its account is busy until the answer's end. */
  finish(reply: Reply): Reply {
    this.lease.served()
    return this.lease.hold(reply.with({ headers: this.#headers(reply) }))
  }

  /** The last upstream error with its own status and body, and whether and when to come back. */
  fail({ reply, error }: Failed): Reply {
    if (!reply) {
      const { type, status, failure, message } = error!
      // The upstream's own words go bare: clients act on how they begin (`prompt is too long: …`).
      const told = failure === 'error-event' ? message : `${nameOf(this.lease.target)}: ${message}`
      const mayMend = isTemporary(status) && failure !== 'shape'
      const advice = mayMend ? this.#retryAfter() : { 'x-should-retry': 'false' }
      throw new GatewayError(type, told, {
        code: error!.code,
        status,
        headers: { ...this.#headers(), ...advice },
        cause: error,
      })
    }
    const advice = isTemporary(reply.status) ? this.#retryAfter() : {}
    return reply.with({ headers: { ...this.#headers(reply), ...advice } })
  }

  #retryAfter(): Record<string, string> {
    const wait = this.accounts.soonest(this.call)
    return wait !== undefined && wait > 0 ? { 'retry-after': retryAfterSeconds(wait) } : {}
  }

  #headers(reply?: Reply): Record<string, string> {
    const { account, upstream } = this.lease.target
    const model = this.#mapped
    const attempts = this.#request.attempt
    const { facts } = this.call.record
    facts.upstream = upstream.name
    facts.account = account.id
    facts.attempts = attempts
    // The forwarder's own mapping comes last and is the most exact.
    const mapped = reply?.header('x-mapped-model') ?? (model && headerText(model))
    const headers: Record<string, string> = {
      'x-account-email': account.email ?? account.id,
      'x-agproxy-attempts': String(attempts),
    }
    if (mapped !== undefined) headers['x-mapped-model'] = mapped
    return headers
  }
}

function nameOf({ upstream, account }: Target): string {
  return `${upstream.name} (account ${account.id})`
}
