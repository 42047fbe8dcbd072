import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Message } from '../../core/index.js'
import { makeCall } from '../../testing.js'
import { Repairs } from './repairs.js'
import { repairTexts } from './texts.js'

const ALL = { words: true, noTrailingSpace: true }

function repaired(messages: readonly Message[]): readonly Message[] {
  const call = makeCall({ messages })
  const repairs = new Repairs()
  repairTexts(call.tree, call.roles, ALL, repairs)
  if (repairs.edits.length === 0) return messages
  return JSON.parse(call.edit(repairs.edits).bytes.toString('utf8')).messages
}

type Block = { type: string; text?: string; content?: unknown }

const isEmpty = ({ type, text }: Block) => type === 'text' && /^[ \n\t\r]*$/.test(text!)

/** The same by decoded objects. */
function naive(messages: readonly Message[]): Message[] {
  const last = messages.findLastIndex(({ role }) => role !== 'system')
  const { role: lastRole, content: end } = messages[last] ?? {}
  const isNothing =
    typeof end === 'string' ? isEmpty({ type: 'text', text: end }) : (end as Block[])?.every(isEmpty)
  if (lastRole === 'assistant' && isNothing && messages.length > 1)
    return naive(messages.filter((_, i) => i !== last))
  return messages.flatMap(({ role, content }, i) => {
    const isPrefill = i === last && role === 'assistant'
    const blocks: Block[] =
      typeof content === 'string' ? [{ type: 'text', text: content }] : (content as never)
    const kept = blocks
      .filter((block) => !isEmpty(block))
      .map((block) =>
        block.type === 'tool_result' && Array.isArray(block.content)
          ? { ...block, content: (block.content as Block[]).filter((inner) => !isEmpty(inner)) }
          : block,
      )
    if (kept.length === 0) kept.push({ type: 'text', text: '(no content)' })
    const end = kept.at(-1)!
    if (isPrefill && end.type === 'text')
      kept[kept.length - 1] = { ...end, text: end.text!.replace(/[ \n\t\r]+$/, '') }
    return [{ role, content: (typeof content === 'string' ? kept[0]!.text : kept) as Message['content'] }]
  })
}

const words = fc.constantFrom('', ' ', '\n\t', 'a', ' a ', 'b\n', '\u00a0', '"', '\\n')
const text = fc.record({ type: fc.constant('text'), text: words })
const block = fc.oneof(
  text,
  fc.record({ type: fc.constant('tool_result'), content: fc.oneof(words, fc.array(text, { maxLength: 3 })) }),
  fc.constant({ type: 'image', source: {} }),
)
const message = fc.record({
  role: fc.constantFrom('user', 'assistant', 'assistant', 'system'),
  content: fc.oneof(words, fc.array(block, { maxLength: 4 })),
})
const messages = fc.array(message, { minLength: 1, maxLength: 5 }) as unknown as fc.Arbitrary<Message[]>

describe('repairTexts', () => {
  it('does what the plainest implementation does', () => {
    fc.assert(
      fc.property(messages, (given) => {
        expect(repaired(given)).toEqual(naive(given))
      }),
      { numRuns: 1000 },
    )
  })

  it('does nothing the second time', () => {
    fc.assert(
      fc.property(messages, (given) => {
        const once = repaired(given)
        expect(repaired(once)).toBe(once)
      }),
      { numRuns: 1000 },
    )
  })
})
