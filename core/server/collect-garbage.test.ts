import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import { getHeapStatistics } from 'node:v8'
import { expect, test } from 'vitest'
import { RequestBody } from '../exchange/request-body.js'
import { bodyIsOver } from './collect-garbage.js'

const MB = 1024 * 1024
const outside = () => getHeapStatistics().external_memory

/** Left to itself V8 lets 36 to 50 MB pile up. */
const MUCH = 28 * MB

/**
 * The most that is outside meanwhile, when so many requests leave their bodies behind. Another thread frees what was collected, and it is
 * counted off with the next buffer: on a machine with six programs to two cores 47 MB were outside for a moment.
 */
async function leaveBodies(count: number, body: () => Buffer): Promise<number> {
  const before = outside()
  let most = 0
  for (let i = 0; i < count && most < MUCH; i++) {
    bodyIsOver(body().length)
    await setImmediate()
    for (let tries = 0; outside() - before >= MUCH && tries < 200; tries++) {
      await sleep(10)
      new ArrayBuffer(1)
    }
    most = Math.max(most, outside() - before)
  }
  return most
}

test('dead bodies do not pile up', async () => {
  expect(await leaveBodies(150, () => Buffer.alloc(MB))).toBeLessThan(MUCH)
})

test('nor do those of which plugins had a part decoded', async () => {
  const json = JSON.stringify({
    model: 'm',
    messages: [{ role: 'user', content: 'hi' }],
    more: 'x'.repeat(MB),
  })
  const most = await leaveBodies(150, () => {
    const bytes = Buffer.from(json)
    void RequestBody.ofBytes(bytes).object.messages[0]?.role
    return bytes
  })
  expect(most).toBeLessThan(MUCH)
})
