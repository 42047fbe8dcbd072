import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { KeyRing, presentedKeys } from './client-keys.js'

// How long a comparison takes can't be measured reliably here; what it calls can.
const compared = vi.spyOn(crypto, 'timingSafeEqual')
syncBuiltinESMExports()
afterAll(() => {
  compared.mockRestore()
  syncBuiltinESMExports()
})

const KEYS = ['sk-first', 'sk-second-and-longer', 'sk-third']

beforeEach(() => void compared.mockClear())

describe('a key ring', () => {
  it.each([
    ['the first key', ['sk-first'], true],
    ['the last key', ['sk-third'], true],
    ['a key that differs in its last character', ['sk-firsu'], false],
    ['the beginning of a key', ['sk'], false],
    ['a wrong key beside a right one', ['nope', 'sk-second-and-longer'], true],
    ['a right key beside a wrong one', ['sk-second-and-longer', 'nope'], true],
  ])('compares every configured key in constant time, a match or not: %s', (_what, candidates, found) => {
    expect(new KeyRing(KEYS).holdsAny(candidates)).toBe(found)
    expect(compared).toHaveBeenCalledTimes(candidates.length * KEYS.length)
    // One length for all of them, so that a key's own length is no part of it.
    const lengths = compared.mock.calls.flat().map((side) => side.byteLength)
    expect(new Set(lengths)).toEqual(new Set([32]))
  })

  it('lets nobody in when it holds nothing, blank keys included', () => {
    const ring = new KeyRing(['', '  '])
    expect(ring.empty).toBe(true)
    expect(ring.holdsAny(presentedKeys({ authorization: 'Bearer ', 'x-api-key': '' }))).toBe(false)
    expect(ring.holdsAny([''])).toBe(false)
  })
})
