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
})
