import { expect, it, onTestFinished, vi } from 'vitest'
import { LongRequests } from './long-requests.js'

/** A list of its own, by a clock of the test's. */
function list() {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const all = new LongRequests()
  return {
    begun: (one: Parameters<LongRequests['begun']>[0]) => all.begun(one),
    ended: (one: Parameters<LongRequests['ended']>[0]) => all.ended(one),
  }
}

function request() {
  const told: number[] = []
  return { startedAt: performance.now(), place: -1, told, runsLong: (ms: number) => void told.push(ms) }
}

it('tells once of each request that runs for half a minute', () => {
  const { begun, ended } = list()
  const [first, over, last] = [request(), request(), request()]
  for (const one of [first, over, last]) begun(one)
  vi.advanceTimersByTime(20_000)
  const later = request()
  begun(later)
  ended(over)
  vi.advanceTimersByTime(9_000)
  expect(first.told).toEqual([])
  vi.advanceTimersByTime(5_000)
  expect(first.told).toEqual([30_000])
  expect(last.told).toEqual([30_000])
  vi.advanceTimersByTime(60_000)
  expect([first, over, last, later].map(({ told }) => told.length)).toEqual([1, 0, 1, 1])
  expect(vi.getTimerCount()).toBe(0)
})

it('looks on when requests come after none', () => {
  const { begun, ended } = list()
  const [first, second] = [request(), request()]
  begun(first)
  ended(first)
  vi.advanceTimersByTime(10_000)
  expect(vi.getTimerCount()).toBe(0)
  begun(second)
  vi.advanceTimersByTime(60_000)
  expect(second.told).toHaveLength(1)
  expect(first.told).toEqual([])
})

it('bears one that ends others when it is told of', () => {
  const { begun, ended } = list()
  const all = Array.from({ length: 4 }, request)
  for (const one of all) {
    begun({ ...one, runsLong: (ms) => [one.told.push(ms), all.forEach(ended)] })
  }
  vi.advanceTimersByTime(60_000)
  expect(all.map(({ told }) => told.length)).toEqual([1, 1, 1, 1])
})

it('forgets those that end, in whatever order', () => {
  const { begun, ended } = list()
  const all = Array.from({ length: 6 }, request)
  for (const one of all) begun(one)
  for (const i of [0, 5, 2]) ended(all[i]!)
  for (const one of all) ended(one) // once more does nothing
  expect(all.every(({ place }) => place === -1)).toBe(true)
  const [first, second] = [request(), request()]
  begun(first)
  begun(second)
  ended(first)
  vi.advanceTimersByTime(40_000)
  expect(all.flatMap(({ told }) => told)).toEqual([])
  expect([first.told.length, second.told.length]).toEqual([0, 1])
})
