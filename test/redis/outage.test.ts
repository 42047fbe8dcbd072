import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import type { RedisStore } from '../../core/state/redis.js'
import { isAtOnce } from '../support/at-once.js'
import { canStartRedis, startRedis } from './redis-server.js'
import { logger, patience, redisStore } from './stores.js'

const available = inject('redisUrl') !== undefined && (await canStartRedis())
const PREFIX = 'agproxy-test:'

async function server() {
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  return redis
}

const up = (store: RedisStore) => expect.poll(() => store.isShared, { interval: 10 }).toBe(true)
const soon = (look: () => unknown) => expect.poll(look, { interval: 5 })

/** The result of what waits at most for its patience of 50 ms, on a machine that has time for it. */
async function patiently<T>(run: () => T | Promise<T>): Promise<T> {
  let over = false
  const result = Promise.resolve(run()).finally(() => (over = true))
  expect(await isAtOnce(() => over, 80), 'within its patience').toBe(true)
  return result
}

describe.skipIf(!available)('while Redis is away', () => {
  it.each(['stopped', 'frozen'])(
    '(%s) nobody waits longer than his patience, and the copy decides',
    async (how) => {
      const redis = await server()
      const log = logger()
      const store = await redisStore(redis.url, PREFIX, { logger: log })
      store.set('cooldown', 'k', 'before', 60_000)
      await sleep(20)
      if (how === 'stopped') await redis.stop()
      else redis.freeze()

      const set = await patiently(() =>
        store.compareAndSet(
          { kind: 'session', key: 's', expected: undefined, value: 'a', ttl: 60_000 },
          patience(),
        ),
      )
      expect(set).toBe('a')
      expect(await patiently(() => store.acquireSlot('k', 'a', 1, patience()))).toBe(true)
      expect(await store.acquireSlot('k', 'b', 1, patience())).toBe(false)
      expect(store.get('cooldown', 'k')?.value).toBe('before')

      // Once it is known to be away nobody waits at all.
      let later: boolean | undefined
      void Promise.resolve(store.acquireSlot('k', 'b', 2, patience())).then((given) => (later = given))
      await setImmediate()
      expect(later).toBe(true)
      await sleep(1_000)
      expect(log.lines.filter((line) => line.startsWith('Redis is away'))).toHaveLength(1)
      redis.thaw()
    },
  )

  it('a gateway starts, and joins when Redis is there', async () => {
    const redis = await server()
    await redis.stop()
    const store = await redisStore(redis.url, PREFIX)
    store.set('cooldown', 'k', 'mine', 60_000)
    await redis.start()
    await up(store)
    const other = await redisStore(redis.url, PREFIX)
    expect(other.get('cooldown', 'k')?.value).toBe('mine')
  })
})

describe.skipIf(!available)('when Redis is back', () => {
  it('and has lost everything, each gateway tells what it knows, and says so once', async () => {
    const redis = await server()
    const log = logger()
    const one = await redisStore(redis.url, PREFIX, { logger: log })
    const other = await redisStore(redis.url, PREFIX)
    one.set('cooldown', 'long before', 'x', 60_000)
    await soon(() => other.get('cooldown', 'long before')?.value).toBe('x')
    await redis.stop()
    await expect.poll(() => one.isShared).toBe(false)
    one.set('cooldown', 'meanwhile', 'y', 60_000)
    expect(await one.acquireSlot('places', 'holder', 1, patience())).toBe(true)
    await redis.start()
    await Promise.all([up(one), up(other)])
    await soon(() => other.get('cooldown', 'meanwhile')?.value).toBe('y')
    await soon(() => other.slots('places')).toBe(1)
    const third = await redisStore(redis.url, PREFIX)
    expect(third.get('cooldown', 'long before')?.value).toBe('x')
    expect(log.lines.filter((line) => line.startsWith('Redis'))).toEqual([
      expect.stringMatching(/^Redis is away \(.*\): going on with what this gateway knows/),
      'Redis is back: state is shared again',
    ])
    expect(log.lines.join()).not.toContain('127.0.0.1')
  })

  it('and has kept its data, what others deleted meanwhile is gone here too', async () => {
    const redis = await server()
    const one = await redisStore(redis.url, PREFIX)
    const other = await redisStore(redis.url, PREFIX)
    one.set('cooldown', 'deleted', 'x', 60_000)
    one.set('cooldown', 'kept', 'x', 60_000)
    await soon(() => other.get('cooldown', 'kept')?.value).toBe('x')
    redis.freeze()
    await one.acquireSlot('any', 'holder', 1, patience()) // finds out
    one.set('cooldown', 'new', 'y', 60_000)
    one.delete('cooldown', 'kept')
    other.delete('cooldown', 'deleted')
    redis.thaw()
    await Promise.all([up(one), up(other)])
    await soon(() => [...other.entries('cooldown')].map(([key]) => key)).toEqual(['new'])
    await soon(() => [...one.entries('cooldown')].map(([key]) => key)).toEqual(['new'])
  })

  it('the longer of two rests stands', async () => {
    const redis = await server()
    const one = await redisStore(redis.url, PREFIX)
    const other = await redisStore(redis.url, PREFIX)
    await redis.stop()
    await soon(() => one.isShared || other.isShared).toBe(false)
    one.set('cooldown', 'k', 'short', 20_000)
    other.set('cooldown', 'k', 'long', 60_000)
    await redis.start()
    await Promise.all([up(one), up(other)])
    await soon(() => [one, other].map((store) => store.get('cooldown', 'k')?.value)).toEqual(['long', 'long'])
  })
})

describe.skipIf(!available)('places', () => {
  it('of a gateway that died are free after the lease time, and those who wait hear of it', async () => {
    const redis = await server()
    const one = await redisStore(redis.url, PREFIX, { leaseTime: 600 })
    const other = await redisStore(redis.url, PREFIX, { leaseTime: 600 })
    expect(await one.acquireSlot('k', 'dead', 1, patience())).toBe(true)
    expect(await other.acquireSlot('k', 'waiting', 1, patience())).toBe(false)
    await one.close() // without a release: the process is gone
    const heard: string[] = []
    other.onChange((kind, key) => heard.push(`${kind} ${key}`))
    await soon(() => heard).toContain('slot k')
    expect(await other.acquireSlot('k', 'waiting', 1, patience())).toBe(true)
  })

  it('of a long stream are kept', async () => {
    const redis = await server()
    const one = await redisStore(redis.url, PREFIX, { leaseTime: 300 })
    const other = await redisStore(redis.url, PREFIX, { leaseTime: 300 })
    await one.acquireSlot('k', 'stream', 1, patience())
    await sleep(1_000)
    expect(await other.acquireSlot('k', 'late', 1, patience())).toBe(false)
  })
})

describe.skipIf(!available)('a stall of this process', () => {
  it('is not taken for an outage', async () => {
    const redis = await server()
    const log = logger()
    const store = await redisStore(redis.url, PREFIX, { logger: log })
    const answer = store.compareAndSet(
      { kind: 'session', key: 's', expected: undefined, value: 'a', ttl: 60_000 },
      patience(),
    )
    const until = performance.now() + 120
    while (performance.now() < until); // as a large body that is parsed
    expect(await answer).toBe('a')
    expect(log.lines).toEqual([])
    expect(store.isShared).toBe(true)
  })
})
