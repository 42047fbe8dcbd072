import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Edit } from '../contract/json.js'
import { splice } from './edit.js'
import { rescan, scan } from './scan.js'

/** Texts with white space, so that places are not those of `JSON.stringify` alone. */
const texts = fc
  .tuple(fc.json({ maxDepth: 5 }), fc.constantFrom(undefined, 1, '\t'))
  .map(([json, space]) => JSON.stringify(JSON.parse(json), null, space))

/** What splices bring: values, pieces that only fit by chance, and what can't be right. */
const pieces = fc.oneof(
  fc.json({ maxDepth: 2 }),
  fc.constantFrom(
    '',
    ',',
    '1',
    '"',
    '\\',
    '\\u00e9',
    '\\ud83d',
    '"a":1,',
    ',"b":[]',
    ']',
    '}',
    ' ',
    'e5',
    'x'.repeat(40_000),
  ),
)

/** Splices at any byte, and at the ends of values, where they are meant to be. */
function edits(json: Buffer, cuts: readonly number[], added: readonly string[], atValues: boolean): Edit[] {
  const ends = [...scan(json, 100)].filter((_, i) => i % 3 < 2)
  const places = cuts
    .map((n) => (atValues ? ends[n % ends.length]! : n % (json.length + 1)))
    .sort((a, b) => a - b)
  return added.flatMap((text, i) => {
    const [start, end] = [places[2 * i], places[2 * i + 1]]
    return start === undefined || end === undefined ? [] : [{ start, end, text }]
  })
}

const tapeOf = (make: () => Int32Array) => {
  try {
    return [...make()]
  } catch (error) {
    return (error as Error).constructor
  }
}

it('what splices make of a text has the index that a look at all of it gives, or is refused as well', () => {
  let good = 0
  const numbers = fc.array(fc.nat(5_000), { minLength: 2, maxLength: 8 })
  fc.assert(
    fc.property(
      texts,
      numbers,
      fc.array(pieces, { maxLength: 4 }),
      fc.boolean(),
      (text, cuts, added, atValues) => {
        const json = Buffer.from(text)
        const { bytes, kept } = splice(json, edits(json, cuts, added, atValues))
        const whole = tapeOf(() => scan(bytes, Number.POSITIVE_INFINITY))
        if (Array.isArray(whole)) good++
        expect(tapeOf(() => rescan(bytes, scan(json, 100), kept))).toEqual(whole)
      },
    ),
    { numRuns: 3_000 },
  )
  expect(good).toBeGreaterThan(300)
})

it('a number that a splice goes on with is one number', () => {
  const json = Buffer.from('[1,2]')
  const { bytes, kept } = splice(json, [{ start: 2, end: 2, text: '0' }])
  expect([...rescan(bytes, scan(json, 9), kept)]).toEqual([...scan(bytes, 9)])
})
