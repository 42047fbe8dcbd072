import { expect, it } from 'vitest'
import { Pace } from './pace.js'

it('watches every request of people at work, and a share of those of a gateway under load', () => {
  const pace = new Pace()
  let now = 1_000_000
  const watched = (requests: number, seconds: number) => {
    let count = 0
    for (let i = 0; i < requests; i++) {
      now += (seconds * 1000) / requests
      if (pace.allows(now)) count++
    }
    return count
  }
  expect(watched(15 * 60, 60)).toBe(15 * 60)
  expect(watched(40, 0.01)).toBe(40) // eight sub-agents that begin at once, and their retries
  const busy = watched(60_000, 10)
  expect(busy).toBeGreaterThanOrEqual(200)
  expect(busy).toBeLessThan(270)
  now += 10_000
  expect(watched(15 * 60, 60)).toBe(15 * 60)
})
