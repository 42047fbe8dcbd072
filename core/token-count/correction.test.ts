import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Correction, corrected, parsedCorrection, startingAt, tokensOf } from './correction.js'
import { KINDS, type KindCounts, noCounts, sharesOf } from './kinds.js'

const texts = (parts: Partial<KindCounts>): KindCounts => ({ ...noCounts(), ...parts })
/** A model that makes so many tokens of one of the table's, by kind. */
const model = (truth: KindCounts) => (counted: KindCounts) =>
  KINDS.reduce((sum, kind) => sum + counted[kind] * truth[kind], 0)
const after = (start: Correction, count: (counted: KindCounts) => number, turns: readonly KindCounts[]) =>
  turns.reduce((correction, turn) => corrected(correction, turn, count(turn)), start)
const error = (correction: Correction, counted: KindCounts, count: (counted: KindCounts) => number) =>
  Math.abs(tokensOf(counted, correction) / count(counted) - 1)

const GLM = model({ prose: 0.95, code: 0.88, cjk: 0.6, digits: 1.4 })

describe('factors', () => {
  it('are right within 3 % after ten turns, for each mix of texts', () => {
    const factor = fc.double({ min: 0.6, max: 1.8, noNaN: true })
    const truth = fc.record({ prose: factor, code: factor, cjk: factor, digits: factor })
    const turn = fc.record({
      prose: fc.nat(5000),
      code: fc.nat(5000),
      cjk: fc.nat(5000),
      digits: fc.nat(5000),
    })
    fc.assert(
      fc.property(truth, turn, fc.array(turn, { minLength: 9, maxLength: 9 }), (factors, system, added) => {
        fc.pre(Object.values(system).reduce((a, b) => a + b) > 1000)
        const count = model(factors)
        // A session grows: each turn has all that was there before.
        const turns = [system]
        for (const more of added) {
          const before = turns.at(-1)!
          turns.push({
            prose: before.prose + more.prose / 10,
            code: before.code + more.code / 10,
            cjk: before.cjk + more.cjk / 10,
            digits: before.digits + more.digits / 10,
          })
        }
        expect(error(after(startingAt(1.2), count, turns), turns.at(-1)!, count)).toBeLessThan(0.03)
      }),
    )
  })

  it('learn from one kind for all, and then tell them apart', () => {
    const once = after(startingAt(1.2), GLM, [texts({ code: 20_000 })])
    expect(once.factors[1]).toBeCloseTo(0.88, 1)
    expect(once.factors[0]).toBeLessThan(1.1)
    const both = after(once, GLM, [
      texts({ prose: 20_000 }),
      texts({ cjk: 20_000 }),
      texts({ digits: 20_000 }),
    ])
    const truth = [0.95, 0.88, 0.6, 1.4]
    for (const [i, factor] of both.factors.entries()) expect(Math.abs(factor - truth[i]!)).toBeLessThan(0.06)
  })

  it('are not led astray by one answer, and follow a model that became another', () => {
    const learned = after(startingAt(1), GLM, Array(10).fill(texts({ code: 10_000 })))
    const bad = corrected(learned, texts({ code: 10_000 }), 20_000)
    expect(error(bad, texts({ code: 10_000 }), GLM)).toBeLessThan(0.06)
    const other = after(learned, (counted) => 1.5 * GLM(counted), Array(8).fill(texts({ code: 10_000 })))
    expect(error(other, texts({ code: 10_000 }), (counted) => 1.5 * GLM(counted))).toBeLessThan(0.03)
  })

  it.each([
    ['a prompt too short', texts({ prose: 100 }), 500],
    ['none at all', noCounts(), 500],
    ['a count of nothing', texts({ prose: 10_000 }), 0],
    ['cached tokens left out', texts({ prose: 10_000 }), 3],
    ['cached tokens counted many times', texts({ prose: 10_000 }), 90_000],
    ['no number', texts({ prose: 10_000 }), Number.NaN],
  ])('learn nothing from %s', (_, counted, tokens) => {
    const start = startingAt(1)
    expect(corrected(start, counted, tokens)).toBe(start)
  })

  it('stay within bounds and finite, whatever is said', () => {
    const counts = fc.record({ prose: fc.nat(1e6), code: fc.nat(1e6), cjk: fc.nat(1e6), digits: fc.nat(1e6) })
    fc.assert(
      fc.property(
        fc.array(fc.tuple(counts, fc.double({ min: 0.3, max: 3, noNaN: true })), { maxLength: 60 }),
        (answers) => {
          const end = answers.reduce(
            (c, [counted, factor]) =>
              corrected(
                c,
                counted,
                model({ prose: factor, code: factor, cjk: factor, digits: factor })(counted),
              ),
            startingAt(1),
          )
          for (const factor of end.factors) expect(factor >= 0.4 && factor <= 2.5).toBe(true)
          expect(parsedCorrection(JSON.parse(JSON.stringify(end)))).toEqual(end)
        },
      ),
    )
  })

  it.each([
    undefined,
    null,
    7,
    {},
    { factors: [1], spread: [], answers: 1, odd: 0 },
    { ...startingAt(1), factors: [1, 2, null, 4] },
  ])('of another form are none: %j', (value) => {
    expect(parsedCorrection(value)).toBeUndefined()
  })
})

describe('kinds', () => {
  it.each([
    ['prose', 'The gateway counts what the upstream does not, and says where its number comes from. '],
    ['code', 'const { a, b } = call.body; if (a?.[0] === "x") { return [...b, { c: () => d(e) }] }'],
    ['cjk', '网关计算上游不计算的内容，并说明其数字的来源。'],
    ['digits', '2026 11 26 09 46 12 4711 0815 127 8045 3600 1024 65536'],
  ] as const)('%s', (kind, text) => {
    const shares = sharesOf(text.repeat(20))
    expect(shares[kind]).toBeGreaterThan(0.7)
    expect(Object.values(shares).reduce((a, b) => a + b)).toBeCloseTo(1)
  })
})
