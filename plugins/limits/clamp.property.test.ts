import fc from 'fast-check'
import { expect, it } from 'vitest'
import { makeCall } from '../../testing.js'
import { clamp } from './clamp.js'

const body = fc.record(
  {
    max_tokens: fc.integer({ min: 1, max: 5_000 }),
    thinking: fc.record({ type: fc.constant('enabled'), budget_tokens: fc.integer({ min: 1, max: 5_000 }) }),
    top_k: fc.constant(1),
  },
  { requiredKeys: [] },
)

it('leaves no more than is taken, changes nothing else, and twice is once', () => {
  fc.assert(
    fc.property(body, fc.integer({ min: 1, max: 4_000 }), (given, largest) => {
      const call = makeCall(
        {},
        { bytes: Buffer.from(JSON.stringify({ model: 'm', messages: [], ...given })) },
      )
      const found = clamp(call.tree as never, largest)
      const { max_tokens: asked = 0, thinking, ...others } = given
      expect(found === undefined).toBe(asked <= largest)
      if (!found) return
      const once = call.edit(found.edits)
      const { model: _, messages: __, ...left } = JSON.parse(once.bytes.toString('utf8'))
      const budget =
        thinking && thinking.budget_tokens < largest
          ? thinking.budget_tokens
          : Math.max(1_024, Math.floor(largest / 2))
      const thinks = thinking && (thinking.budget_tokens < largest || largest > 1_024)
      expect(left).toEqual({
        max_tokens: largest,
        ...others,
        ...(thinks && { thinking: { type: 'enabled', budget_tokens: budget } }),
      })
      if (thinks) expect(budget).toBeLessThan(largest)
      expect(clamp(once.tree as never, largest)).toBeUndefined()
    }),
    { numRuns: 1_000 },
  )
})
