import fc from 'fast-check'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { callOf, seeded, testPool } from '../../test/support/pool.js'
import type { Lease } from '../contract/accounts.js'
import type { AccountLease } from './lease.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const SECOND = 1_000
/** As long as a probe keeps others away; see cooldowns.ts. */
const PROBE_WAIT = 5 * SECOND
const PATIENCE = 10 * SECOND

type Step =
  | { readonly kind: 'arrive'; readonly session: number }
  | { readonly kind: 'end'; readonly which: number; readonly how: 'served' | 'nothing' }
  | { readonly kind: 'limited'; readonly which: number; readonly ms: number }
  | { readonly kind: 'pass'; readonly ms: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('arrive' as const), session: fc.nat(4) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      which: fc.nat(99),
      how: fc.constantFrom('served' as const, 'nothing' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('limited' as const),
      which: fc.nat(99),
      ms: fc.integer({ min: SECOND, max: 20 * SECOND }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      ms: fc.oneof(fc.nat(2 * SECOND), fc.nat(20 * SECOND)),
    }),
  },
)

/** What the rules say of an account, kept apart from the pool. */
interface Model {
  readonly id: string
  readonly limit: number
  restsUntil: number
  /** Rested, and nobody has been served since. */
  suspect: boolean
  probe: { readonly lease: Lease; readonly since: number } | undefined
  readonly leases: Set<Lease>
}

interface Waiting {
  readonly session: string
  over: boolean
}

const setup = fc.record({
  seed: fc.nat(1_000_000),
  limits: fc.array(fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }), {
    minLength: 1,
    maxLength: 3,
  }),
  priorities: fc.array(fc.nat(1), { minLength: 3, maxLength: 3 }),
  steps: fc.array(step, { minLength: 1, maxLength: 80 }),
})

/** Plays the steps against a real pool, checking after each that no rule was broken. */
class Play {
  readonly #models: Model[]
  readonly #homes = new Map<string, string>()
  readonly #waiting = new Set<Waiting>()
  readonly #pool
  #held: Lease[] = []

  constructor({
    seed,
    limits,
    priorities,
  }: { seed: number; limits: (number | undefined)[]; priorities: number[] }) {
    const accounts = limits.map((maxConcurrent, i) => ({
      priority: priorities[i]!,
      ...(maxConcurrent !== undefined && { maxConcurrent }),
    }))
    const { pool, accounts: full } = testPool(accounts, { random: seeded(seed) })
    this.#pool = pool
    this.#models = full.map(({ id }, i) => ({
      id,
      limit: limits[i] ?? Number.POSITIVE_INFINITY,
      restsUntil: 0,
      suspect: false,
      probe: undefined,
      leases: new Set(),
    }))
  }

  async run(step: Step): Promise<void> {
    if (step.kind === 'pass') await vi.advanceTimersByTimeAsync(step.ms)
    else if (step.kind === 'arrive') await this.#arrive(`s${step.session}`)
    else {
      const lease = this.#held[step.which % this.#held.length]
      if (lease) this.#end(lease, step)
    }
    await vi.advanceTimersByTimeAsync(0)
    this.#checkNobodyWaitsInVain()
  }

  async finish(): Promise<void> {
    while (this.#held.length > 0) await this.run({ kind: 'end', which: 0, how: 'nothing' })
    await vi.advanceTimersByTimeAsync(2 * PATIENCE)
    expect(this.#waiting.size, 'everybody got an answer').toBe(0)
  }

  async #arrive(session: string): Promise<void> {
    const waiting: Waiting = { session, over: false }
    this.#waiting.add(waiting)
    const pinned = this.#models.find((m) => m.id === this.#homes.get(session))
    const homeIsUsable = pinned && this.#isUsable(pinned) && pinned.leases.size < pinned.limit
    void Promise.resolve(this.#pool.acquire(this.#pool.request(callOf(session), PATIENCE))).then((lease) => {
      waiting.over = true
      this.#waiting.delete(waiting)
      if (lease) this.#granted(lease, session)
      if (homeIsUsable) expect(lease?.target.account.id, 'a session stays at home').toBe(pinned.id)
    })
    await vi.advanceTimersByTimeAsync(0)
  }

  #granted(lease: Lease, session: string): void {
    const model = this.#models.find((m) => m.id === lease.target.account.id)!
    expect(Date.now(), `a request to ${model.id}, which is in cooldown`).toBeGreaterThanOrEqual(
      model.restsUntil,
    )
    if (model.suspect && !this.#probeIsOpen(model)) {
      expect(model.probe, `a second probe of ${model.id}`).toBeUndefined()
      model.probe = { lease, since: Date.now() }
    }
    model.leases.add(lease)
    expect(model.leases.size, `places on ${model.id}`).toBeLessThanOrEqual(model.limit)
    this.#held.push(lease)
    const pinned = this.#models.find((m) => m.id === this.#homes.get(session))
    // A guest goes home again; only who can't be served at home gets another.
    if (!pinned || !this.#isUsable(pinned)) this.#homes.set(session, model.id)
  }

  #end(lease: Lease, step: Step): void {
    const model = this.#models.find((m) => m.leases.has(lease))!
    const began = model.probe?.lease === lease
    if (step.kind === 'limited') {
      lease.failed({ reason: 'rate-limit', ms: step.ms })
      model.restsUntil = Math.max(model.restsUntil, Date.now() + step.ms)
      model.suspect = true
      model.probe = undefined
    } else if (step.kind === 'end' && step.how === 'served') {
      lease.served()
      if ((lease as AccountLease).recovering.length > 0) {
        model.suspect = false
        model.restsUntil = 0
        model.probe = undefined
      }
    }
    if (began) model.probe = undefined
    model.leases.delete(lease)
    this.#held = this.#held.filter((other) => other !== lease)
    lease.release()
  }

  #probeIsOpen({ probe }: Model): boolean {
    return probe !== undefined && Date.now() >= probe.since + PROBE_WAIT
  }

  #isUsable(model: Model): boolean {
    if (Date.now() < model.restsUntil) return false
    return !model.suspect || model.probe === undefined || this.#probeIsOpen(model)
  }

  #checkNobodyWaitsInVain(): void {
    if (this.#waiting.size === 0) return
    const idle = this.#models.filter((m) => m.leases.size === 0 && this.#isUsable(m))
    expect(
      idle.map((m) => m.id),
      'idle while somebody waits',
    ).toEqual([])
  }
}

it('no request to an account in cooldown but one probe; sessions stay; nobody waits while an account is idle', async () => {
  await fc.assert(
    fc.asyncProperty(setup, async ({ steps, ...init }) => {
      vi.setSystemTime(1_700_000_000_000)
      const errors: unknown[] = []
      const onError = (error: unknown) => errors.push(error)
      process.on('unhandledRejection', onError)
      try {
        const play = new Play(init)
        for (const step of steps) await play.run(step)
        await play.finish()
        expect(errors).toEqual([])
      } finally {
        process.off('unhandledRejection', onError)
        vi.clearAllTimers()
      }
    }),
    { numRuns: 1000 },
  )
}, 60_000)
