import { describe, expect, it } from 'vitest'
import { MemoryStore } from './memory.js'

describe('the state of one process', () => {
  it('is bounded: of a kind the values that were set last stay', () => {
    const store = new MemoryStore(Date.now, 100)
    store.set('cooldown', 'account', 'rate-limit', 60_000)
    for (let i = 0; i < 1_000; i++) {
      store.set('session', 's', 'a', 60_000)
      store.set('session', `s${i}`, 'a', 60_000)
    }
    const keys = [...store.entries('session')].map(([key]) => key)
    expect(keys.length).toBeGreaterThanOrEqual(90)
    expect(keys.length).toBeLessThanOrEqual(100)
    expect(keys).toEqual(expect.arrayContaining(['s', 's999', 's920']))
    expect(store.get('cooldown', 'account')?.value).toBe('rate-limit')
  })

  it('forgets by the clock that it is given', () => {
    let now = 0
    const store = new MemoryStore(() => now)
    store.set('cooldown', 'k', 'v', 100)
    now = 99
    expect(store.get('cooldown', 'k')).toEqual({ value: 'v', expires: 100 })
    now = 100
    expect(store.get('cooldown', 'k')).toBeUndefined()
  })

  it('ends in its time although the clock is put back, and at once where it is put forward', () => {
    let now = 1_000_000_000
    const store = new MemoryStore(() => now)
    store.set('cooldown', 'k', 'v', 5_000)
    store.set('session', 's', 'v', 9_000_000)
    now -= 3_600_000
    expect(store.get('cooldown', 'k')).toEqual({ value: 'v', expires: now + 5_000 })
    now += 5_000
    expect(store.get('cooldown', 'k')).toBeUndefined()
    expect([...store.entries('session')]).toEqual([['s', { value: 'v', expires: now + 8_995_000 }]])
    now += 9_000_000
    expect(store.get('session', 's')).toBeUndefined()
  })

  it('is not moved by the small corrections of a clock', () => {
    let now = 1_000_000
    const store = new MemoryStore(() => now)
    store.set('cooldown', 'k', 'v', 5_000)
    now -= 500
    expect(store.get('cooldown', 'k')?.expires).toBe(1_005_000)
  })
})
