import { describe, expect, it, vi } from 'vitest'
import { ClientGoneError } from '../errors/gateway-errors.js'
import { ClientPresence, type Presence, SignalPresence } from './cancellation.js'

const kinds: [string, () => { presence: Presence; leave: () => void }][] = [
  [
    'a client',
    () => {
      const presence = new ClientPresence()
      return { presence, leave: () => presence.leave() }
    },
  ],
  [
    "a plugin's signal",
    () => {
      const stop = new AbortController()
      return { presence: new SignalPresence(stop.signal), leave: () => stop.abort() }
    },
  ],
]

describe.each(kinds)('the presence of %s', (_what, make) => {
  it('tells those who listen, once, and those who stopped listening not at all', () => {
    const { presence, leave } = make()
    const [one, two, three] = [vi.fn(), vi.fn(), vi.fn()]
    presence.on(one)
    presence.on(two)
    presence.on(three)
    presence.off(two)
    presence.off(vi.fn())
    expect(presence.gone).toBe(false)
    leave()
    leave()
    expect(presence.gone).toBe(true)
    expect([one, two, three].map((f) => f.mock.calls.length)).toEqual([1, 0, 1])
  })

  it('is a signal for who wants one', () => {
    const { presence, leave } = make()
    const { signal } = presence
    expect(presence.signal).toBe(signal)
    leave()
    expect(signal.aborted).toBe(true)
  })
})

it('a signal that is asked for too late is aborted, by a client that has gone', () => {
  const presence = new ClientPresence()
  presence.leave()
  expect(presence.signal.aborted).toBe(true)
  expect(ClientGoneError.is(presence.signal.reason)).toBe(true)
})
