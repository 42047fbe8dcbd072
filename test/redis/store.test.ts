import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, inject, it } from 'vitest'
import type { StateStore } from '../../core/contract/state.js'
import { MemoryStore } from '../../core/state/memory.js'
import { SLOT } from '../../core/state/store.js'
import { ownPrefix, redisStore } from './stores.js'

const url = inject('redisUrl')

/** More than a request has: after 50 ms on a busy machine each copy would decide for itself. */
const patience = () => ({ left: 10_000 })

/** Two views of one state: the same object, or two gateways. */
type Pair = readonly [one: StateStore, other: StateStore]

const stores: readonly (readonly [string, () => Promise<Pair>])[] = [
  [
    'memory',
    async () => {
      const store = new MemoryStore()
      return [store, store]
    },
  ],
  ...(url === undefined
    ? []
    : [
        [
          'Redis',
          async (): Promise<Pair> => {
            const prefix = ownPrefix(url)
            return [await redisStore(url, prefix), await redisStore(url, prefix)]
          },
        ] as const,
      ]),
]

describe.each(stores)('the state in %s', (_name, open) => {
  const soon = (look: () => unknown) => expect.poll(look, { interval: 5 })

  it('what one sets it sees at once, and the other soon', async () => {
    const [one, other] = await open()
    const from = Date.now()
    one.set('cooldown', 'a\tmodel "x" é', 'value', 5_000)
    expect(one.get('cooldown', 'a\tmodel "x" é')?.value).toBe('value')
    await soon(() => other.get('cooldown', 'a\tmodel "x" é')?.value).toBe('value')
    const { expires } = other.get('cooldown', 'a\tmodel "x" é')!
    expect(expires).toBeGreaterThan(from + 5_000 - 100)
    expect(expires).toBeLessThan(Date.now() + 5_000 + 100)
  })

  it('kinds are apart', async () => {
    const [one] = await open()
    one.set('cooldown', 'k', '1', 5_000)
    one.set('recovering', 'k', '2', 5_000)
    expect([one.get('cooldown', 'k')?.value, one.get('recovering', 'k')?.value]).toEqual(['1', '2'])
    expect([...one.entries('cooldown')].map(([key]) => key)).toEqual(['k'])
  })

  it('values expire, at both', async () => {
    const [one, other] = await open()
    one.set('cooldown', 'k', 'v', 1_000)
    await soon(() => other.get('cooldown', 'k')?.value).toBe('v')
    await sleep(1_020)
    expect([one.get('cooldown', 'k'), other.get('cooldown', 'k')]).toEqual([undefined, undefined])
    expect([...one.entries('cooldown')]).toEqual([])
  })

  it('what one deletes is gone for both', async () => {
    const [one, other] = await open()
    one.set('cooldown', 'k', 'v', 5_000)
    await soon(() => other.get('cooldown', 'k')?.value).toBe('v')
    other.delete('cooldown', 'k')
    expect(other.get('cooldown', 'k')).toBeUndefined()
    await soon(() => one.get('cooldown', 'k')).toBeUndefined()
  })

  it('of two values set at once the same one stands at both', async () => {
    const [one, other] = await open()
    for (let i = 0; i < 50; i++) {
      one.set('session', `k${i}`, 'one', 5_000)
      other.set('session', `k${i}`, 'other', 5_000)
    }
    const valuesOf = (store: StateStore) =>
      Array.from({ length: 50 }, (_, i) => store.get('session', `k${i}`)?.value)
    await soon(() => isDeepStrictEqual(valuesOf(one), valuesOf(other))).toBe(true)
  })

  it('counters add up', async () => {
    const [one, other] = await open()
    expect(one.add('failures', 'k', 2, 5_000)).toBe(2)
    await soon(() => other.get('failures', 'k')?.value).toBe('2')
    expect(other.add('failures', 'k', 3, 5_000)).toBe(5)
    for (let i = 0; i < 10; i++) {
      one.add('failures', 'k', 1, 5_000)
      other.add('failures', 'k', 1, 5_000)
    }
    await soon(() => [one.get('failures', 'k')?.value, other.get('failures', 'k')?.value]).toEqual([
      '25',
      '25',
    ])
  })

  it('compare and set: of many that ask at once one wins, and all learn who', async () => {
    const [one, other] = await open()
    const ask = (store: StateStore, value: string) =>
      store.compareAndSet({ kind: 'probe', key: 'k', expected: undefined, value, ttl: 5_000 }, patience())
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => ask(i % 2 ? one : other, `value ${i}`)),
    )
    expect(new Set(answers).size).toBe(1)
    expect(one.get('probe', 'k')?.value).toBe(answers[0])
  })

  it('compare and set: only what is expected is replaced', async () => {
    const [one, other] = await open()
    const set = (store: StateStore, expected: string | undefined, value: string) =>
      store.compareAndSet({ kind: 'session', key: 'k', expected, value, ttl: 5_000 }, patience())
    expect(await set(one, 'something', 'a')).toBeUndefined()
    expect(await set(one, undefined, 'a')).toBe('a')
    expect(await set(other, undefined, 'b')).toBe('a')
    expect(await set(other, 'a', 'b')).toBe('b')
    await soon(() => one.get('session', 'k')?.value).toBe('b')
    expect(await set(one, 'a', 'c')).toBe('b')
  })

  it('places are given as long as there are any, however many ask at once', async () => {
    const [one, other] = await open()
    const take = (i: number) => (i % 2 ? one : other).acquireSlot('k', `holder ${i}`, 3, patience())
    const granted = (await Promise.all(Array.from({ length: 12 }, (_, i) => take(i)))).filter(Boolean)
    expect(granted).toHaveLength(3)
    await soon(() => [one.slots('k'), other.slots('k')]).toEqual([3, 3])
  })

  it('a place that is released can be had again, and both hear of it', async () => {
    const [one, other] = await open()
    expect(await one.acquireSlot('k', 'a', 1, patience())).toBe(true)
    expect(await other.acquireSlot('k', 'b', 1, patience())).toBe(false)
    const heard: string[] = []
    other.onChange((kind, key) => heard.push(`${kind} ${key}`))
    one.releaseSlot('k', 'a')
    await soon(() => heard).toContain(`${SLOT} k`)
    expect(await other.acquireSlot('k', 'b', 1, patience())).toBe(true)
  })

  it('changes are heard of, at both', async () => {
    const [one, other] = await open()
    const heard: string[] = []
    other.onChange((kind, key) => heard.push(`${kind} ${key}`))
    one.set('cooldown', 'k', 'v', 5_000)
    one.delete('cooldown', 'k')
    await soon(() => heard.length).toBeGreaterThan(1)
    expect(new Set(heard)).toEqual(new Set(['cooldown k']))
  })
})

it.skipIf(url === undefined)('a gateway that joins learns of all kinds, those of plugins too', async () => {
  const prefix = ownPrefix(url!)
  const one = await redisStore(url!, prefix)
  one.add('budget', 'k', 7, 5_000)
  await one.compareAndSet(
    { kind: 'of-a-plugin', key: 'k', expected: undefined, value: 'v', ttl: 5_000 },
    patience(),
  )
  const other = await redisStore(url!, prefix)
  expect([other.get('budget', 'k')?.value, other.get('of-a-plugin', 'k')?.value]).toEqual(['7', 'v'])
})
