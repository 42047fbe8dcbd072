import { randomUUID } from 'node:crypto'
import type { CooldownReason, Target } from '../contract/upstream.js'
import type { Reply } from '../exchange/reply.js'
import type { Candidate } from './candidate.js'
import type { Cooldowns } from './cooldowns.js'
import { releaseOnEnd } from './release-on-end.js'

/** What a failure says about the account. */
export interface Cooldown {
  readonly reason: CooldownReason
  /** Milliseconds, where the upstream named them; Infinity: until the config changes. */
  readonly ms?: number | undefined
  /** `model`: only for the model that was asked for. Default: the whole account. */
  readonly scope?: 'account' | 'model' | undefined
}

/** A request's place on an account, for as long as its answer flows. */
export class Lease {
  #id: string | undefined
  #released = false

  constructor(
    readonly target: Target,
    readonly candidate: Candidate,
    private readonly cooldowns: Cooldowns,
    /** What was held against the account when the place was taken: a success is news, and clears it. */
    readonly recovering: readonly string[],
    private readonly free: (lease: Lease) => void,
  ) {}

  /** Names it among all places of all gateways. */
  get id(): string {
    this.#id ??= randomUUID()
    return this.#id
  }

  /** The account answered. What was held against it when the place was taken is forgotten. */
  served(): void {
    if (this.recovering.length > 0) this.cooldowns.clear(this.recovering)
  }

  /** The account could not serve, and rests. */
  failed({ reason, ms, scope = 'account' }: Cooldown): void {
    const { scopes } = this.candidate
    this.cooldowns.start(scope === 'model' ? scopes[1] : scopes[0], reason, ms)
  }

  /** The reply that goes out; the place is free when its body is over, however that comes about. */
  hold(reply: Reply): Reply {
    return releaseOnEnd(reply, this)
  }

  release(): void {
    if (this.#released) return
    this.#released = true
    this.free(this)
  }
}
