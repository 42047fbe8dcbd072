import { randomUUID } from 'node:crypto'
import type { Lease as LeaseContract } from '../contract/accounts.js'
import type { Target } from '../contract/call.js'
import type { Cancellation } from '../contract/http.js'
import type { Reply } from '../contract/reply.js'
import type { Cooldown } from '../contract/upstream.js'
import type { Candidate } from './candidate.js'
import type { PoolState } from './pool-state.js'
import { releaseOnEnd } from './release-on-end.js'

/** A request's slot on an account, for as long as its answer flows, and never longer than the request. */
export class AccountLease implements LeaseContract {
  #id: string | undefined
  #released = false
  #cancellation: Cancellation | undefined
  readonly #release = () => this.release()

  constructor(
    readonly target: Target,
    readonly candidate: Candidate,
    private readonly state: Pick<PoolState, 'cooldowns' | 'windows'>,
    /** What was held against the account when the place was taken: a success is news, and clears it. */
    readonly recovering: readonly string[],
    private readonly free: (lease: AccountLease) => void,
  ) {}

  /** Names it among all places of all gateways. */
  get id(): string {
    this.#id ??= randomUUID()
    return this.#id
  }

  /** From now on it is released with its request. Not before the stores have granted it: an answer that comes later would take it again. */
  ownedBy(cancellation: Cancellation): this {
    this.#cancellation = cancellation
    cancellation.on(this.#release)
    return this
  }

  served(): void {
    if (this.recovering.length > 0) this.state.cooldowns.clear(this.recovering)
  }

  failed({ reason, ms, scope = 'account' }: Cooldown): void {
    const { scopes } = this.candidate
    this.state.cooldowns.start(scope === 'model' ? scopes[1] : scopes[0], reason, ms)
  }

  hold(reply: Reply): Reply {
    this.state.windows.saw(this.candidate.scopes[0], reply)
    return releaseOnEnd(reply, this)
  }

  release(): void {
    if (this.#released) return
    this.#released = true
    this.#cancellation?.off(this.#release)
    this.free(this)
  }
}
