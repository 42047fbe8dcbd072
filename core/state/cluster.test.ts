import { setImmediate } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { ClusterHub } from './cluster-hub.js'
import type { Channel } from './cluster-messages.js'
import { ClusterStore } from './cluster-store.js'
import { SLOT } from './store.js'

/**
 * Two ends of a channel that delivers in a later turn, as processes do, and copies what it carries. As with processes, a
 * message is lost when it arrives before the other end listens, or after one of them has ended.
 */
function channel(): { worker: Channel; primary: Channel; cut(): void } {
  let open = true
  const make = () => {
    const listeners: ((message: unknown) => void)[] = []
    return { listeners, onMessage: (listener: (message: unknown) => void) => void listeners.push(listener) }
  }
  const [a, b] = [make(), make()]
  const to = (end: typeof a) => (message: unknown) => {
    const copy = structuredClone(message)
    const deliver = () => {
      if (open) for (const listener of end.listeners) listener(copy)
    }
    void setImmediate().then(deliver)
  }
  return { worker: { ...a, send: to(b) }, primary: { ...b, send: to(a) }, cut: () => (open = false) }
}

/** Each message takes one turn; a timer of 15 ms may be over before the first of them. */
const settled = async () => {
  for (let turns = 0; turns < 20; turns++) await setImmediate()
}
const patience = () => ({ left: 1_000 })

async function workers(count: number) {
  const hub = new ClusterHub()
  const join = async () => {
    const ends = channel()
    hub.join(ends.primary)
    await settled() // a worker loads its code after the primary has forked it
    const store = new ClusterStore(ends.worker)
    return { store, ...ends, die: () => die(ends) }
  }
  const die = (ends: ReturnType<typeof channel>) => {
    ends.cut()
    hub.leave(ends.primary)
  }
  return { hub, join, all: await Promise.all(Array.from({ length: count }, join)) }
}

describe('workers of one machine', () => {
  it('see what another one wrote, counted and deleted', async () => {
    const [a, b] = (await workers(2)).all
    a!.store.set('cooldown', 'x', 'rate-limit', Number.POSITIVE_INFINITY)
    a!.store.add('count', 'x', 2, 1_000)
    b!.store.add('count', 'x', 3, 1_000)
    await settled()
    expect(b!.store.get('cooldown', 'x')).toMatchObject({
      value: 'rate-limit',
      expires: Number.POSITIVE_INFINITY,
    })
    expect([a!.store.get('count', 'x')?.value, b!.store.get('count', 'x')?.value]).toEqual(['5', '5'])
    b!.store.delete('cooldown', 'x')
    await settled()
    expect(a!.store.get('cooldown', 'x')).toBeUndefined()
  })

  it('end with the same value when they write at once', async () => {
    const { all } = await workers(3)
    for (const [i, { store }] of all.entries()) store.set('session', 's', `a${i}`, 1_000)
    await settled()
    expect(new Set(all.map(({ store }) => store.get('session', 's')?.value)).size).toBe(1)
  })

  it('hear of what changes elsewhere', async () => {
    const [a, b] = (await workers(2)).all
    const heard = vi.fn()
    b!.store.onChange(heard)
    a!.store.set('cooldown', 'x', '1', 1_000)
    await a!.store.acquireSlot('x', 'r1', 1, patience())
    await settled()
    expect(heard.mock.calls).toEqual([
      ['cooldown', 'x'],
      [SLOT, 'x'],
    ])
  })

  it('agree on who was first', async () => {
    const { all } = await workers(4)
    const answers = await Promise.all(
      all.map(({ store }, i) =>
        store.compareAndSet(
          { kind: 'session', key: 's', expected: undefined, value: `a${i}`, ttl: 1_000 },
          patience(),
        ),
      ),
    )
    expect(new Set(answers).size).toBe(1)
    await settled()
    for (const { store } of all) expect(store.get('session', 's')?.value).toBe(answers[0])
  })

  it('share places, and get those of a dead worker back', async () => {
    const { all } = await workers(3)
    const taken = await Promise.all(
      all.map(({ store }, i) => store.acquireSlot('acc', `r${i}`, 2, patience())),
    )
    expect(taken.filter(Boolean)).toHaveLength(2)
    await settled()
    expect(all.map(({ store }) => store.slots('acc'))).toEqual([2, 2, 2])
    const holder = taken.indexOf(true)
    all[holder]!.die()
    await settled()
    const other = all.find((_, i) => i !== holder)!
    expect(other.store.slots('acc')).toBe(1)
    expect(await other.store.acquireSlot('acc', 'r9', 2, patience())).toBe(true)
    other.store.releaseSlot('acc', 'r9')
    await settled()
    expect(other.store.slots('acc')).toBe(1)
  })

  it('learn what is known when they join late', async () => {
    const { all, join } = await workers(1)
    all[0]!.store.set('cooldown', 'x', 'locked', 60_000)
    await all[0]!.store.acquireSlot('acc', 'r1', 1, patience())
    const late = await join()
    await settled()
    expect(late.store.get('cooldown', 'x')?.value).toBe('locked')
    expect(late.store.slots('acc')).toBe(1)
  })

  it('decide by themselves when the primary does not answer in time', async () => {
    const { all } = await workers(1)
    all[0]!.cut()
    const limited = { left: 20 }
    expect(
      await all[0]!.store.compareAndSet(
        { kind: 'session', key: 's', expected: undefined, value: 'a', ttl: 1_000 },
        limited,
      ),
    ).toBe('a')
    expect(limited.left).toBeLessThan(2)
    expect(await all[0]!.store.acquireSlot('acc', 'r', 1, limited)).toBe(true)
  })
})
