import { describe, expect, it, vi } from 'vitest'
import { ACCEPT_NAMES, ACCEPTS, acceptsOption } from './accepts.js'
import { AcceptsTable } from './accepts-table.js'

describe('what an upstream takes', () => {
  it('is everything while nothing is known', () => {
    const table = new AcceptsTable()
    expect(table.acceptsFor('any')).toEqual(ACCEPTS)
    expect(table.modelFor('any')).toBe('any')
  })

  it('differs by model: the longest pattern has the last word', () => {
    const table = new AcceptsTable({
      images: false,
      byModel: {
        'glm-5.3*': { maxTokens: 3 },
        'glm-*': { maxTokens: 1, images: true },
        'glm-5*': { maxTokens: 2 },
      },
    })
    expect(table.base).toMatchObject({ images: false, maxTokens: undefined })
    expect(table.acceptsFor('glm-5.3-flash')).toMatchObject({ images: true, maxTokens: 3 })
    expect(table.acceptsFor('glm-4.5')).toMatchObject({ images: true, maxTokens: 1 })
    expect(table.acceptsFor('kimi')).toMatchObject({ images: false, maxTokens: undefined })
  })

  it('is overruled by a later layer, of all models too; what that leaves undefined stands', () => {
    const table = new AcceptsTable([
      { effort: false, byModel: { 'a*': { maxTokens: 8, images: false } } },
      { maxTokens: 16, effort: undefined as never },
    ])
    expect(table.acceptsFor('abc')).toMatchObject({ maxTokens: 16, images: false, effort: false })
  })

  it('has the context window that the upstream tells, unless its data says another', () => {
    const contextWindow = (model: string) => (model === 'big' ? 1_000_000 : undefined)
    const table = new AcceptsTable({ byModel: { own: { contextWindow: 5 } } }, { contextWindow })
    expect(['big', 'own', 'other'].map((model) => table.acceptsFor(model).contextWindow)).toEqual([
      1_000_000,
      5,
      undefined,
    ])
  })

  it('is worked out once for each model, and strangers’ names do not pile up', () => {
    const mappedModel = vi.fn((model: string) => `own-${model}`)
    const table = new AcceptsTable({ byModel: { 'own-*': { images: false } } }, { mappedModel })
    expect(table.acceptsFor(table.modelFor('x'))).toBe(table.acceptsFor(table.modelFor('x')))
    expect(mappedModel).toHaveBeenCalledTimes(1)
    for (let i = 0; i < 1_000; i++) table.modelFor(`name-${i}`)
    table.modelFor('x')
    expect(mappedModel).toHaveBeenCalledTimes(1_002)
  })
})

describe('the option `accepts`', () => {
  it('takes every field, and none by itself', () => {
    expect(acceptsOption().parse({})).toEqual({})
    const { maxCacheControls, toolNameCharacters, toolNameLength, maxTokens, contextWindow, ...known } =
      ACCEPTS
    const limits = {
      maxCacheControls: 4,
      toolNameCharacters: 'a-z_-',
      toolNameLength: 64,
      maxTokens: 1,
      contextWindow: 2,
    }
    const all = { ...known, ...limits }
    expect(Object.keys(all).toSorted()).toEqual([...ACCEPT_NAMES].toSorted())
    expect(acceptsOption().parse({ ...all, byModel: { '*': all } })).toEqual({
      ...all,
      byModel: { '*': all },
    })
  })

  it.each([
    { cache: true },
    { systemMessages: 'last' },
    { maxTokens: 0 },
    { toolNameCharacters: 'a]b' },
    { toolNameCharacters: 'z-a' },
    { byModel: { 'a*': { cache: true } } },
  ])('refuses %j', (given) => {
    expect(acceptsOption().safeParse(given).success).toBe(false)
  })
})
