import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { callOf, seeded, type TestPoolInit, testPool } from '../../test/support/pool.js'
import { makeCall, messageReply } from '../../testing.js'
import type { Lease } from '../contract/accounts.js'
import type { Account } from '../contract/upstream.js'
import { ClientGoneError } from '../errors/gateway-errors.js'
import { Reply } from '../exchange/reply.js'
import { MemoryStore } from '../state/memory.js'
import { chunksOf } from '../stream/source.js'
import { stateIdOf } from './candidate.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const equal = { priority: 0 }

function start(accounts: readonly Partial<Account>[], init: TestPoolInit = {}) {
  const there = testPool(accounts, { random: seeded(1), ...init })
  const { pool } = there
  /** One request of a session, still under way. */
  const ask = (session: string, body = {}, extra = {}, queueTimeout?: number) =>
    pool.acquire(pool.request(callOf(session, body, extra), queueTimeout))
  /** One that is served and over; the account that served it. */
  const served = async (session: string, body = {}, extra = {}) => {
    const lease = await ask(session, body, extra)
    lease?.served()
    lease?.release()
    return lease?.target.account.id
  }
  return { ...there, ask, served }
}

const idOf = (lease: Lease | undefined) => lease?.target.account.id
const LIMIT = { reason: 'rate-limit', ms: MINUTE } as const

describe('preference', () => {
  it('is the order of the list while no account names a priority or a weight', async () => {
    const { served } = start([{}, {}, {}])
    for (const session of ['1', '2', '3']) expect(await served(session)).toBe('a')
  })

  it('is the priority, lower first, once an account names one; the others have 0', async () => {
    const { ask } = start([{ priority: 1 }, { priority: -1 }, {}])
    const seen: (string | undefined)[] = []
    for (let i = 0; i < 3; i++) {
      const lease = await ask(`s${i}`)
      seen.push(idOf(lease))
      lease!.failed(LIMIT)
    }
    expect(seen).toEqual(['b', 'c', 'a'])
  })

  it('is none among the keys of one environment variable', async () => {
    const { ask } = start([{}, {}, { upstream: 'other' }], { from: 'env' })
    const seen = await Promise.all([1, 2, 3, 4].map(async (n) => idOf(await ask(`s${n}`))))
    expect(seen.sort()).toEqual(['a', 'a', 'b', 'b'])
  })

  it.each([
    ['exclusive', 'b'],
    ['fallback', 'a'],
    ['pooled', 'b'],
  ] as const)('an upstream that takes part as "%s"', async (precedence, first) => {
    const { served } = start([{ upstream: 'own' }, { upstream: 'zai' }].reverse(), {
      precedence: { zai: precedence },
    })
    const names = { a: 'zai', b: 'own' } as Record<string, string>
    expect(names[(await served('s'))!]).toBe({ a: 'own', b: 'zai' }[first])
  })
})

