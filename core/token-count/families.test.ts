import { expect, it } from 'vitest'
import { startFactor } from './families.js'

it.each([
  ['claude-3-5-sonnet-20241022', 1.1],
  ['claude-sonnet-4-20250514', 1.1],
  ['claude-opus-4-6', 1.1],
  ['claude-sonnet-4-5-20250929', 1.1],
  ['anthropic/claude-3.7-sonnet', 1.1],
  ['claude-opus-4-7', 1.2],
  ['claude-opus-4-8[1m]', 1.2],
  ['claude-haiku-5-5', 1.2],
  ['claude-fable-5-1', 1.2],
  ['claude-next', 1.2],
  ['glm-5.3', 0.97],
  ['kimi-k3', 0.9],
  ['moonshot-v1', 0.9],
  ['gpt-6', 1],
])('%s begins with %d', (model, factor) => {
  expect(startFactor(model)).toBe(factor)
})
