import { setImmediate } from 'node:timers/promises'
import { getHeapStatistics } from 'node:v8'
import { expect, test } from 'vitest'
import { RequestBody } from '../exchange/request-body.js'
import { bodyIsOver } from './collect-garbage.js'

const MB = 1024 * 1024
const outside = () => getHeapStatistics().external_memory

/** The most that is outside meanwhile, when so many requests leave their bodies behind. */
async function leaveBodies(count: number, body: () => Buffer): Promise<number> {
  const before = outside()
  let most = 0
  for (let i = 0; i < count; i++) {
    bodyIsOver(body().length)
    await setImmediate()
    most = Math.max(most, outside() - before)
  }
  return most
}

test('dead bodies do not pile up', async () => {
  expect(await leaveBodies(60, () => Buffer.alloc(MB))).toBeLessThan(16 * MB)
})

test('nor do those of which plugins had a part decoded', async () => {
  const json = JSON.stringify({
    model: 'm',
    messages: [{ role: 'user', content: 'hi' }],
    more: 'x'.repeat(MB),
  })
  const most = await leaveBodies(60, () => {
    const bytes = Buffer.from(json)
    void RequestBody.ofBytes(bytes).object.messages[0]?.role
    return bytes
  })
  expect(most).toBeLessThan(20 * MB)
})