describe('a session', () => {
  it('stays on its account for an hour since its last request', async () => {
    const { served } = start([equal, equal, equal])
    const first = await served('s')
    for (let i = 0; i < 20; i++) {
      vi.advanceTimersByTime(HOUR - 1)
      await served(`other ${i}`)
      expect(await served('s')).toBe(first)
    }
  })

  it('moves when its account can not serve, and does not come back', async () => {
    const { ask, served } = start([{}, {}])
    const lease = await ask('s')
    lease!.failed(LIMIT)
    lease!.release()
    expect(await served('s')).toBe('b')
    vi.advanceTimersByTime(2 * MINUTE)
    expect(await served('s')).toBe('b')
    expect(await served('new')).toBe('a')
  })

  it('is not moved by one server error of another session', async () => {
    const { ask, served } = start([{}, {}])
    await served('s')
    ;(await ask('other'))!.failed({ reason: 'server-error' })
    expect(await served('new')).toBe('b')
    expect(await served('s')).toBe('a')
  })

  it('is known by how it begins when the client does not say', async () => {
    const { pool } = start([equal, equal, equal, equal, equal])
    const turn = (n: number, first: string) =>
      makeCall({
        system: [
          { type: 'text', text: `x-anthropic-billing-header: cc_version=${n};` },
          { type: 'text', text: 'You are …', ...(n > 1 && { cache_control: { type: 'ephemeral' } }) },
        ],
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: `<system-reminder>it is ${n} o'clock</system-reminder>` },
              { type: 'text', text: first },
            ],
          },
          ...Array.from({ length: n }, (_, i) => ({ role: 'assistant', content: `turn ${i}` })),
        ],
      })
    const at = async (n: number, first: string) => {
      const lease = await pool.acquire(pool.request(turn(n, first)))
      lease!.release()
      return idOf(lease)
    }
    const pinned = await at(1, 'hello')
    expect([await at(2, 'hello'), await at(3, 'hello')]).toEqual([pinned, pinned])
    const others = await Promise.all([...'abcdefghijkl'].map((text) => at(1, text)))
    expect(new Set(others).size).toBeGreaterThan(1)
  })

  it('has sub-agents that may spread, and stay where they are', async () => {
    const { ask, served } = start([equal, equal, equal])
    const main = idOf(await ask('s'))
    const agents = await Promise.all(
      [1, 2].map(async (n) => idOf(await ask('s', {}, { agent: `agent${n}` }))),
    )
    expect(new Set([main, ...agents]).size).toBe(3)
    expect(await served('s', {}, { agent: 'agent1' })).toBe(agents[0])
    expect(await served('s')).toBe(main)
  })

  it('lends its account to a sub-agent while that has no more to do than others', async () => {
    const { served } = start([equal, equal, equal])
    const main = await served('s')
    expect(await served('s', {}, { agent: 'agent' })).toBe(main)
  })

  it('has an account for each set of models, so that side traffic on another model does not move it', async () => {
    const { served } = start([{ models: ['opus*'] }, { models: ['haiku*'] }, { models: ['opus*'] }])
    for (let i = 0; i < 3; i++) {
      expect(await served('s', { model: 'opus-1' })).toBe('a')
      expect(await served('s', { model: 'haiku-1' })).toBe('b')
    }
  })
})

describe('200 new sessions over 5 accounts', () => {
  const shares = (ids: (string | undefined)[]) =>
    [...'abcde'].map((id) => ids.filter((other) => other === id).length)

  it.each([1, 2, 3, 4, 5])(
    'give none more than 1.3 times its share, one after the other (seed %i)',
    async (seed) => {
      const { served } = start([equal, equal, equal, equal, equal], { random: seeded(seed) })
      const ids: (string | undefined)[] = []
      for (let i = 0; i < 200; i++) {
        ids.push(await served(`s${i}`))
        vi.advanceTimersByTime(1000)
      }
      expect(Math.max(...shares(ids))).toBeLessThanOrEqual(1.3 * 40)
    },
  )

  it.each([1, 2, 3, 4, 5])('nor all at once (seed %i)', async (seed) => {
    const { ask } = start([equal, equal, equal, equal, equal], { random: seeded(seed) })
    const ids = await Promise.all(Array.from({ length: 200 }, async (_, i) => idOf(await ask(`s${i}`))))
    expect(Math.max(...shares(ids))).toBeLessThanOrEqual(1.3 * 40)
  })

  it.each([1, 2, 3, 4, 5])('by weight (seed %i)', async (seed) => {
    const weights = [1, 1, 2, 2, 4]
    const { ask } = start(
      weights.map((weight) => ({ weight })),
      { random: seeded(seed) },
    )
    const ids = await Promise.all(Array.from({ length: 200 }, async (_, i) => idOf(await ask(`s${i}`))))
    shares(ids).forEach((share, i) => {
      expect(share).toBeLessThanOrEqual(1.3 * 20 * weights[i]!)
    })
  })
})

