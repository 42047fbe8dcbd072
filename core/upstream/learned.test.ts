import { describe, expect, it } from 'vitest'
import { MemoryStore } from '../state/memory.js'
import { ACCEPTS } from './accepts.js'
import { extended, Learned } from './learned.js'

function learning() {
  let now = 1_000
  const state = new MemoryStore(() => now)
  return { state, learned: new Learned(state), advance: (ms: number) => (now += ms) }
}

describe('what was learned', () => {
  it('is nothing at first, and holds for an upstream and a model', () => {
    const { learned } = learning()
    learned.learn('zai', 'glm', { effort: false }, 'effort', 1000)
    expect(learned.of('zai', 'glm')).toEqual({ effort: false })
    expect([learned.of('zai', 'other'), learned.of('other', 'glm')]).toEqual([undefined, undefined])
  })

  it('is forgotten by itself, each lesson at its own time', () => {
    const { learned, advance } = learning()
    learned.learn('zai', 'glm', { effort: false }, 'effort', 1000)
    advance(600)
    learned.learn('zai', 'glm', { maxTokens: 8 }, 'max_tokens', 1000)
    expect(learned.of('zai', 'glm')).toEqual({ effort: false, maxTokens: 8 })
    advance(600)
    expect(learned.of('zai', 'glm')).toEqual({ maxTokens: 8 })
    advance(600)
    expect(learned.of('zai', 'glm')).toBeUndefined()
    expect(learned.list()).toEqual([])
  })

  it('adds to lists and maps', () => {
    const { learned } = learning()
    learned.learn('a', 'm', { refusedFields: ['x'], betaNames: { one: null } }, 'x', 1000)
    learned.learn('a', 'm', { refusedFields: ['y'] }, 'y', 1000)
    learned.learn('a', 'm', { betaNames: { two: null } }, 'two', 1000)
    expect(learned.of('a', 'm')).toEqual({ refusedFields: ['x', 'y'], betaNames: { one: null, two: null } })
  })

  it('keeps the newest hundred of what clients name without an end', () => {
    const { learned } = learning()
    for (let i = 0; i < 300; i++)
      learned.learn('a', 'm', { refusedFields: [`x${i}`], betaNames: { [`b${i}`]: null } }, 'x', 1000)
    const { refusedFields = [], betaNames = {} } = learned.of('a', 'm')!
    expect([refusedFields.length, refusedFields.at(-1)]).toEqual([100, 'x299'])
    expect([Object.keys(betaNames).length, Object.keys(betaNames).at(-1)]).toEqual([100, 'b299'])
  })

  it('is forgotten by hand, of one upstream', () => {
    const { learned, state } = learning()
    learned.learn('a', 'm', { effort: false, images: false }, 'x', 1000)
    learned.learn('ab', 'm', { effort: false }, 'x', 1000)
    expect(learned.forget('a')).toBe(2)
    expect([...state.entries('learned')].map(([key]) => key.split('\t')[0])).toEqual(['ab', 'ab'])
    expect(learned.list('ab')).toHaveLength(1)
  })

  it('is not kept under a name that would be another’s', () => {
    const { learned } = learning()
    learned.learn('a', 'm\teffort', { images: false }, 'x', 1000)
    learned.learn('a', 'm'.repeat(500), { images: false }, 'x', 1000)
    expect(learned.list()).toEqual([])
  })

  it('leaves out what another version wrote', () => {
    const { learned, state } = learning()
    state.set('learned', 'a\tm', 'effort\tflying\tbroken', 1000)
    state.set('learned', 'a\tm\teffort', JSON.stringify({ accepts: { effort: ['low'] }, why: 'x' }), 1000)
    state.set('learned', 'a\tm\tflying', JSON.stringify({ accepts: { flying: false }, why: 'x' }), 1000)
    state.set('learned', 'a\tm\tbroken', '{', 1000)
    expect(learned.of('a', 'm')).toEqual({ effort: ['low'] })
  })
})

it('a lesson adds to what is known of lists and maps, and replaces the rest', () => {
  const known = { ...ACCEPTS, refusedFields: ['a'], effort: ['low'] }
  expect(extended(known, { refusedFields: ['b', 'a'], effort: false, maxTokens: 5 })).toEqual({
    ...ACCEPTS,
    refusedFields: ['a', 'b'],
    effort: false,
    maxTokens: 5,
  })
})
