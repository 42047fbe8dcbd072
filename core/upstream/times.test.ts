import { expect, it } from 'vitest'
import { durationText } from './times.js'

it.each([
  [1, '1 s'],
  [45_000, '45 s'],
  [120_000, '120 s'],
  [120_001, '3 min'],
  [119 * 60_000, '119 min'],
  [120 * 60_000, '2 h 0 min'],
  [10_783_000, '3 h 0 min'],
  [47 * 3_600_000 + 1, '47 h 1 min'],
  [48 * 3_600_000, '2 d 0 h'],
  [6.5 * 24 * 3_600_000, '6 d 12 h'],
])('%d ms are %s', (ms, text) => {
  expect(durationText(ms)).toBe(text)
})