describe('a rest', () => {
  it('sends requests elsewhere until it is over, and is told with its reason', async () => {
    const { ask, served, pool } = start([{}, {}])
    ;(await ask('s'))!.failed(LIMIT)
    expect(await served('t')).toBe('b')
    expect(pool.status()[0]).toMatchObject({ cooldownMs: MINUTE, reason: 'rate-limit' })
    vi.advanceTimersByTime(MINUTE)
    expect(pool.status()[0]).toMatchObject({ cooldownMs: 0, reason: undefined })
    expect(await served('u')).toBe('a')
  })

  it('grows with each failure in a row where the upstream names no time, and a success begins anew', async () => {
    const { ask, served, pool, accounts } = start([{}], { random: () => 0.5 })
    const times: number[] = []
    for (let i = 0; i < 7; i++) {
      ;(await ask('s'))!.failed({ reason: 'overloaded' })
      times.push(pool.cooldownMs(accounts[0]!) / 1000)
      vi.advanceTimersByTime(pool.cooldownMs(accounts[0]!))
    }
    expect(times).toEqual([8, 16, 32, 64, 120, 120, 120])
    await served('s')
    ;(await ask('s'))!.failed({ reason: 'overloaded' })
    expect(pool.cooldownMs(accounts[0]!)).toBe(8_000)
  })

  it('counts once when several requests fail together, and is never cut short', async () => {
    const { ask, pool, accounts } = start([{}])
    const leases = await Promise.all(['s', 't', 'u', 'v'].map((s) => ask(s)))
    leases[0]!.failed({ reason: 'rate-limit', ms: HOUR })
    for (const lease of leases) lease!.failed({ reason: 'rate-limit' })
    expect(pool.cooldownMs(accounts[0]!)).toBe(HOUR)
    expect(pool.status()[0]!.cooldowns).toMatchObject([{ failures: 1 }])
  })

  it('outlives the success of a request that was under way before', async () => {
    const { ask, pool, accounts } = start([{}])
    const [early, limited] = [await ask('s'), await ask('t')]
    limited!.failed(LIMIT)
    early!.served()
    expect(pool.cooldownMs(accounts[0]!)).toBe(MINUTE)
  })

  it('for one model leaves the account to the others', async () => {
    const { ask, served, pool } = start([{}, {}])
    ;(await ask('s', { model: 'opus' }))!.failed({ ...LIMIT, scope: 'model' })
    expect(await served('t', { model: 'haiku' })).toBe('a')
    expect(await served('t2', { model: 'opus' })).toBe('b')
    expect(pool.status()[0]).toMatchObject({
      cooldownMs: 0,
      cooldowns: [{ model: 'opus', reason: 'rate-limit' }],
    })
  })

  it('can be cleared by hand', async () => {
    const { ask, served, pool } = start([{}, {}])
    ;(await ask('s', { model: 'm' }))!.failed({ ...LIMIT, scope: 'model' })
    ;(await ask('s', { model: 'n' }))!.failed(LIMIT)
    expect(pool.clear('a')).toBe(2)
    expect(pool.clear('nobody')).toBeUndefined()
    expect(await served('t', { model: 'm' })).toBe('a')
  })

  it('belongs to a credential: the same id with another key does not rest', async () => {
    const first = start([{}])
    first.pool.coolDown(first.accounts[0]!, HOUR, 'window-used-up')
    const { pool, accounts } = start([{ apiKey: 'new' }], { store: first.state.store })
    expect(pool.cooldownMs(accounts[0]!)).toBe(0)
  })
})

