import { expect, test } from 'vitest'
import { bytes, duration } from './units.js'

test.each([
  [0, 0],
  [1500, 1500],
  ['512b', 512],
  ['1kb', 1024],
  ['1.5 KB', 1536],
  ['100mb', 104_857_600],
  ['2GB', 2_147_483_648],
])('a size %j is %d bytes', (size, expected) => {
  expect(bytes().parse(size)).toBe(expected)
})

test.each([-1, 1.5, Number.NaN, '100', '10 tb', 'mb', '-1kb', '', null, {}])('%j is no size', (size) => {
  expect(bytes().safeParse(size).success).toBe(false)
})

test('the default of a size may be written as one', () => {
  expect(bytes().prefault('1kb').parse(undefined)).toBe(1024)
})

test('a time is whole milliseconds that a timer can hold', () => {
  expect(duration().parse(30_000)).toBe(30_000)
  for (const wrong of [-1, 0.5, '30s', 2 ** 31]) expect(duration().safeParse(wrong).success).toBe(false)
})
