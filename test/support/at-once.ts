import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'

const AT_ONCE = 50
const TURN = 2
const LONGEST_TURN = 5

/**
 * Whether something happens within 50 ms of a clock of which a turn of the loop takes at most 5 ms, however long this process waits
 * for its core. What is on its way in this process needs two to four turns, and gets ten or more; a timer of 100 ms is seen as late
 * as long as turns take less than 10 ms. By the wall's clock, 50 ms were passed on a machine with other things to do.
 */
export async function isAtOnce(happened: () => boolean, within = AT_ONCE): Promise<boolean> {
  let at = performance.now()
  for (let passed = 0; passed < within && !happened(); ) {
    await sleep(TURN)
    const now = performance.now()
    passed += Math.min(now - at, LONGEST_TURN)
    at = now
  }
  return happened()
}

export async function expectAtOnce(happened: () => boolean): Promise<void> {
  expect(await isAtOnce(happened), 'at once').toBe(true)
}
