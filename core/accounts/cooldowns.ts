import type { ActiveCooldown } from '../contract/accounts.js'
import type { Fact, Patience, StateStore } from '../contract/state.js'
import type { CooldownReason } from '../contract/upstream.js'
import { backoff } from './backoff.js'
import type { Candidate } from './candidate.js'

/**
 * What keeps an account from serving:
 * `ok` – nothing; `half-open` – its cooldown is over, and one request may try it; `degraded` and `failing` – a server error a moment
 * ago, or several in a row: it serves if no other can; `probing` – a request is trying it; `cooling-down`.
 */
export type Health = 'ok' | 'half-open' | 'degraded' | 'failing' | 'probing' | 'cooling-down'
const ORDER: readonly Health[] = ['ok', 'half-open', 'degraded', 'failing', 'probing', 'cooling-down']

const HOUR = 3_600_000
/** Stands for "until the config changes": stores want an end, and a month later one more try does no harm. */
const FOREVER = 30 * 24 * HOUR
/** A probe that has not failed after so many milliseconds is as good as served: upstreams report limits at once. */
const PROBE_WAIT = 5_000
/** And then the crowd may follow, until the probe has an outcome. */
const PROBE_OPEN = 60_000

/** Which account is in cooldown, why and for how long, and who may try it when that is over. */
export class Cooldowns {
  constructor(
    private readonly store: StateStore,
    private readonly now: () => number,
    private readonly random: () => number,
  ) {}

  health({ scopes }: Candidate): Health {
    const whole = this.#health(scopes[0])
    const model = this.#health(scopes[1])
    return ORDER.indexOf(whole) > ORDER.indexOf(model) ? whole : model
  }

  #health(scope: string): Health {
    const start = this.store.get('cooldown', scope)
    if (start) return start.value === 'server-error' ? this.#failing(scope) : 'cooling-down'
    const after = this.store.get('recovering', scope)
    if (!after) return 'ok'
    const probe = this.store.get('probe', scope)
    if (!probe) return 'half-open'
    if (this.#opensIn(probe) <= 0) return 'ok'
    return after.value === 'server-error' ? this.#failing(scope) : 'probing'
  }

  #failing(scope: string): Health {
    return this.#failures(scope) > 1 ? 'failing' : 'degraded'
  }

  #opensIn(probe: Fact): number {
    return probe.expires - PROBE_OPEN - this.now()
  }

  /** The scopes of which a success would be news. */
  recovering({ scopes }: Candidate): readonly string[] {
    return scopes.filter((scope) => this.store.get('recovering', scope))
  }

  /** Whether a scope's cooldown is over and no request tries it. */
  isHalfOpen(scope: string): boolean {
    return this.#health(scope) === 'half-open'
  }

  /** Takes the one turn to try a scope; false when another has it. */
  async claimProbe(scope: string, by: string, patience: Patience): Promise<boolean> {
    const ttl = PROBE_WAIT + PROBE_OPEN
    const change = { kind: 'probe', key: scope, expected: undefined, value: by, ttl }
    return (await this.store.compareAndSet(change, patience)) === by
  }

  releaseProbe(scope: string, by: string): void {
    if (this.store.get('probe', scope)?.value === by) this.store.delete('probe', scope)
  }

  /**
   * Rests a scope for `ms`, or for as long as its reason and the failures before it say. A longer rest is never cut short,
   * and of several requests that fail together the first one counts.
   */
  start(scope: string, reason: CooldownReason, named: number | undefined): void {
    const present = this.store.get('cooldown', scope)
    const failures = present ? this.#failures(scope) : this.#failures(scope) + 1
    const wanted = named ?? backoff(reason, failures, this.random)
    const final = wanted === Number.POSITIVE_INFINITY
    const ms = final ? FOREVER : wanted
    if (ms <= 0 || (present && (named === undefined || present.expires >= this.now() + ms))) return
    if (!present) this.store.add('failures', scope, 1, ms + HOUR)
    this.store.set('cooldown', scope, final ? `${reason}!` : reason, ms)
    this.store.set('recovering', scope, reason, ms + HOUR)
    this.store.delete('probe', scope)
  }

  /** Forgets what was held against scopes. Returns how many had something. */
  clear(scopes: Iterable<string>): number {
    let cleared = 0
    for (const scope of scopes) {
      if (this.store.get('recovering', scope)) cleared++
      for (const kind of ['cooldown', 'recovering', 'failures', 'probe']) this.store.delete(kind, scope)
    }
    return cleared
  }

  /** A changed config may have mended what no waiting mends. */
  configChanged(): void {
    this.clear(
      [...this.store.entries('cooldown')].filter(([, { value }]) => value.endsWith('!')).map(([s]) => s),
    )
  }

  /** What is held against an account and its models. */
  of(stateId: string): readonly ActiveCooldown[] {
    return this.scopesOf(stateId).flatMap((scope) => {
      const fact = this.store.get('cooldown', scope)
      if (!fact) return []
      const model = scope === stateId ? undefined : scope.slice(stateId.length + 1)
      return [{ ...this.#read(fact), model, failures: this.#failures(scope) }]
    })
  }

  scopesOf(stateId: string): readonly string[] {
    const scopes = [...this.store.entries('recovering')].map(([scope]) => scope)
    return scopes.filter((scope) => scope === stateId || scope.startsWith(`${stateId}\t`))
  }

  /** The longest rest that keeps a candidate from serving; undefined when none does. */
  blocking({ scopes }: Candidate): Omit<ActiveCooldown, 'model' | 'failures'> | undefined {
    const cooldowns = scopes.flatMap((scope) => {
      const fact = this.store.get('cooldown', scope)
      return fact ? [this.#read(fact)] : []
    })
    return cooldowns.sort((a, b) => b.ms - a.ms)[0]
  }

  /** Milliseconds until time alone changes a candidate's standing; Infinity when it doesn't. */
  changesIn({ scopes }: Candidate): number {
    const times = scopes.flatMap((scope) => {
      const start = this.store.get('cooldown', scope)
      const probe = this.store.get('probe', scope)
      const opens = probe && this.#opensIn(probe) > 0 ? [this.#opensIn(probe)] : []
      return [...(start ? [start.expires - this.now()] : []), ...opens]
    })
    return Math.min(Number.POSITIVE_INFINITY, ...times)
  }

  #read({ value, expires }: Fact): { readonly reason: CooldownReason; readonly ms: number } {
    const final = value.endsWith('!')
    const reason = (final ? value.slice(0, -1) : value) as CooldownReason
    return { reason, ms: final ? Number.POSITIVE_INFINITY : expires - this.now() }
  }

  #failures(scope: string): number {
    return Number(this.store.get('failures', scope)?.value ?? 0)
  }
}
