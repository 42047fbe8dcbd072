import { describe, expect, it } from 'vitest'
import { statusOfType } from './api-errors.js'

describe('the status of an error type', () => {
  it.each([
    ['overloaded_error', 529],
    ['new_error', 500],
    ['constructor', 500],
    ['__proto__', 500],
    ['toString', 500],
  ])('%s: %d', (type, status) => {
    expect(statusOfType(type)).toBe(status)
  })
})
