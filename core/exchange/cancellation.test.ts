import { describe, expect, it, vi } from 'vitest'
import type { Cancellation } from '../contract/http.js'
import { ClientGoneError } from '../errors/gateway-errors.js'
import { ClientCancellation, SignalCancellation } from './cancellation.js'

const kinds: [string, () => { cancellation: Cancellation; leave: () => void }][] = [
  [
    'a client',
    () => {
      const cancellation = new ClientCancellation()
      return { cancellation, leave: () => cancellation.cancel() }
    },
  ],
  [
    "a plugin's signal",
    () => {
      const stop = new AbortController()
      return { cancellation: new SignalCancellation(stop.signal), leave: () => stop.abort() }
    },
  ],
]

describe.each(kinds)('the presence of %s', (_what, make) => {
  it('tells those who listen, once, and those who stopped listening not at all', () => {
    const { cancellation, leave } = make()
    const [one, two, three] = [vi.fn(), vi.fn(), vi.fn()]
    cancellation.on(one)
    cancellation.on(two)
    cancellation.on(three)
    cancellation.off(two)
    cancellation.off(vi.fn())
    expect(cancellation.cancelled).toBe(false)
    leave()
    leave()
    expect(cancellation.cancelled).toBe(true)
    expect([one, two, three].map((f) => f.mock.calls.length)).toEqual([1, 0, 1])
  })

  it('is a signal for who wants one', () => {
    const { cancellation, leave } = make()
    const { signal } = cancellation
    expect(cancellation.signal).toBe(signal)
    leave()
    expect(signal.aborted).toBe(true)
  })
})

it('a signal that is asked for too late is aborted, by a client that has gone', () => {
  const cancellation = new ClientCancellation()
  cancellation.cancel()
  expect(cancellation.signal.aborted).toBe(true)
  expect(ClientGoneError.is(cancellation.signal.reason)).toBe(true)
})
