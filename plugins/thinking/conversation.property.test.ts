import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { ContentBlock, Message } from '../../core/index.js'
import { jsonValue } from '../../test/support/json-value.js'
import { makeCall } from '../../testing.js'
import { type BlockNeeds, fitConversation } from './conversation.js'

const OWN = 'EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pkiMOYds'
const signature = fc.constantFrom(OWN, 'agp1.abc', '', '3f2a-x', 'ab'.repeat(16), undefined, 7)
const block = fc.oneof(
  fc.record({ type: fc.constant('thinking'), thinking: fc.string(), signature }, { requiredKeys: ['type'] }),
  fc.record({ type: fc.constant('redacted_thinking'), data: signature }, { requiredKeys: ['type'] }),
  fc.record({ type: fc.constant('tool_use'), id: fc.string(), input: jsonValue() }),
  fc.record({ type: fc.constant('text'), text: fc.string() }),
)
const message = fc
  .tuple(
    fc.constantFrom('user', 'assistant', 'assistant', 'system'),
    fc.oneof(fc.array(block, { maxLength: 4 }), fc.string()),
  )
  .map(([role, content]) => ({ role, content }) as Message)
const messages = fc
  .array(message, { minLength: 1, maxLength: 8 })
  .map((list) => JSON.parse(JSON.stringify(list)) as Message[]) // no -0, which JSON has not
const needs: fc.Arbitrary<BlockNeeds> = fc.record({
  noThinking: fc.boolean(),
  noRedacted: fc.boolean(),
  noSealed: fc.boolean(),
  noForeign: fc.boolean(),
  onToolCalls: fc.boolean(),
})

function fitted(given: readonly Message[], wanted: BlockNeeds): readonly Message[] {
  const call = makeCall({ messages: given })
  return call.edit(fitConversation(call.tree, call.roles, wanted, false).edits).body.messages
}

/** The same on plain objects. */
function naive(given: readonly Message[], wanted: BlockNeeds): unknown[] {
  return given.flatMap((m) => {
    if (m.role !== 'assistant' || typeof m.content === 'string' || m.content.length === 0) return [m]
    const kept = m.content.filter((b) => !isUnwanted(b, wanted))
    if (kept.length === 0) return []
    const thinks = kept.some(({ type }) => type === 'thinking' || type === 'redacted_thinking')
    const needsOne = wanted.onToolCalls && !thinks && kept.some(({ type }) => type === 'tool_use')
    const empty = { type: 'thinking', thinking: '', signature: '' }
    return [{ ...m, content: needsOne ? [empty, ...kept] : kept }]
  })
}

function isUnwanted(b: ContentBlock, wanted: BlockNeeds): boolean {
  if (b.type !== 'thinking' && b.type !== 'redacted_thinking') return false
  const sign = b.type === 'thinking' ? b.signature : b.data
  if (b.type === 'thinking' ? wanted.noThinking : wanted.noRedacted) return true
  if (wanted.noSealed && typeof sign === 'string' && sign.startsWith('agp1.')) return true
  return wanted.noForeign && sign !== OWN
}

it('makes of a conversation what a naive implementation does', () => {
  fc.assert(
    fc.property(messages, needs, (given, wanted) => {
      expect(fitted(given, wanted)).toEqual(naive(given, wanted))
    }),
    { numRuns: 500 },
  )
})

it('twice is once', () => {
  fc.assert(
    fc.property(messages, needs, (given, wanted) => {
      const once = fitted(given, wanted)
      if (once.length > 0) expect(fitted(once, wanted)).toEqual(once)
    }),
  )
})