describe('after a rest', () => {
  async function rested(accounts: readonly Partial<Account>[] = [{}]) {
    const there = start(accounts)
    const lease = await there.ask('first')
    lease!.failed(LIMIT)
    lease!.release()
    vi.advanceTimersByTime(MINUTE)
    return there
  }

  it('one request tries it, and others are sent elsewhere meanwhile', async () => {
    const { ask } = await rested([{}, {}])
    expect(await Promise.all(['s', 't', 'u'].map(async (s) => idOf(await ask(s))))).toEqual(['a', 'b', 'b'])
  })

  it('without another account they wait for the outcome: a success lets them in', async () => {
    const { ask } = await rested()
    const probe = await ask('s')
    const crowd = Promise.all([ask('t'), ask('u')])
    await vi.advanceTimersByTimeAsync(1000)
    probe!.served()
    expect((await crowd).map(idOf)).toEqual(['a', 'a'])
  })

  it('a failure sends them away, with a longer rest', async () => {
    const { ask, pool, accounts } = await rested()
    const probe = await ask('s')
    const other = ask('t')
    probe!.failed({ reason: 'rate-limit' })
    expect(await other).toBeUndefined()
    expect(pool.cooldownMs(accounts[0]!)).toBeGreaterThan(40_000)
  })

  it('a probe that ends without an outcome leaves its turn to the next', async () => {
    const { ask } = await rested()
    const probe = await ask('s')
    const [second, third] = [ask('t'), ask('u')]
    probe!.release()
    expect(idOf(await second)).toBe('a')
    ;(await second)!.failed(LIMIT)
    expect(await third).toBeUndefined()
  })

  it('a probe that has not failed after 5 s lets the crowd follow', async () => {
    const { ask } = await rested()
    await ask('s')
    const other = ask('t')
    await vi.advanceTimersByTimeAsync(4_990)
    expect(await Promise.race([other, 'waiting'])).toBe('waiting')
    await vi.advanceTimersByTimeAsync(20)
    expect(idOf(await other)).toBe('a')
  })
})

describe('server errors', () => {
  it('do not keep the only account from serving', async () => {
    const { ask, served } = start([{}])
    for (let i = 0; i < 5; i++) {
      const lease = await ask('s')
      lease!.failed({ reason: 'server-error' })
      lease!.release()
    }
    expect(await served('s')).toBe('a')
  })

  it('several in a row send sessions away', async () => {
    const { ask, served } = start([{}, {}])
    await served('s')
    ;(await ask('s'))!.failed({ reason: 'server-error' })
    expect(idOf(await ask('s'))).toBe('a')
    vi.advanceTimersByTime(1_000)
    ;(await ask('s'))!.failed({ reason: 'server-error' })
    expect(await served('s')).toBe('b')
  })
})

describe('an account with maxConcurrent', () => {
  const one = { maxConcurrent: 1 }

  it('makes requests wait their turn, first come first served', async () => {
    const { ask } = start([one])
    const first = await ask('s')
    const order: string[] = []
    const rest = ['t', 'u', 'v'].map(async (s) => {
      const lease = await ask(s)
      order.push(s)
      setTimeout(() => lease!.release(), 100)
    })
    await vi.advanceTimersByTimeAsync(1000)
    expect(order).toEqual([])
    first!.release()
    await vi.advanceTimersByTimeAsync(50)
    expect(order).toEqual(['t'])
    await vi.advanceTimersByTimeAsync(1000)
    await Promise.all(rest)
    expect(order).toEqual(['t', 'u', 'v'])
  })

  it('is left for another with nothing to do rather than waited for, and stays the home of the session', async () => {
    const { ask, served } = start([one, one])
    const lease = await ask('s')
    expect(await served('s')).toBe('b')
    lease!.release()
    expect(await served('s')).toBe('a')
  })

  it('is waited for by its session while the others are busy, and then the next account is tried', async () => {
    const { ask } = start([one, { maxConcurrent: 2 }])
    await ask('s')
    await ask('t')
    const started = Date.now()
    const waiting = ask('s', {}, {}, 3_000)
    await vi.advanceTimersByTimeAsync(4_000)
    expect(idOf(await waiting)).toBe('b')
    expect(Date.now() - started).toBe(4_000)
  })

  it('is not waited for by a new session while another has room', async () => {
    const { ask } = start([one, { maxConcurrent: 2 }])
    await ask('s')
    await ask('t')
    expect(idOf(await ask('u'))).toBe('b')
  })

  it('when all stay full, the request is told so after its patience', async () => {
    const { ask, pool } = start([one, one])
    await Promise.all([ask('s'), ask('t')])
    const waiting = ask('u', {}, {}, 3_000)
    await vi.advanceTimersByTimeAsync(3_000)
    expect(await waiting).toBeUndefined()
    expect(pool.exhausted(callOf('u'))).toMatchObject({
      status: 429,
      message: 'all accounts are busy or cooling down: a (busy), b (busy)',
      headers: { 'retry-after': '1' },
    })
  })

  it('a client that goes leaves the queue', async () => {
    const { ask, state } = start([one])
    const lease = await ask('s')
    const gone = new AbortController()
    const waiting = ask('t', {}, { signal: gone.signal })
    const after = ask('u')
    await vi.advanceTimersByTimeAsync(1)
    gone.abort()
    await expect(waiting).rejects.toThrow('the client has gone')
    expect(state.queue.length).toBe(1)
    lease!.release()
    expect(idOf(await after)).toBe('a')
  })

  it('a request that waits takes an account whose rest ends meanwhile', async () => {
    const { ask, pool, accounts } = start([one, one])
    pool.coolDown(accounts[1]!, 2_000, 'overloaded')
    await ask('s')
    const waiting = ask('t')
    await vi.advanceTimersByTimeAsync(1_999)
    expect(await Promise.race([waiting, 'waiting'])).toBe('waiting')
    await vi.advanceTimersByTimeAsync(5)
    expect(idOf(await waiting)).toBe('b')
  })

  it('does not count token counts', async () => {
    const { ask } = start([one])
    await ask('s')
    const count = await ask('t', {}, { route: 'count-tokens' })
    expect(idOf(count)).toBe('a')
  })
})

