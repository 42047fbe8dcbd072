import type { Account } from '../../core/contract/upstream.js'
import { Reply } from '../../core/exchange/reply.js'
import { retryRotate } from '../../plugins/retry-rotate/index.js'
import { makeCall, messageReply, mount } from '../../testing.js'
import type { Clock } from './clock.js'
import { type Answer, WORLD, type World } from './world.js'

export interface Request {
  readonly session: number
  readonly context: number
  readonly serviceTime: number
}

/** A gateway's way to choose accounts. A refusal is the client's, who may come back. */
export type Gateway = (request: Request) => Promise<Answer>

export type Policy = (world: World, clock: Clock) => Promise<Gateway>

/** The real thing: `retry-rotate` over the real pool. */
export const agproxy: Policy = async (world, clock) => {
  const accounts = Array.from(
    { length: WORLD.accounts },
    (_, i): Account => ({
      id: String(i),
      upstream: 'up',
      apiKey: `key-${i}`,
      priority: 0,
      maxConcurrent: WORLD.concurrency,
    }),
  )
  let warm = false
  const requests = new Map<string, Request>()
  const { send } = await mount(retryRotate(), {
    accounts,
    upstreams: [{ name: 'up' }],
    now: clock.now,
    answer: async (call) => {
      const { session, context, serviceTime } = requests.get(call.id)!
      const answer = await world.call(Number(call.target!.account.id), session, context, serviceTime)
      if (answer.ok) {
        warm = answer.warm
        return messageReply()
      }
      const headers = answer.retryAfter === undefined ? {} : { 'retry-after-ms': String(answer.retryAfter) }
      return Reply.json(
        { type: 'error', error: { type: 'rate_limit_error', message: 'no' } },
        { status: 429, headers },
      )
    },
  })
  return async (request) => {
    const headers = { 'x-claude-code-session-id': String(request.session) }
    const call = makeCall({}, { headers, signal: new AbortController().signal })
    requests.set(call.id, request)
    try {
      const reply = await send(call)
      return reply.status === 200 ? { ok: true, warm } : refusal(reply.header('retry-after'))
    } catch (error) {
      return refusal((error as { headers?: Record<string, string> }).headers?.['retry-after'])
    } finally {
      requests.delete(call.id)
    }
  }
}

function refusal(retryAfter: string | undefined): Answer {
  return { ok: false, retryAfter: retryAfter === undefined ? undefined : Number(retryAfter) * 1000 }
}

const ATTEMPTS = 3
const UNNAMED_REST = 30_000

/**
 * The two that others have, with the same number of attempts and the same knowledge of rests: they differ in where they
 * begin to look and in whether a success moves that.
 */
function rotating(advance: (index: number, ok: boolean) => number): Policy {
  return async (world, clock) => {
    const restsUntil = new Array<number>(WORLD.accounts).fill(0)
    let next = 0
    return async ({ session, context, serviceTime }) => {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const order = restsUntil.map((_, i) => (next + i) % WORLD.accounts)
        const account = order.find((i) => restsUntil[i]! <= clock.now())
        if (account === undefined) break
        next = advance(account, true)
        const answer = await world.call(account, session, context, serviceTime)
        if (answer.ok) return answer
        next = advance(account, false)
        restsUntil[account] = clock.now() + (answer.retryAfter ?? UNNAMED_REST)
      }
      return { ok: false, retryAfter: Math.max(0, Math.min(...restsUntil) - clock.now()) }
    }
  }
}

export const roundRobin = rotating((account) => account + 1)
export const stickUntilItFails = rotating((account, ok) => (ok ? account : account + 1))
