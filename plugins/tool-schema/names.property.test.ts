import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { renames } from './names.js'

const rules = fc.record({
  characters: fc.constantFrom(undefined, 'a-zA-Z0-9_-', 'a-z'),
  length: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
})
const names = fc.array(
  fc.string({ unit: fc.constantFrom('a', 'b', '.', '_', 'é', '\u{1f600}'), minLength: 1, maxLength: 24 }),
  {
    maxLength: 8,
  },
)
/** A hash and what parts it from the name need their place, and `_` and digits their characters. */
const least = ({ length }: { length: number | undefined }) => Math.max(length ?? 1_000, 8)

describe('what names of tools become', () => {
  it('is in the alphabet and short enough, and no two become one', () => {
    fc.assert(
      fc.property(names, rules, (given, rule) => {
        const to = renames(given, rule)
        const all = new Set(given)
        const spelt = [...all].map((name) => to.get(name) ?? name)
        expect(new Set(spelt).size).toBe(all.size)
        const outside = new RegExp(`[^${rule.characters ?? '\\s\\S'}_0-9a-f]`, 'u')
        for (const name of spelt) {
          expect(outside.test(name)).toBe(false)
          expect(name.length).toBeLessThanOrEqual(least(rule))
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('depends on no order and on nothing before, and twice is once', () => {
    fc.assert(
      fc.property(names, rules, (given, rule) => {
        const to = renames(given, rule)
        expect(new Map([...renames([...given].reverse(), rule)].sort())).toEqual(new Map([...to].sort()))
        if (rule.characters === 'a-z') return // a hash has digits, which this alphabet has not
        expect(
          renames(
            [...new Set(given)].map((name) => to.get(name) ?? name),
            rule,
          ),
        ).toEqual(new Map())
      }),
      { numRuns: 2_000 },
    )
  })

  it('is nothing for names that fit', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-zA-Z0-9_-]{1,20}$/)), (given) => {
        expect(renames(given, { characters: 'a-zA-Z0-9_-', length: 20 })).toEqual(new Map())
      }),
    )
  })
})