describe('a place', () => {
  const taken = ({ pool }: ReturnType<typeof start>) => pool.status()[0]!.inFlight
  const chunk = Buffer.from('x')
  const streaming = (items: AsyncIterable<Buffer>) =>
    Reply.stream({
      pipe: async (sink) => {
        try {
          for await (const item of items) sink.data(item)
          sink.end()
        } catch (error) {
          sink.error(error as Error)
        }
      },
      pause() {},
      resume() {},
      cancel() {},
    })

  it('is free when the request is over, whatever became of the reply', async () => {
    const there = start([{}])
    const client = new AbortController()
    const lease = (await there.ask('s', {}, { signal: client.signal }))!
    expect(taken(there)).toBe(1)
    client.abort()
    expect(taken(there)).toBe(0)
    lease.release()
    expect(taken(there)).toBe(0)
  })

  it('is not given to a request that is over', () => {
    const there = start([{}])
    expect(() => there.ask('s', {}, { signal: AbortSignal.abort() })).toThrow(ClientGoneError)
    expect(taken(there)).toBe(0)
  })

  it('is free when the request ends while a store is asked, once the store has answered', async () => {
    const store = new SlowStore()
    const there = start([{ maxConcurrent: 1 }], { store })
    const client = new AbortController()
    const asked = there.ask('s', {}, { signal: client.signal })
    client.abort()
    store.answer()
    await asked
    expect(taken(there)).toBe(0)
    expect(store.slots(there.state.loads.of(stateIdOf(there.accounts[0]!)).id)).toBe(0)
  })

  it('is free at once when the answer is whole', async () => {
    const there = start([{}])
    ;(await there.ask('s'))!.hold(messageReply())
    expect(taken(there)).toBe(0)
  })

  it.each(['ends', 'breaks', 'is given up', 'is discarded unread'])(
    'is kept until its stream %s',
    async (how) => {
      const there = start([{}])
      async function* items() {
        yield chunk
        if (how === 'breaks') throw new Error('broken')
      }
      const reply = (await there.ask('s'))!.hold(streaming(items()))
      expect(taken(there)).toBe(1)
      if (how === 'is discarded unread') reply.discard()
      else {
        const read = (async () => {
          for await (const _ of chunksOf(reply.source())) if (how === 'is given up') break
        })()
        await read.catch(() => {})
      }
      expect(taken(there)).toBe(0)
    },
  )

  it('is freed once, however often it is said', async () => {
    const there = start([{}])
    const [lease] = [await there.ask('s'), await there.ask('t')]
    lease!.release()
    lease!.release()
    expect(taken(there)).toBe(1)
  })
})

