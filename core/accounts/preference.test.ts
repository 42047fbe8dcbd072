import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { callOf, seeded, type TestPoolInit, testPool } from '../../test/support/pool.js'
import type { Preference } from '../contract/call.js'
import type { Account } from '../contract/upstream.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const MINUTE = 60_000
const LIMIT = { reason: 'rate-limit', ms: MINUTE } as const

function start(accounts: readonly Partial<Account>[], init: TestPoolInit = {}) {
  const { pool } = testPool(accounts, { random: seeded(1), ...init })
  const ask = (session: string, preference: Preference = {}, body = {}, agent?: string) => {
    const call = callOf(session, body, agent === undefined ? {} : { agent }).prefer(preference)
    return pool.acquire(pool.request(call))
  }
  /** A request that is served and over; its account. */
  const served = async (...args: Parameters<typeof ask>) => {
    const lease = await ask(...args)
    lease?.served()
    lease?.release()
    return lease?.target.account.id
  }
  return { pool, ask, served }
}

describe('a call that prefers an account', () => {
  it('goes there whatever the order, and its session stays where it was', async () => {
    const { served } = start([{}, {}, {}])
    expect(await served('s')).toBe('a')
    expect(await served('s', { account: 'c' })).toBe('c')
    expect(await served('s')).toBe('a')
  })

  it('does not pin a session that has no account yet', async () => {
    const { served } = start([{}, {}])
    expect(await served('s', { account: 'b' })).toBe('b')
    expect(await served('s')).toBe('a')
  })

  it('goes to an account of last resort', async () => {
    const { served } = start([{}, { upstream: 'last' }], { precedence: { last: 'fallback' } })
    expect(await served('s', { upstream: 'last' })).toBe('b')
  })

  it('goes there although the session is pinned elsewhere, and an idle account of its own is there', async () => {
    const { ask } = start([{ maxConcurrent: 1 }, {}])
    const first = await ask('s')
    const second = await ask('s', { account: 'b' })
    expect([first, second].map((lease) => lease!.target.account.id)).toEqual(['a', 'b'])
  })
})

describe('a call that prefers an upstream', () => {
  const pairs = [
    { upstream: 'x', priority: 0 },
    { upstream: 'x', priority: 0 },
    { upstream: 'y', priority: 0 },
    { upstream: 'y', priority: 0 },
    { upstream: 'y', priority: 0 },
  ]

  it('stays on one account of it, as prompt caches want it', async () => {
    const { served } = start(pairs)
    const first = await served('s', { upstream: 'y' })
    expect('cde').toContain(first)
    for (let i = 0; i < 10; i++) {
      await served(`other ${i}`, { upstream: 'y' })
      expect(await served('s', { upstream: 'y' })).toBe(first)
    }
  })

  it('spreads sessions over all of its accounts', async () => {
    const { ask } = start(pairs)
    const seen = new Set<string>()
    for (let i = 0; i < 3; i++) seen.add((await ask(`s${i}`, { upstream: 'y' }))!.target.account.id)
    expect([...seen].sort()).toEqual(['c', 'd', 'e'])
  })

  it('begins on the account of the agent that started it, among those', async () => {
    const { served } = start(pairs)
    const own = await served('s', { upstream: 'y' })
    expect(await served('s', { upstream: 'y' }, {}, 'agent-1')).toBe(own)
  })

  it('may name both: one account, and only at this upstream', async () => {
    const { served } = start([{ upstream: 'x' }, { upstream: 'y' }])
    expect(await served('s', { account: 'b', upstream: 'y' })).toBe('b')
    expect(await served('s', { account: 'b', upstream: 'x' })).toBe('a')
  })
})

describe('a preference that cannot be met', () => {
  it.each([
    ['is unknown', { account: 'nobody' }, {}],
    ['is of another upstream', { upstream: 'nowhere' }, {}],
    ['serves no such model', { account: 'b' }, { model: 'claude-opus-5' }],
  ])('as the account %s is the usual choice', async (_why, preference, body) => {
    const { served } = start([{}, { models: ['claude-haiku-*'] }])
    expect(await served('s', preference, body)).toBe('a')
  })

  it('as the account cools down, and is met again when it is back', async () => {
    const { ask, served } = start([{}, {}])
    const lease = await ask('s', { account: 'b' })
    lease!.failed(LIMIT)
    lease!.release()
    expect(await served('s', { account: 'b' })).toBe('a')
    vi.advanceTimersByTime(MINUTE + 1)
    expect(await served('s', { account: 'b' })).toBe('b')
  })

  it('as the account fails now and then: another that is well is better', async () => {
    const { ask, served } = start([{}, {}])
    for (let i = 0; i < 2; i++) {
      const lease = await ask(`s${i}`, { account: 'b' })
      lease!.failed({ reason: 'server-error' })
      lease!.release()
    }
    expect(await served('s', { account: 'b' })).toBe('a')
  })

  it('as the account is full is no reason to wait', async () => {
    const { pool, ask } = start([{}, { maxConcurrent: 1 }])
    const [first, second] = [await ask('1', { account: 'b' }), await ask('2', { account: 'b' })]
    expect([first, second].map((lease) => lease!.target.account.id)).toEqual(['b', 'a'])
    expect(pool.waiting).toBe(0)
  })

  it('as the account was tried: the attempt after it is the usual one', async () => {
    const { pool } = start([{}, {}])
    const request = pool.request(callOf('s').prefer({ account: 'b' }))
    const first = await pool.acquire(request)
    request.tried.add(first!.target.account.id)
    const second = await pool.acquire(request)
    expect([first, second].map((lease) => lease!.target.account.id)).toEqual(['b', 'a'])
  })

  it('is not what a client hears of: the error names all accounts', async () => {
    const { pool } = start([{}, {}])
    for (const account of pool.all()) pool.coolDown(account, MINUTE, 'rate-limit')
    const call = callOf('s').prefer({ account: 'b' })
    expect(await pool.acquire(pool.request(call))).toBeUndefined()
    expect(pool.exhausted(call).message).toMatch(/a \(.*b \(/)
  })

  it('leaves alone the only upstream that may serve', async () => {
    const { served } = start([{ upstream: 'zai' }, { upstream: 'own' }], { precedence: { zai: 'exclusive' } })
    expect(await served('s', { upstream: 'own' })).toBe('a')
  })
})

describe('a call that takes no other account', () => {
  it('gets none where they are full, at once or after its wait', async () => {
    const { ask } = start([{}, { maxConcurrent: 1 }])
    await ask('1', { account: 'b' })
    expect(await ask('2', { account: 'b', only: 'now' })).toBeUndefined()
    const waiting = ask('3', { account: 'b', only: true })
    await vi.advanceTimersByTimeAsync(MINUTE)
    expect(await waiting).toBeUndefined()
  })

  it('waits for one that is busy', async () => {
    const { ask } = start([{}, { maxConcurrent: 1 }])
    const first = await ask('1', { account: 'b' })
    const waiting = ask('2', { account: 'b', only: true })
    first!.release()
    expect((await waiting)!.target.account.id).toBe('b')
  })

  it('is told of those accounts alone', async () => {
    const { pool, ask } = start([{}, {}])
    const lease = await ask('1', { account: 'b' })
    lease!.failed(LIMIT)
    lease!.release()
    const call = callOf('1').prefer({ account: 'b', only: true })
    expect(await pool.acquire(pool.request(call))).toBeUndefined()
    expect(pool.exhausted(call).message).toMatch(/b \(.*\)$/)
    expect(pool.exhausted(call).message).not.toContain('a (')
    expect(pool.soonest(call)).toBeGreaterThan(0)
  })
})
