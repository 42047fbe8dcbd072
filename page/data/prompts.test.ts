import { describe, expect, it } from 'vitest'
import type { Row } from '../api/types.js'
import { matching } from './filter.js'
import { itemsOf } from './items.js'
import { Prompts } from './prompts.js'
import { agentsOf } from './tree.js'

const T = Date.parse('2026-11-26T10:00:00Z')
let n = 0
/** A request that began `at` seconds after ten. */
function row(at: number, fields: Partial<Row> = {}): Row {
  const known = { id: `req_${n++}`, route: 'messages', status: 200, ending: 'complete', attempts: 1, ms: 500 }
  return { ...known, at: new Date(T + at * 1000).toISOString(), ...fields } as Row
}

const of = (session: string, prompt: string, fields: Partial<Row> = {}) => ({ session, prompt, ...fields })

describe('prompts', () => {
  it('join the requests of all agents, the one that was heard of last first', () => {
    const prompts = new Prompts()
    prompts.add([
      row(0, of('s', 'p', { text: 'fix it', inputTokens: 10, cacheReadTokens: 90, cost: 0.25 })),
      row(5, of('s', 'q')),
      row(9, of('s', 'p', { agent: 'a', agentType: 'Explore', cost: 0.5, cache: 'prefix', lostTokens: 70 })),
    ])
    const [first, second] = prompts.list()
    expect([first!.prompt, second!.prompt]).toEqual(['p', 'q'])
    expect(first).toMatchObject({
      text: 'fix it',
      requests: 2,
      cost: 0.75,
      sent: 100,
      cached: 90,
      misses: 1,
      lost: 70,
    })
    expect(first!.agents.map(({ name }) => name)).toEqual(['main', 'Explore'])
    expect(first!.to - first!.from).toBe(9_500)
  })

  it('are the same objects until something of them changes, which is what the list’s lines go by', () => {
    const prompts = new Prompts()
    prompts.add([row(0, of('s', 'p')), row(1, of('s', 'q'))])
    const before = prompts.list()
    expect(prompts.add([row(2, of('s', 'p'))])).toBe(1)
    const after = prompts.list()
    expect(after.map(({ prompt }) => prompt)).toEqual(['p', 'q'])
    expect(after[1]).toBe(before[0])
    expect(after[0]).not.toBe(before[1])
    const [p, q] = itemsOf(after, new Set())
    expect(itemsOf(after, new Set())).toEqual([p, q])
    expect(itemsOf(after, new Set())[0]).toBe(p)
    expect(itemsOf(after, new Set([after[0]!.key])).map(({ kind }) => kind)).toEqual([
      ...['prompt', 'agent', 'request', 'request'],
      'prompt',
    ])
  })

  it('know a request once, and one without a prompt is one by itself', () => {
    const prompts = new Prompts()
    const one = row(0, { session: 's' })
    expect(prompts.add([one, row(1, { session: 's' }), row(1, { route: 'count-tokens' } as never)])).toBe(2)
    expect(prompts.add([one])).toBe(0)
    expect(prompts.list()).toHaveLength(2)
  })

  it('stay in order however their pages come', () => {
    const prompts = new Prompts()
    for (const at of [50, 10, 40, 30, 20, 60]) {
      prompts.add([row(at, of('s', String(at)))])
      prompts.list()
    }
    expect(prompts.list().map(({ prompt }) => prompt)).toEqual(['60', '50', '40', '30', '20', '10'])
  })

  it('are found by every word of the filter, by state and by label', () => {
    const prompts = new Prompts()
    prompts.add([
      row(0, of('s', 'p', { account: 'Team-A', status: 529, error: 'overloaded_error' })),
      row(1, of('s', 'q', { account: 'team-b', labels: { task: 'login' }, attempts: 2 })),
    ])
    const found = (filter: string) => matching(prompts.list(), filter).map(({ prompt }) => prompt)
    expect(found('team-a')).toEqual(['p'])
    expect(found('team over')).toEqual(['p'])
    expect(found('task=login is:retried')).toEqual(['q'])
    expect(found('is:failed')).toEqual(['p'])
    expect(found('is:missed')).toEqual([])
    expect(found(' ')).toEqual(['q', 'p'])
  })
})

describe('the tree of a session', () => {
  it('has each agent below the one that started it', () => {
    const nodes = agentsOf([
      row(0),
      row(1, { agent: 'a', agentType: 'Explore' }),
      row(2, { agent: 'b', agentType: 'test-runner', parentAgent: 'a' }),
      row(3, { agent: 'c', parentAgent: 'gone' }),
    ])
    expect(nodes.map(({ name, depth }) => [name, depth])).toEqual([
      ['main', 0],
      ['Explore', 1],
      ['test-runner', 2],
      ['c', 1],
    ])
  })

  it('ends for agents that name one another', () => {
    const nodes = agentsOf([
      row(0, { agent: 'a', parentAgent: 'b' }),
      row(1, { agent: 'b', parentAgent: 'a' }),
      row(2, { agent: 'c', parentAgent: 'c' }),
    ])
    expect(nodes.map(({ id }) => id).sort()).toEqual(['a', 'b', 'c'])
  })
})
