import fc from 'fast-check'
import { expect, it } from 'vitest'
import { makeCall } from '../../testing.js'
import { withoutAttribution } from './strip.js'

const LINE = 'x-anthropic-billing-header:'

type Json = Record<string, unknown>

const text = fc
  .array(fc.constantFrom(LINE, ` ${LINE}`, 'a', '\n', ' b; ', '"', 'x-anthropic'), { maxLength: 5 })
  .map((parts) => parts.join(''))
const system = fc.oneof(
  text,
  fc.array(
    fc.oneof(
      fc.record({ type: fc.constant('text'), text }),
      fc.record({ type: fc.constant('text'), text, cache_control: fc.constant({ type: 'ephemeral' }) }),
      fc.constant({ type: 'other' }),
    ),
    { maxLength: 4 },
  ),
)
const metadata = fc.record({ user_id: fc.string(), other: fc.integer() }, { requiredKeys: [] })
const body = fc.record({ system, metadata, top_k: fc.integer() }, { requiredKeys: [] })

/** The text without the lines at its beginning; undefined where it has none. */
function rest(given: unknown): string | undefined {
  if (typeof given !== 'string' || !given.startsWith(LINE)) return undefined
  const [, ...lines] = given.split('\n')
  const behind = lines.join('\n').trimStart()
  return rest(behind) ?? behind
}

function naive({ system: given, metadata: data, ...others }: Json): Json {
  const out: Json = {}
  if (typeof given === 'string') {
    const kept = rest(given) ?? given
    if (kept !== '' || given === '') out.system = kept
  } else if (Array.isArray(given)) {
    const kept = given.flatMap((block) => {
      const behind = rest(block.text)
      return behind === '' ? [] : [behind === undefined ? block : { ...block, text: behind }]
    })
    if (kept.length > 0 || given.length === 0) out.system = kept
  }
  if (data !== undefined) {
    const { user_id, ...kept } = data as Json
    if (user_id === undefined || Object.keys(kept).length > 0) out.metadata = kept
  }
  return { ...out, ...others }
}

it('does what the plainest implementation does, and twice is once', () => {
  fc.assert(
    fc.property(body, (given) => {
      const call = makeCall(
        {},
        { bytes: Buffer.from(JSON.stringify({ model: 'm', messages: [], ...given })) },
      )
      const once = call.edit(withoutAttribution(call.tree, { line: true, userId: true }).edits)
      const { model: _, messages: __, ...left } = JSON.parse(once.bytes.toString('utf8')) as Json
      expect(left).toEqual(naive(JSON.parse(JSON.stringify(given))))
      expect(withoutAttribution(once.tree, { line: true, userId: true }).edits).toEqual([])
    }),
    { numRuns: 1_000 },
  )
})
