import fc from 'fast-check'
import { expect, it } from 'vitest'
import { bytesSource, collect } from '../stream/source.js'
import { maskHeaders, maskSource } from './mask-key.js'

const KEY = 'sk-ant-0123456789'
const STARS = '*'.repeat(KEY.length)
const through = async (chunks: string[]) =>
  (await collect(maskSource(bytesSource(chunks.map((c) => Buffer.from(c))), KEY), 1e6)).toString()

/** A text in pieces, cut anywhere. */
const pieces = (text: fc.Arbitrary<string>) =>
  fc.tuple(text, fc.array(fc.nat(), { maxLength: 20 })).map(([whole, cuts]) => {
    const at = [0, ...cuts.map((c) => c % (whole.length + 1)), whole.length].sort((a, b) => a - b)
    return at.slice(1).map((end, i) => whole.slice(at[i], end))
  })
const withKeys = fc
  .array(
    fc.oneof(
      fc.constant(KEY),
      fc.constantFrom('sk-', 'sk-ant-0', KEY.slice(0, -1), KEY.slice(1), 'text', '\n'),
    ),
  )
  .map((parts) => parts.join(''))

it('the key is overwritten wherever it stands and however it is cut, and nothing else is', () =>
  fc.assert(
    fc.asyncProperty(pieces(withKeys), async (chunks) => {
      expect(await through(chunks)).toBe(chunks.join('').replaceAll(KEY, STARS))
    }),
  ))

it('a chunk without a beginning of the key passes at once and uncopied', () => {
  const chunk = Buffer.from('data: {"s":"sk-"}\n\n')
  const seen: Buffer[] = []
  maskSource({ pipe: (sink) => sink.data(chunk), pause() {}, resume() {}, cancel() {} }, KEY).pipe({
    data: (bytes) => seen.push(bytes),
    end() {},
    error() {},
  })
  expect(seen[0]!.buffer).toBe(chunk.buffer)
  expect(seen[0]!.equals(chunk)).toBe(true)
})

it('headers lose it too, single and repeated ones', () => {
  const headers = { a: `Bearer ${KEY}`, b: ['x', KEY], c: 'as it was' }
  expect(maskHeaders(headers, KEY)).toEqual({ a: 'Bearer [key]', b: ['x', '[key]'], c: 'as it was' })
  expect(maskHeaders({ c: 'x' }, KEY)).toEqual({ c: 'x' })
})