describe('models per account', () => {
  it('a record gives patterns and the own name for each', async () => {
    const { ask } = start([
      { models: { 'claude-opus-*': 'big', 'claude-*': 'small' } },
      { models: ['gpt-*'] },
    ])
    expect((await ask('s', { model: 'claude-opus-5' }))!.target).toMatchObject({ model: 'big' })
    expect((await ask('s', { model: 'claude-haiku-5' }))!.target).toMatchObject({ model: 'small' })
    const other = await ask('s', { model: 'gpt-9' })
    expect(idOf(other)).toBe('b')
    expect(other!.target.model).toBeUndefined()
  })

  it('a model that nobody serves is told with the accounts there are', async () => {
    const { ask, pool } = start([{ models: ['a*'] }])
    expect(await ask('s', { model: 'zzz' })).toBeUndefined()
    expect(pool.exhausted(callOf('s', { model: 'zzz' }))).toMatchObject({
      status: 404,
      message: "no account serves the model 'zzz' (accounts: a)",
    })
  })
})

describe('when nobody can serve', () => {
  it.each([
    [['overloaded', 'server-error'], 529, 'overloaded_error'],
    [['overloaded', 'rate-limit'], 429, 'rate_limit_error'],
    [['unauthorised', 'window-used-up'], 429, 'rate_limit_error'],
    [['unauthorised', 'billing'], 401, 'authentication_error'],
    [['locked', 'locked'], 401, 'authentication_error'],
    [['billing', 'billing'], 402, 'billing_error'],
  ] as const)('because of %j the client gets a %i', (reasons, status, type) => {
    const { pool, accounts } = start([{}, {}])
    reasons.forEach((reason, i) => {
      pool.coolDown(accounts[i]!, undefined, reason)
    })
    expect(pool.exhausted(callOf('s'))).toMatchObject({ status, type })
  })

  it('each account is named with why and how long, the soonest return is the retry-after, and no key is told', () => {
    const { pool, accounts } = start([{ apiKey: 'sk-secret' }, {}, {}])
    pool.coolDown(accounts[0]!, Number.POSITIVE_INFINITY, 'unauthorised')
    pool.coolDown(accounts[1]!, 40_000, 'rate-limit')
    pool.coolDown(accounts[2]!, 20_000, 'window-used-up', 'claude-sonnet-5')
    const error = pool.exhausted(callOf('s'))
    expect(error.message).toBe(
      'all accounts are cooling down: a (unauthorised, until its key is changed), b (rate limit, 40 s), c (window used up, 20 s)',
    )
    expect(error.headers).toEqual({ 'retry-after': '20' })
  })

  it('a long time is told in hours and minutes, and on the clock', () => {
    const { pool, accounts } = start([{}])
    pool.coolDown(accounts[0]!, 10_783_000, 'window-used-up')
    expect(pool.exhausted(callOf('s')).message).toMatch(
      /^all accounts are cooling down: a \(window used up, 3 h 0 min, until .*\d\d:\d\d \S+\)$/,
    )
  })

  it('what no waiting mends is said to be about the gateway, and is not tried again', () => {
    const { pool, accounts } = start([{}, {}])
    pool.coolDown(accounts[0]!, undefined, 'unauthorised')
    pool.coolDown(accounts[1]!, undefined, 'billing')
    expect(pool.exhausted(callOf('s'))).toMatchObject({
      message:
        "no account can serve: a (unauthorised, until its key is changed), b (billing, until the config changes). Correct the gateway's accounts in its config, or the environment variables that their keys come from",
      headers: { 'x-should-retry': 'false' },
    })
  })
})

/** Grants slots as Redis does: some time after it was asked. */
class SlowStore extends MemoryStore {
  answer = () => {}

  override acquireSlot(key: string, holder: string, limit: number): never {
    const granted = new Promise<boolean>((resolve) => {
      this.answer = () => resolve(super.acquireSlot(key, holder, limit))
    })
    return granted as never
  }
}
