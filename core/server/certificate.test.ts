import { expect, it } from 'vitest'
import { serialNumber } from './certificate.js'

it('the serial number of a certificate is positive and in its shortest form, as DER wants it', () => {
  const numbers = Array.from({ length: 2_000 }, serialNumber)
  for (const number of numbers) expect(number).toMatch(/^(0[1-9a-f]|[1-7][0-9a-f])[0-9a-f]{32}$/)
  expect(new Set(numbers).size).toBe(numbers.length)
})
