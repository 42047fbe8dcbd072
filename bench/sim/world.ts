import type { Clock } from './clock.js'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** What is assumed of upstreams; docs/scaling.md repeats it. */
export const WORLD = {
  accounts: 20,
  /** A window begins with its first request; past its tokens every answer is a 429 that names its end. */
  window: 5 * HOUR,
  /** Millions of tokens that a window holds: so few that only warm caches make them last, and plenty. */
  tokensPerWindow: [25, 100],
  /** A prompt that an account saw less than five minutes ago costs a tenth. */
  cacheLife: 5 * MINUTE,
  cachedPrice: 0.1,
  /** Bursts, in which an account answers 429 and names no time. */
  burstEvery: 30 * MINUTE,
  burstShortest: 20 * SECOND,
  burstLongest: 90 * SECOND,
  /** Requests at a time; above it a 429 that asks for a second. */
  concurrency: 40,
} as const

export type Answer =
  | { readonly ok: true; readonly warm: boolean }
  | { readonly ok: false; readonly retryAfter: number | undefined }

interface State {
  windowEnds: number
  spent: number
  inFlight: number
  burstFrom: number
  burstTo: number
  /** When each session was here last. */
  readonly seen: Map<number, number>
}

/** Twenty accounts with the limits that users meet. */
export class World {
  calls = 0
  tokens = 0
  readonly #accounts: State[]

  constructor(
    private readonly clock: Clock,
    private readonly random: () => number,
    private readonly tokensPerWindow: number,
  ) {
    this.#accounts = Array.from({ length: WORLD.accounts }, () => ({
      windowEnds: 0,
      spent: 0,
      inFlight: 0,
      burstFrom: clock.now() + this.#exponential(WORLD.burstEvery),
      burstTo: 0,
      seen: new Map(),
    }))
  }

  /** One request of a session with so many tokens of context. */
  async call(account: number, session: number, context: number, serviceTime: number): Promise<Answer> {
    const state = this.#accounts[account]!
    const now = this.clock.now()
    this.calls++
    const refused = this.#refusal(state, now)
    if (refused) {
      await this.clock.sleep(100)
      return refused
    }
    const warm = now - (state.seen.get(session) ?? Number.NEGATIVE_INFINITY) < WORLD.cacheLife
    const price = context * (warm ? WORLD.cachedPrice : 1) + 2_500 // what is new, and the answer
    state.spent += price
    this.tokens += price
    state.inFlight++
    await this.clock.sleep(serviceTime)
    state.inFlight--
    state.seen.set(session, this.clock.now())
    return { ok: true, warm }
  }

  #refusal(state: State, now: number): Answer | undefined {
    if (now >= state.windowEnds) {
      state.windowEnds = now + WORLD.window
      state.spent = 0
    }
    while (now >= state.burstFrom + this.#burstLength(state)) {
      state.burstFrom += this.#burstLength(state) + this.#exponential(WORLD.burstEvery)
      state.burstTo = 0
    }
    if (state.spent >= this.tokensPerWindow) return { ok: false, retryAfter: state.windowEnds - now }
    if (now >= state.burstFrom) return { ok: false, retryAfter: undefined }
    if (state.inFlight >= WORLD.concurrency) return { ok: false, retryAfter: SECOND }
    return undefined
  }

  #burstLength(state: State): number {
    if (state.burstTo === 0) {
      const { burstShortest, burstLongest } = WORLD
      state.burstTo = state.burstFrom + burstShortest + this.random() * (burstLongest - burstShortest)
    }
    return state.burstTo - state.burstFrom
  }

  #exponential(mean: number): number {
    return -mean * Math.log(1 - this.random())
  }
}
