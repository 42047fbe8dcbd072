import fc from 'fast-check'
import { expect, it } from 'vitest'
import { frame } from '../../test/support/aws-frames.js'
import { type Frame, FrameReader } from './frames.js'

const frames = fc.array(
  fc.tuple(
    fc.dictionary(fc.stringMatching(/^[a-z:-]{1,20}$/), fc.string({ maxLength: 40 })),
    fc.string({ unit: 'binary' }),
  ),
  { maxLength: 6 },
)

it('frames come out as they went in, however they are cut', () => {
  fc.assert(
    fc.property(frames, fc.array(fc.nat(400), { maxLength: 20 }), (given, cuts) => {
      const bytes = Buffer.concat(given.map(([headers, payload]) => frame(headers, payload)))
      const places = [...new Set(cuts.map((cut) => Math.min(cut, bytes.length)))].sort((a, b) => a - b)
      const reader = new FrameReader()
      const found: Frame[] = []
      let from = 0
      for (const to of [...places, bytes.length]) {
        reader.push(bytes.subarray(from, to), (each) => found.push(each))
        from = to
      }
      expect(found.map(({ headers, payload }) => [headers, payload.toString()])).toEqual(
        given.map(([headers, payload]) => [{ ...headers }, Buffer.from(payload).toString()]),
      )
      expect(reader.isInside).toBe(false)
    }),
  )
})

it('whatever comes, it throws a RangeError or waits', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const reader = new FrameReader()
      try {
        reader.push(Buffer.from(bytes), () => {})
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError)
      }
    }),
  )
})
