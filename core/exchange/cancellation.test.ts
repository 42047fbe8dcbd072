import { describe, expect, it, vi } from 'vitest'
import type { Cancellation } from '../contract/http.js'
import { ClientGoneError } from '../errors/gateway-errors.js'
import { ClientCancellation, orCancelled, SignalCancellation } from './cancellation.js'

interface Made {
  readonly cancellation: Cancellation
  readonly cancel: () => void
}

const client = (): Made => {
  const cancellation = new ClientCancellation()
  return { cancellation, cancel: () => cancellation.cancel() }
}
const signal = (outer?: Cancellation): Made => {
  const stop = new AbortController()
  return { cancellation: new SignalCancellation(stop.signal, outer), cancel: () => stop.abort() }
}

const kinds: [string, () => Made][] = [
  ['a client', client],
  ["a plugin's signal", () => signal()],
  ["a plugin's signal within a request", () => signal(client().cancellation)],
  [
    "the request around a plugin's signal",
    () => {
      const { cancellation, cancel } = client()
      return { cancellation: signal(cancellation).cancellation, cancel }
    },
  ],
]

describe.each(kinds)('a cancellation by %s', (_what, make) => {
  it('calls those that listen, once, the last one first, and not those that stopped', () => {
    const { cancellation, cancel } = make()
    const called: string[] = []
    const [one, two, three] = ['one', 'two', 'three'].map((name) => () => void called.push(name))
    for (const listener of [one!, two!, three!]) cancellation.on(listener)
    cancellation.off(two!)
    cancellation.off(vi.fn())
    expect(cancellation.cancelled).toBe(false)
    cancel()
    cancel()
    expect(cancellation.cancelled).toBe(true)
    expect(called).toEqual(['three', 'one'])
  })

  it('calls a listener that comes too late at once', () => {
    const { cancellation, cancel } = make()
    cancel()
    const late = vi.fn()
    cancellation.on(late)
    expect(late).toHaveBeenCalledTimes(1)
  })

  it('is heard anew by one that stopped listening', () => {
    const { cancellation, cancel } = make()
    const listener = vi.fn()
    cancellation.on(listener)
    cancellation.off(listener)
    cancellation.on(listener)
    cancel()
    expect(listener).toHaveBeenCalledTimes(1)
  })

  it('is an AbortSignal for who wants one, asked for early or late', () => {
    const { cancellation, cancel } = make()
    const { signal } = cancellation
    expect(cancellation.signal).toBe(signal)
    cancel()
    expect(signal.aborted).toBe(true)
    const later = make()
    later.cancel()
    expect(later.cancellation.signal.aborted).toBe(true)
  })
})

it('a listener that throws keeps no other from being called, and its error is not lost', () => {
  const cancellation = new ClientCancellation()
  const [first, last] = [vi.fn(), vi.fn()]
  cancellation.on(first)
  cancellation.on(() => {
    throw new Error('a bug')
  })
  cancellation.on(last)
  expect(() => cancellation.cancel()).toThrow('a bug')
  expect([first, last].map((f) => f.mock.calls.length)).toEqual([1, 1])
})

it('a client that has gone is the reason of its signal', () => {
  const cancellation = new ClientCancellation()
  cancellation.cancel()
  expect(ClientGoneError.is(cancellation.signal.reason)).toBe(true)
})

it("a plugin's signal leaves nothing registered with the request when nothing listens to it any more", () => {
  const outer = new ClientCancellation()
  const { cancellation, cancel } = signal(outer)
  const listener = vi.fn()
  cancellation.on(listener)
  expect(outer.idle).toBe(false)
  cancellation.off(listener)
  expect(outer.idle).toBe(true)
  cancellation.on(listener)
  cancel()
  expect(outer.idle).toBe(true)
  outer.cancel()
  expect(listener).toHaveBeenCalledTimes(1)
})

describe('waiting for something or for the cancellation', () => {
  const ends: [string, (settle: { resolve(value: string): void; reject(error: Error): void }) => void][] = [
    ['what is waited for', ({ resolve }) => resolve('there')],
    ['its failure', ({ reject }) => reject(new Error('failed'))],
  ]

  it.each(ends)('ends with %s, undone once and with nothing left behind', async (_what, end) => {
    for (const when of ['at once', 'later']) {
      const cancellation = new ClientCancellation()
      const undo = vi.fn()
      const waiting = orCancelled<string>(cancellation, (resolve, reject) => {
        if (when === 'at once') end({ resolve, reject })
        else setImmediate(() => end({ resolve, reject }))
        return undo
      })
      expect(await waiting.catch((error: Error) => error.message)).toMatch(/^(there|failed)$/)
      expect(cancellation.idle).toBe(true)
      cancellation.cancel()
      expect(undo).toHaveBeenCalledTimes(1)
    }
  })

  it('ends with a ClientGoneError at the cancellation, and what comes later changes nothing', async () => {
    const cancellation = new ClientCancellation()
    const undo = vi.fn()
    let resolve = (_value: string) => {}
    const waiting = orCancelled<string>(cancellation, (settle) => {
      resolve = settle
      return undo
    })
    cancellation.cancel()
    resolve('too late')
    await expect(waiting).rejects.toThrow(ClientGoneError)
    expect(undo).toHaveBeenCalledTimes(1)
  })

  it('does not begin when it is cancelled already', async () => {
    const { cancellation, cancel } = client()
    cancel()
    const begin = vi.fn()
    await expect(orCancelled(cancellation, begin)).rejects.toThrow(ClientGoneError)
    expect(begin).not.toHaveBeenCalled()
  })

  it('fails when what begins it throws, with nothing left behind', async () => {
    const cancellation = new ClientCancellation()
    const waiting = orCancelled(cancellation, () => {
      throw new Error('not begun')
    })
    await expect(waiting).rejects.toThrow('not begun')
    expect(cancellation.idle).toBe(true)
  })
})
