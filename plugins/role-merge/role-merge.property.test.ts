import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ContentBlock, Message } from '../../core/index.js'
import { jsonValue } from '../../test/support/json-value.js'
import { makeCall } from '../../testing.js'
import * as merge from './merge.js'

/** The messages as the upstream gets them; the very same list when there is nothing to join. */
function mergeRoles(messages: readonly Message[]): readonly Message[] {
  const call = makeCall({ messages })
  const edits = merge.mergeRoles(call.tree.get('messages')!.items(), call.roles)
  if (edits.length === 0) return messages
  return JSON.parse(call.edit(edits).bytes.toString('utf8')).messages
}

const block = fc.oneof(
  fc.record({ type: fc.constant('text'), text: fc.string() }),
  fc.record({ type: fc.string(), input: jsonValue(), content: jsonValue() }),
)
const content = fc.oneof(
  { weight: 4, arbitrary: fc.string() },
  { weight: 4, arbitrary: fc.array(block, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.constantFrom(null, 7, {}) },
)
const message = fc
  .tuple(
    fc.constantFrom('user', 'user', 'assistant', 'system', 'other'),
    content,
    fc.dictionary(
      fc.string().filter((key) => key !== 'role' && key !== 'content'),
      jsonValue(),
      { maxKeys: 2 },
    ),
  )
  .map(([role, c, extra]) => ({ role, content: c, ...extra }) as unknown as Message)
const messages = fc.array(message, { maxLength: 12 })

/** What is said, in order, by whom: blocks as they are, text in lines without the blank ones that joining adds. */
function flat(list: readonly Message[]): string[] {
  return list.flatMap(({ role, content: c }) => {
    const blocks: unknown[] =
      typeof c === 'string' ? [{ type: 'text', text: c }] : Array.isArray(c) ? [...c] : [c]
    return blocks.flatMap((b) => {
      const { type, text, ...rest } = (b ?? {}) as ContentBlock
      if (type !== 'text' || typeof text !== 'string') return [`${role} ${JSON.stringify(b)}`]
      return text
        .split('\n')
        .filter(Boolean)
        .map((line) => `${role} text ${line} ${JSON.stringify(rest)}`)
    })
  })
}

const mergeable = ({ role, content: c }: Message) =>
  role !== 'system' && (typeof c === 'string' || Array.isArray(c))

describe('mergeRoles', () => {
  it('leaves no neighbours of the same role that could be joined', () => {
    fc.assert(
      fc.property(messages, (given) => {
        const merged = mergeRoles(given)
        merged.forEach((m, i) => {
          const next = merged[i + 1]
          if (next && mergeable(m) && mergeable(next)) expect(m.role).not.toBe(next.role)
        })
      }),
    )
  })

  it('does nothing the second time', () => {
    fc.assert(
      fc.property(messages, (given) => {
        const once = mergeRoles(given)
        expect(mergeRoles(once)).toBe(once)
      }),
    )
  })

  it('keeps everything that was said, in order and by whom', () => {
    fc.assert(
      fc.property(messages, (given) => {
        expect(flat(mergeRoles(given))).toEqual(flat(given))
      }),
    )
  })

  it('keeps the fields of the first of those it joins', () => {
    fc.assert(
      fc.property(messages, (given) => {
        const fields = ({ content: _, ...rest }: Message) => rest
        const firsts = given.filter((m, i) => {
          const before = given[i - 1]
          return !before || before.role !== m.role || !mergeable(m) || !mergeable(before)
        })
        expect(mergeRoles(given).map(fields)).toEqual(firsts.map(fields))
      }),
    )
  })

  it('joins text exactly, whether neighbours come as strings or as lists', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 2 }), (texts) => {
        const strings = texts.map((text) => ({ role: 'user', content: text }))
        const lists = texts.map((text) => ({ role: 'user', content: [{ type: 'text', text }] }))
        expect(mergeRoles(strings)).toEqual([{ role: 'user', content: texts.join('\n\n') }])
        expect(mergeRoles(lists)).toEqual([{ role: 'user', content: lists.flatMap((m) => m.content) }])
      }),
    )
  })
})
