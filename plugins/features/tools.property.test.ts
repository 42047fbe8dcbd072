import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MessagesRequest } from '../../core/index.js'
import { makeCall } from '../../testing.js'
import { withEfforts } from './effort.js'
import { fitTools, withoutReferences } from './tools.js'

type Json = Record<string, unknown>
const sent = (body: Json) =>
  makeCall({}, { bytes: Buffer.from(JSON.stringify({ model: 'm', messages: [], ...body })) })
const decoded = (call: { bytes: Buffer }) => JSON.parse(call.bytes.toString('utf8')) as Json

const tool = fc.oneof(
  fc.record({ name: fc.constantFrom('a', 'b', 'c') }),
  fc.record({ type: fc.constantFrom('custom', 'web_search_1', 'bash_1'), name: fc.constantFrom('a', 'w') }),
  fc.constant({ name: 'DeferredToolPlaceholder', defer_loading: true }),
)
const tools = fc.array(tool, { maxLength: 4 }) as fc.Arbitrary<Json[]>
const reference = fc.record({
  type: fc.constant('tool_reference'),
  tool_name: fc.constantFrom('a', 'b', 'z'),
})
const block = fc.oneof(reference, fc.constant({ type: 'text', text: 'tool_reference' }))
const messages = fc.array(
  fc.record({
    role: fc.constantFrom('user', 'assistant'),
    content: fc.oneof(
      fc.constant('tool_reference'),
      fc.array(
        fc.oneof(
          fc.record({
            type: fc.constant('tool_result'),
            content: fc.oneof(fc.constant('x'), fc.array(block, { maxLength: 3 })),
          }),
          block,
        ),
        { maxLength: 3 },
      ),
    ),
    output_config: fc.record({ effort: fc.constantFrom('low', 'xhigh', 'max', 'next') }),
  }),
  { maxLength: 3 },
) as fc.Arbitrary<Json[]>

describe('references to tools', () => {
  it.each([false, 'listed'] as const)(
    'do what the plainest implementation does where %s are taken, and twice is once',
    (taken) => {
      fc.assert(
        fc.property(tools, messages, (given, said) => {
          const listed = taken ? given.map(({ name }) => name) : []
          const naive = said.map((message) => ({
            ...message,
            content: !Array.isArray(message.content)
              ? message.content
              : message.content.map((outer) =>
                  outer.type === 'tool_result' && Array.isArray(outer.content)
                    ? {
                        ...outer,
                        content: outer.content.map((inner: Json) =>
                          inner.type === 'tool_reference' && !listed.includes(inner.tool_name)
                            ? { type: 'text', text: `Tool available: ${inner.tool_name}` }
                            : inner,
                        ),
                      }
                    : outer,
                ),
          }))
          const call = sent({ tools: given, messages: said })
          const once = call.edit(withoutReferences(call.tree as never, taken))
          expect(decoded(once).messages).toEqual(naive)
          expect(withoutReferences(once.tree as never, taken)).toEqual([])
        }),
        { numRuns: 500 },
      )
    },
  )
})

it('tools that the upstream can not run go as in the plainest implementation', () => {
  const taken = fc.constantFrom<boolean | readonly string[]>(true, false, ['bash_'])
  fc.assert(
    fc.property(tools, fc.boolean(), taken, (given, deferredTools, serverTools) => {
      const call = sent({ tools: given })
      const { edits, emptied } = fitTools(call.tree as never, { deferredTools, serverTools })
      const left = given.filter(({ type = 'custom', name, defer_loading }) => {
        if (!deferredTools && defer_loading && name === 'DeferredToolPlaceholder') return false
        if (serverTools === true || type === 'custom') return true
        return serverTools !== false && serverTools.some((start) => String(type).startsWith(start))
      })
      const out = decoded(call.edit(edits)) as Partial<MessagesRequest>
      if (given.length > 0 && left.length === 0) expect(emptied).toEqual(['tools', 'tool_choice'])
      else expect(out.tools).toEqual(left)
    }),
    { numRuns: 500 },
  )
})

it('efforts become the nearest that is taken, the lower of two, and twice is once', () => {
  const levels = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']
  fc.assert(
    fc.property(messages, fc.subarray(levels, { minLength: 1 }), (said, taken) => {
      const naive = (level: string) => {
        if (taken.includes(level) || !levels.includes(level)) return level
        for (let far = 1; ; far++)
          for (const step of [-far, far]) {
            const near = levels[levels.indexOf(level) + step]
            if (near !== undefined && taken.includes(near)) return near
          }
      }
      const call = sent({ messages: said })
      const once = call.edit(withEfforts(call.tree as never, taken))
      const found = (decoded(once).messages as { output_config: { effort: string } }[]).map(
        (m) => m.output_config.effort,
      )
      expect(found).toEqual(said.map((m) => naive((m.output_config as { effort: string }).effort)))
      expect(withEfforts(once.tree as never, taken)).toEqual([])
    }),
    { numRuns: 500 },
  )
})
