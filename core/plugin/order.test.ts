import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Phase } from '../contract/plugin.js'
import { checkOrder, type Placed, place } from './order.js'

const item = (name: string, phase: Phase, rules: Omit<Placed, 'name' | 'phase'> = {}): Placed => ({
  name,
  phase,
  ...rules,
})
const names = (chain: readonly Placed[]) => chain.map((c) => c.name)
const lines = (chain: readonly Placed[], known: readonly string[] = []) =>
  checkOrder(chain, known).map((problem) => problem.message)

const base = [
  item('auth', 'request'),
  item('retry', 'dispatch'),
  item('fix', 'attempt'),
  item('send', 'attempt'),
]

describe('place', () => {
  test('without neighbours a plugin stands at the end of its phase', () => {
    expect(names(place(base, [item('own', 'request')]))).toEqual(['auth', 'own', 'retry', 'fix', 'send'])
    expect(names(place(base, [item('own', 'dispatch')]))).toEqual(['auth', 'retry', 'own', 'fix', 'send'])
    expect(names(place(base, [item('own', 'attempt')]))).toEqual(['auth', 'retry', 'fix', 'send', 'own'])
    expect(names(place([], [item('own', 'request')]))).toEqual(['own'])
  })

  test('before: right before the first neighbour that it names', () => {
    const own = item('own', 'attempt', { before: ['send', 'fix'] })
    expect(names(place(base, [own]))).toEqual(['auth', 'retry', 'own', 'fix', 'send'])
  })

  test('after: right behind the last neighbour that it names, and after wins over before', () => {
    expect(names(place(base, [item('own', 'attempt', { after: 'fix' })]))).toEqual([
      'auth',
      'retry',
      'fix',
      'own',
      'send',
    ])
    const both = item('own', 'attempt', { after: 'fix', before: 'send' })
    expect(names(place(base, [both]))).toEqual(['auth', 'retry', 'fix', 'own', 'send'])
  })

  test('a neighbour that is not there does not count', () => {
    const own = item('own', 'request', { after: 'nobody' })
    expect(names(place(base, [own]))).toEqual(['auth', 'own', 'retry', 'fix', 'send'])
  })

  test('several own plugins see one another and keep their order', () => {
    const own = [item('a', 'request'), item('b', 'request'), item('c', 'request', { before: 'a' })]
    expect(names(place(base, own))).toEqual(['auth', 'c', 'a', 'b', 'retry', 'fix', 'send'])
  })

  test('does not touch the list that it was given', () => {
    const before = [...base]
    place(base, [item('own', 'request')])
    expect(base).toEqual(before)
  })
})

