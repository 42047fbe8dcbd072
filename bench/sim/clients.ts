import type { Clock } from './clock.js'
import type { Gateway } from './policies.js'

const SECOND = 1_000
const MINUTE = 60 * SECOND

/** What is assumed of clients; docs/scaling.md repeats it. */
export const CLIENTS = {
  sessions: 1_000,
  /** In which they begin. */
  begin: 8 * 60 * MINUTE,
  turns: 50,
  /** Tokens of context, from the first turn to the last. */
  context: [20_000, 150_000],
  /** As Claude Code 2.1.330: so many tries, from half a second up to 32; told to wait longer than a minute it gives up. */
  tries: 11,
  patience: 60 * SECOND,
} as const

export interface Outcome {
  readonly ok: boolean
  /** The session's prompt was in its account's cache. */
  readonly warm: boolean
  /** It could have been: the session's last answer was fresh enough. */
  readonly couldBeWarm: boolean
  /** Milliseconds beyond the answer's own time. */
  readonly waited: number
  /** Answers that were refusals. */
  readonly refusals: number
}

/** Sessions as agents have them: runs of tool calls seconds apart, and a person who thinks for minutes in between. */
export function startSessions(
  gateway: Gateway,
  clock: Clock,
  random: () => number,
  cacheLife: number,
  outcomes: Outcome[],
): void {
  const between = (low: number, high: number) => low + random() * (high - low)
  for (let session = 0; session < CLIENTS.sessions; session++) {
    const begin = between(0, CLIENTS.begin)
    // Drawn beforehand, so that every policy gets the very same sessions.
    const turns = Array.from({ length: CLIENTS.turns }, (_, i) => ({
      session,
      context: CLIENTS.context[0] + ((CLIENTS.context[1] - CLIENTS.context[0]) * i) / CLIENTS.turns,
      serviceTime: between(3, 20) * SECOND,
      pause: random() < 0.15 ? between(1, 10) * MINUTE : between(1, 8) * SECOND,
    }))
    void (async () => {
      await clock.sleep(begin)
      let answeredAt = Number.NEGATIVE_INFINITY
      for (const { pause, ...turn } of turns) {
        const couldBeWarm = clock.now() - answeredAt < cacheLife
        const outcome = await ask(gateway, clock, turn)
        if (outcome.ok) answeredAt = clock.now()
        outcomes.push({ ...outcome, couldBeWarm })
        await clock.sleep(pause)
      }
    })()
  }
}

async function ask(
  gateway: Gateway,
  clock: Clock,
  turn: { readonly session: number; readonly context: number; readonly serviceTime: number },
): Promise<Omit<Outcome, 'couldBeWarm'>> {
  const began = clock.now()
  const { tries, patience } = CLIENTS
  for (let refusals = 0; refusals < tries; refusals++) {
    const answer = await gateway(turn)
    const waited = clock.now() - began - turn.serviceTime
    if (answer.ok) return { ok: true, warm: answer.warm, waited, refusals }
    if ((answer.retryAfter ?? 0) > patience) return { ok: false, warm: false, waited, refusals: refusals + 1 }
    await clock.sleep(answer.retryAfter ?? Math.min(32, 0.5 * 2 ** refusals) * SECOND)
  }
  return { ok: false, warm: false, waited: clock.now() - began, refusals: tries }
}
