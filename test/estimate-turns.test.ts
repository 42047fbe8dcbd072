import { afterEach, expect, it, vi } from 'vitest'
import { Reply } from '../core/exchange/reply.js'
import { MemoryStore } from '../core/state/memory.js'
import { TurnQueue } from '../core/token-count/event-loop.js'
import { createEstimate } from '../core/token-count/service.js'
import { countTokens } from '../plugins/count-tokens/index.js'
import { makeCall, mount } from '../testing.js'

afterEach(() => void vi.restoreAllMocks())

it('takes turns with every other estimate of the process', async () => {
  const queues = new Set<unknown>()
  const next = TurnQueue.prototype.next
  vi.spyOn(TurnQueue.prototype, 'next').mockImplementation(function (this: TurnQueue) {
    queues.add(this)
    return next.call(this)
  })
  const body = { messages: [{ role: 'user', content: 'some words '.repeat(2000) }] }
  const counts = [await createEstimate(new MemoryStore())(makeCall(body))]
  for (let i = 0; i < 2; i++) {
    const plugin = await mount(countTokens, { answer: () => Reply.json({}, { status: 404 }) })
    const reply = await plugin.send(body, { route: 'count-tokens' })
    counts.push((await reply.json<{ input_tokens: number }>()).input_tokens)
    await plugin.dispose()
  }
  expect(new Set(counts).size).toBe(1)
  expect(counts[0]).toBeGreaterThan(4000)
  expect(queues.size).toBe(1)
})
