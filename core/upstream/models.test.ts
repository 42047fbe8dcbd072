import { describe, expect, it } from 'vitest'
import { mapModel, matchesModel } from './models.js'

describe('a pattern', () => {
  it.each([
    ['claude-opus-*', 'claude-opus-4-5', true],
    ['claude-opus-*', 'claude-opus-', true],
    ['claude-opus-*', 'my-claude-opus-4', false],
    ['*', '', true],
    ['*', 'anything\nat all', true],
    ['*-air', 'glm-4.5-air', true],
    ['claude-*-4-*', 'claude-opus-4-5', true],
    ['claude-*-4-*', 'claude-4-5', false],
    ['glm-4.7', 'glm-4.7', true],
    ['glm-4.7', 'glm-4x7', false],
    ['glm-4.*', 'glm-4x7', false],
    ['(a|b)*', 'b', false],
    ['a**b', 'ab', true],
    ['a*a', 'a', false],
    ['a*ba*a', 'aba', false],
    ['*b*b*', 'ab', false],
    ['*b*b*', 'abab', true],
  ])('%s and %s: %s', (pattern, model, matches) => {
    expect(matchesModel(pattern, model)).toBe(matches)
  })

  it('with many stars takes no time for a name that was made to fit almost', () => {
    const startedAt = performance.now()
    expect(matchesModel('*a*a*a*b', 'a'.repeat(2_000))).toBe(false)
    expect(performance.now() - startedAt).toBeLessThan(500)
  })
})

describe('a map', () => {
  const map = {
    '*': 'any',
    'claude-*': 'claude',
    'claude-opus-*': 'opus',
    'claude-opus-4': 'exact',
    'claude-*-4-5': 'long',
  }
  it.each([
    ['claude-opus-4', 'exact'],
    ['claude-opus-4-5', 'opus'],
    ['claude-haiku-4-5', 'long'],
    ['claude-haiku-3', 'claude'],
    ['gpt-5', 'any'],
  ])('takes the exact name, else the longest pattern: %s is %s', (model, mapped) => {
    expect(mapModel(map, model)).toBe(mapped)
  })

  it('without an entry gives nothing, also for names that every object has', () => {
    expect(mapModel({}, 'x')).toBeUndefined()
    for (const name of ['constructor', '__proto__', 'toString'])
      expect(mapModel({ a: 'b' }, name)).toBeUndefined()
  })
})
