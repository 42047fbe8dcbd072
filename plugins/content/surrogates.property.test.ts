import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyEdits } from '../../core/kit.js'
import { withoutLoneSurrogates } from './surrogates.js'

const repaired = (json: string) => {
  const bytes = Buffer.from(json)
  return applyEdits(bytes, withoutLoneSurrogates(bytes)).toString('utf8')
}

const HALF = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g
const whole = (text: string) => text.replace(HALF, '\ufffd')

/** Every string, keys too. */
function naive(value: unknown): unknown {
  if (typeof value === 'string') return whole(value)
  if (Array.isArray(value)) return value.map(naive)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [whole(key), naive(inner)]))
}

/** Halves, whole characters, backslashes and what looks like an escape. */
const text = fc
  .array(fc.constantFrom('\ud83d', '\ude00', '😀', '\\', '\\ud83d', '\\\\', 'u', 'ude00', 'a', '"', '\n'), {
    maxLength: 12,
  })
  .map((parts) => parts.join(''))
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    text,
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(text, tie('any'), { maxKeys: 3 }),
  ),
})).any

/** As another serialiser may write it: everything outside of ASCII in escapes, upper case. */
const inEscapes = (json: string) =>
  json.replace(/[\ud800-\udfff]/g, (half) => `\\u${half.charCodeAt(0).toString(16).toUpperCase()}`)

describe('withoutLoneSurrogates', () => {
  it('replaces the halves in every string, and nothing else', () => {
    fc.assert(
      fc.property(value, (given) => {
        const json = JSON.stringify(given)
        const expected = JSON.stringify(naive(given))
        expect(JSON.stringify(JSON.parse(repaired(json)))).toBe(expected)
        expect(JSON.stringify(JSON.parse(repaired(inEscapes(json))))).toBe(expected)
      }),
    )
  })

  it('does nothing the second time, and changes no length', () => {
    fc.assert(
      fc.property(value, (given) => {
        const once = repaired(inEscapes(JSON.stringify(given)))
        expect(withoutLoneSurrogates(Buffer.from(once))).toEqual([])
        expect(once.length).toBe(inEscapes(JSON.stringify(given)).length)
      }),
    )
  })

  it('reads hostile bytes once', () => {
    for (const part of ['\\ud83d', '\\\\', '\\\\u'])
      expect(repaired(`"${part.repeat(500_000)}"`)).not.toContain('\\ud83d')
  }, 10_000)
})
