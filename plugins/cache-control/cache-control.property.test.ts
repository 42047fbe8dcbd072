import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Call, ContentBlock, Edit, MessagesRequest } from '../../core/index.js'
import { jsonValue } from '../../test/support/json-value.js'
import { makeCall } from '../../testing.js'
import * as strip from './strip.js'

/** The edits made, as a body; the very same object when there were none. The same however the field's name is spelt. */
const edited = (of: (body: Call['tree'], marks: strip.Marks) => Edit[]) => (body: MessagesRequest) => {
  const text = JSON.stringify(body)
  const [plain, ...others] = [text, ...SPELLINGS.map((name) => text.replaceAll('"cache_control"', name))].map(
    (spelt) => {
      const call = makeCall({}, { bytes: Buffer.from(spelt) })
      const edits = of(call.tree, new strip.Marks(call.tree))
      return edits.length === 0
        ? body
        : (JSON.parse(call.edit(edits).bytes.toString('utf8')) as MessagesRequest)
    },
  )
  for (const other of others) expect(other).toEqual(plain)
  return plain!
}

const spelledOut = (text: string, hex: (code: string) => string) =>
  text.replace(/./g, (letter) => `\\u${hex(letter.charCodeAt(0).toString(16).padStart(4, '0'))}`)
const SPELLINGS = [
  String.raw`"cache\u005fcontrol"`,
  String.raw`"\u0063ache_contro\u006c"`,
  `"${spelledOut('cache_control', (code) => code.toUpperCase())}"`,
]
const stripAll = edited((body, marks) => strip.unmarked(strip.markedIn(body, marks)))
const stripThinking = edited((body, marks) =>
  strip.unmarked(strip.markedIn(body, marks).filter(({ kind }) => /thinking$/.test(kind ?? ''))),
)

/**
 * Each arbitrary makes a pair: a value with `cache_control` at some of the places where the protocol allows it, and
 * the same value built without. So the expectation is not computed by a second copy of the code under test.
 */
type Pair<T = unknown> = { marked: T; plain: T }

const marker = fc.constantFrom({ type: 'ephemeral' }, { type: 'ephemeral', ttl: '1h' }, null)

/** Data: any JSON, often with a key of the fatal name, and with things in it that look like blocks. */
const data = fc.oneof(
  jsonValue(),
  fc.dictionary(fc.constantFrom('cache_control', 'content', 'input', '__proto__', 'x'), jsonValue()),
  fc.constant({ type: 'tool_result', content: [{ type: 'text', text: 'a', cache_control: {} }] }),
)

/** Fields that no list knows. */
const extras = fc.dictionary(
  fc
    .string()
    .filter((key) => !['cache_control', 'type', 'content', 'source', 'tool', 'messages'].includes(key)),
  data,
  { maxKeys: 2 },
)

function markable(fields: fc.Arbitrary<Pair<object>>): fc.Arbitrary<Pair<object>> {
  return fc.tuple(fields, extras, fc.option(marker, { nil: undefined })).map(([pair, extra, mark]) => ({
    marked: { ...extra, ...(mark !== undefined && { cache_control: mark }), ...pair.marked },
    plain: { ...extra, ...pair.plain },
  }))
}

const same = <T>(value: T): Pair<T> => ({ marked: value, plain: value })
const pairs = (list: fc.Arbitrary<Pair>): fc.Arbitrary<Pair<unknown[]>> =>
  fc.array(list, { maxLength: 4 }).map((items) => ({
    marked: items.map((item) => item.marked),
    plain: items.map((item) => item.plain),
  }))
const within = (field: string, fixed: object, inner: fc.Arbitrary<Pair>): fc.Arbitrary<Pair<object>> =>
  inner.map(({ marked, plain }) => ({
    marked: { ...fixed, [field]: marked },
    plain: { ...fixed, [field]: plain },
  }))

const leaf = markable(
  fc
    .record({
      type: fc.constantFrom(
        'text',
        'image',
        'tool_use',
        'server_tool_use',
        'thinking',
        'redacted_thinking',
        'new_kind',
      ),
      text: fc.string(),
      input: data,
    })
    .map(same<object>),
)
const source = within('content', { type: 'content' }, pairs(leaf))
const document = markable(within('source', { type: 'document' }, source))
const searchResult = markable(within('content', { type: 'search_result' }, pairs(leaf)))
const toolResult = markable(
  within('content', { type: 'tool_result', tool_use_id: 't' }, pairs(fc.oneof(leaf, document, searchResult))),
)
const block = fc.oneof(leaf, document, searchResult, toolResult)
const content = fc.oneof(
  pairs(block),
  fc.string().map(same<unknown>),
  jsonValue()
    .filter(isNoContent)
    .map(same<unknown>),
)
const message = fc
  .tuple(content, extras, fc.constantFrom('user', 'assistant', 'system'))
  .map(([c, extra, role]) => ({
    marked: { role, content: c.marked, ...extra },
    plain: { role, content: c.plain, ...extra },
  }))
const tool = markable(fc.record({ name: fc.string(), input_schema: data }).map(same<object>))

const body = markable(
  fc
    .record({ messages: pairs(message), system: pairs(leaf), tools: pairs(tool), metadata: data })
    .map(({ messages, system, tools, metadata }) => ({
      marked: { model: 'm', messages: messages.marked, system: system.marked, tools: tools.marked, metadata },
      plain: { model: 'm', messages: messages.plain, system: system.plain, tools: tools.plain, metadata },
    })),
) as fc.Arbitrary<Pair<MessagesRequest>>

/** JSON values that are neither text nor blocks, as a broken client may send them. */
function isNoContent(value: unknown): boolean {
  return typeof value !== 'object' || value === null
}

describe('stripAll', () => {
  it('removes every cache_control that the protocol allows and changes nothing else, in value or order', () => {
    fc.assert(
      fc.property(body, ({ marked, plain }) => {
        expect(JSON.stringify(stripAll(marked))).toBe(JSON.stringify(plain))
      }),
    )
  })

  it('gives a body back as the same object when nothing is to do, so twice is once', () => {
    fc.assert(
      fc.property(body, ({ marked, plain }) => {
        expect(stripAll(plain)).toBe(plain)
        const once = stripAll(marked)
        expect(stripAll(once)).toBe(once)
      }),
    )
  })

  it('never changes what it was given', () => {
    fc.assert(
      fc.property(body, ({ marked }) => {
        const before = structuredClone(marked)
        stripAll(deepFreeze(marked))
        expect(marked).toEqual(before)
      }),
    )
  })
})

describe('stripThinking', () => {
  it('changes thinking blocks alone, and twice is once', () => {
    fc.assert(
      fc.property(body, ({ marked }) => {
        const once = stripThinking(deepFreeze(marked))
        expect(stripThinking(once)).toBe(once)
        expect(stripAll(once)).toEqual(stripAll(marked)) // nothing but markers
        once.messages.forEach((after, i) => {
          const before = marked.messages[i]!.content
          if (Array.isArray(before))
            expect((after.content as ContentBlock[]).map(markerOf)).toEqual(before.map(markerLeft))
        })
      }),
    )
  })
})

const markerOf = (block: ContentBlock): unknown => (block as { cache_control?: unknown }).cache_control
const markerLeft = (block: ContentBlock): unknown =>
  block.type === 'thinking' || block.type === 'redacted_thinking' ? undefined : markerOf(block)

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value)) deepFreeze(inner)
  }
  return value
}