describe('checkOrder', () => {
  test('lets a chain pass in which every rule holds', () => {
    const chain = [
      item('auth', 'request'),
      item('a', 'request', { after: 'auth', before: ['b', 'send'] }),
      item('b', 'request', { requires: 'send' }),
      item('send', 'attempt'),
    ]
    expect(lines(chain)).toEqual([])
    expect(lines([])).toEqual([])
  })

  test('a phase out of turn names both plugins and prints an order that works', () => {
    expect(lines([item('send', 'attempt'), item('auth', 'request')])).toEqual([
      "'auth' (phase request) comes after 'send' (phase attempt); the phases are request, dispatch, attempt, upstream",
      'an order that works: auth, send',
    ])
  })

  test('broken before and after rules print an order that works', () => {
    const chain = [
      item('b', 'request', { after: 'a' }),
      item('a', 'request'),
      item('c', 'request', { before: 'a' }),
    ]
    expect(lines(chain)).toEqual([
      "'b' must come after 'a'",
      "'c' must come before 'a'",
      'an order that works: c, a, b',
    ])
  })

  test('an unknown neighbour is an error that suggests the nearest name', () => {
    expect(lines([item('auth', 'request'), item('own', 'request', { after: 'auht' })])).toEqual([
      "'own' wants to come after 'auht', which is unknown; did you mean 'auth'?",
    ])
  })

  test('a requirement must be there, and a switched-off one is told as such', () => {
    const own = item('own', 'request', { requires: ['ledger', 'warmup'] })
    expect(lines([own], ['warmup'])).toEqual([
      "'own' requires 'ledger', which is unknown",
      "'own' requires 'warmup', which is switched off",
    ])
  })

  test('what requires itself by a misspelt name is not told to', () => {
    expect(lines([item('oops', 'request', { requires: 'oop' })])[0]).toBe(
      "'oops' requires 'oop', which is unknown",
    )
  })

  test('the order that works moves as few plugins as possible, those with rules first', () => {
    const chain = ['auth', 'warmup', 'count-tokens', 'models'].map((name) => item(name, 'request'))
    const last = (own: Placed) => lines([...chain, own]).at(-1)
    expect(last(item('own', 'request', { before: 'auth' }))).toBe(
      'an order that works: own, auth, warmup, count-tokens, models',
    )
  })

  test('plugins without rules keep their order, since a config cannot change a preset', () => {
    const chain = ['auth', 'warmup', 'count-tokens', 'models'].map((name) => item(name, 'request'))
    expect(lines([...chain, item('own', 'request', { before: 'auth', after: 'models' })])).toEqual([
      "'own' must come before 'auth'",
      "these can't all hold: the list has 'auth' before 'models'; 'own' says after 'models'; 'own' says before 'auth'. Take one of the rules out",
    ])
  })

  test('a rule about an upstream is told why it cannot hold', () => {
    const chain: Placed[] = [item('p', 'attempt', { after: 'zai' }), { name: 'zai', phase: 'upstream' }]
    expect(lines(chain).at(-1)).toMatch(/^these can't all hold: .*'p' says after 'zai'/)
    expect(lines(chain).at(-1)).toMatch(/upstreams follow all plugins/)
  })

  test('rules about a plugin that is switched off hold by themselves', () => {
    expect(
      lines([item('own', 'request', { after: 'warmup', before: 'models' })], ['warmup', 'models']),
    ).toEqual([])
  })

  test('a name taken twice is an error', () => {
    expect(lines([item('auth', 'request'), item('auth', 'request')])).toEqual([
      "the name 'auth' is taken twice; choose another name for your own",
    ])
  })

  test('a cycle names each of its rules', () => {
    const chain = [
      item('a', 'request', { after: 'c' }),
      item('b', 'request', { after: 'a' }),
      item('c', 'request', { after: 'b' }),
      item('z', 'attempt'),
    ]
    const found = lines(chain)
    expect(found).toContain("'a' must come after 'c'")
    expect(found.at(-1)).toBe(
      "these can't all hold: 'b' says after 'a'; 'c' says after 'b'; 'a' says after 'c'. Take one of the rules out",
    )
  })

  test('a rule against the phases is a contradiction too', () => {
    const found = lines([item('early', 'request', { after: 'late' }), item('late', 'attempt')])
    expect(found[0]).toBe("'early' must come after 'late'")
    expect(found.at(-1)).toMatch(/can't all hold: .*'early' says after 'late'/)
    expect(found.at(-1)).toMatch(/'early' comes before 'late' by its phase \(request is before attempt\)/)
  })

  test('any order that is printed passes when it is taken', () => {
    const phases: Phase[] = ['request', 'dispatch', 'attempt']
    const rules = fc.uniqueArray(fc.integer({ min: 0, max: 7 }), { maxLength: 2 })
    const plugin = fc.record({ phase: fc.constantFrom(...phases), before: rules, after: rules })
    fc.assert(
      fc.property(fc.array(plugin, { minLength: 1, maxLength: 8 }), (specs) => {
        const name = (i: number) => `p${i % specs.length}`
        const others = (list: number[], i: number) => list.map(name).filter((n) => n !== `p${i}`)
        const chain = specs.map((s, i) =>
          item(`p${i}`, s.phase, { before: others(s.before, i), after: others(s.after, i) }),
        )
        const printed = /^an order that works: (.*)$/.exec(lines(chain).at(-1) ?? '')?.[1]
        if (!printed) return // in order already, or a contradiction
        const byName = new Map(chain.map((c) => [c.name, c]))
        expect(lines(printed.split(', ').map((n) => byName.get(n)!))).toEqual([])
      }),
      { numRuns: 500 },
    )
  })
})

test('an own plugin of the phase attempt goes before the upstreams, an own upstream after them', () => {
  const chain = [
    { name: 'retry-rotate', phase: 'dispatch' },
    { name: 'fix', phase: 'attempt' },
    { name: 'zai', phase: 'upstream' },
    { name: 'echo', phase: 'upstream' },
  ] as const
  const names = (own: Parameters<typeof place>[1]) => place(chain, own).map((item) => item.name)
  const mine = ['retry-rotate', 'fix', 'mine', 'zai', 'echo']
  expect(names([{ name: 'mine', phase: 'attempt' }])).toEqual(mine)
  expect(names([{ name: 'mine', phase: 'attempt', before: 'echo' }])).toEqual(mine)
  const upstreams = ['retry-rotate', 'fix', 'zai', 'echo', 'ollama']
  expect(names([{ name: 'ollama', phase: 'upstream' }])).toEqual(upstreams)
})
