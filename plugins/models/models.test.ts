import Anthropic from '@anthropic-ai/sdk'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { GatewayError, ModelInfo } from '../../core/index.js'
import { anthropicUpstream } from '../../test/support/anthropic-upstream.js'
import { stand } from '../../test/support/stand.js'
import { makeCall, mount, type TestUpstream } from '../../testing.js'
import { models } from './index.js'

const upstream = (name: string, fields: Partial<TestUpstream>): TestUpstream => ({ name, ...fields })
const info = (...ids: string[]): ModelInfo[] => ids.map((id) => ({ id }))
const HUNDRED = info(...Array.from({ length: 100 }, (_, i) => `m${i}`))

interface List {
  data: {
    id: string
    type?: string
    object?: string
    display_name?: string
    created_at?: string
    created?: number
  }[]
  has_more: boolean
  first_id: string | null
  last_id: string | null
}

async function listing(
  upstreams: readonly TestUpstream[],
  options: Parameters<typeof models>[0] = {},
  accounts?: string[],
) {
  const names = accounts ?? upstreams.map((u) => u.name)
  const mounted = await mount(models(options), {
    upstreams,
    accounts: names.map((name) => ({ id: name, upstream: name, apiKey: 'sk-key' })),
  })
  onTestFinished(() => mounted.dispose())
  const get = async <T = List>(query = '', route: 'models' | 'models-claude' | 'model' = 'models', id = '') =>
    (await mounted.send(makeCall({}, { route, query, method: 'GET', params: { id } }))).json<T>()
  return { ...mounted, get, ids: async () => (await get('?limit=1000')).data.map((m) => m.id) }
}

describe('the Anthropic list', () => {
  it('has every field, with a date even where nobody told one', async () => {
    const { get } = await listing([
      upstream('a', {
        models: () => [{ id: 'x', displayName: 'X', createdAt: '2026-01-01T00:00:00Z' }, { id: 'y' }],
      }),
    ])
    expect(await get()).toEqual({
      data: [
        { type: 'model', id: 'x', display_name: 'X', created_at: '2026-01-01T00:00:00Z' },
        { type: 'model', id: 'y', display_name: 'y', created_at: '1970-01-01T00:00:00Z' },
      ],
      has_more: false,
      first_id: 'x',
      last_id: 'y',
    })
  })

  it('of nothing is an empty page', async () => {
    const { get } = await listing([])
    expect(await get()).toEqual({ data: [], has_more: false, first_id: null, last_id: null })
  })

  it.each([
    ['', 'm0', 'm19', true],
    ['?limit=5', 'm0', 'm4', true],
    ['?limit=100', 'm0', 'm99', false],
    ['?limit=1000', 'm0', 'm99', false],
    ['?limit=5&after_id=m4', 'm5', 'm9', true],
    ['?limit=5&after_id=m94', 'm95', 'm99', false],
    ['?limit=5&after_id=m97', 'm98', 'm99', false],
    ['?limit=5&before_id=m10', 'm5', 'm9', true],
    ['?limit=5&before_id=m5', 'm0', 'm4', false],
    ['?limit=5&before_id=m3', 'm0', 'm2', false],
    ['?after_id=m99', null, null, false],
    ['?before_id=m0', null, null, false],
  ])('pages by limit, after_id and before_id: %s', async (query, first, last, more) => {
    const { get } = await listing([upstream('a', { models: () => HUNDRED })])
    const page = await get(query)
    expect([page.first_id, page.last_id, page.has_more]).toEqual([first, last, more])
    expect([page.data[0]?.id ?? null, page.data.at(-1)?.id ?? null]).toEqual([first, last])
  })

  it.each([
    '?limit=0',
    '?limit=1001',
    '?limit=x',
    '?limit=1.5',
    '?after_id=nobody',
    '?before_id=nobody',
    '?after_id=m1&before_id=m2',
  ])('refuses %s with a 400', async (query) => {
    const { get } = await listing([upstream('a', { models: () => HUNDRED })])
    const error = await get(query).catch((e: GatewayError) => e)
    expect(error).toMatchObject({
      status: 400,
      type: 'invalid_request_error',
      headers: { 'x-should-retry': 'false' },
    })
  })
})

it('the OpenAI-shaped list has ids, kinds and dates in seconds', async () => {
  const { get } = await listing([
    upstream('a', { models: () => [{ id: 'x', createdAt: '2026-01-01T00:00:00Z' }, { id: 'y' }] }),
  ])
  expect(await get<object>('', 'models-claude')).toEqual({
    object: 'list',
    data: [
      { id: 'x', object: 'model', created: 1767225600, owned_by: 'agproxy' },
      { id: 'y', object: 'model', created: 0, owned_by: 'agproxy' },
    ],
  })
})

describe('one model', () => {
  it('is answered by its id', async () => {
    const { get } = await listing([upstream('a', { models: () => info('x', 'org/y') })])
    expect(await get<object>('', 'model', 'org/y')).toMatchObject({ type: 'model', id: 'org/y' })
  })

  it('that is not known is a 404 that says where to look', async () => {
    const { get } = await listing([upstream('a', { models: () => info('x') })])
    const error = await get('', 'model', 'z').catch((e: GatewayError) => e)
    expect(error).toMatchObject({
      status: 404,
      type: 'not_found_error',
      message: expect.stringContaining('GET /v1/models'),
    })
  })
})

describe('what is listed', () => {
  it('is each id once, in the order of the upstreams, with what the later one knows more', async () => {
    const { get } = await listing([
      upstream('a', { models: () => info('x', 'shared') }),
      upstream('b', { models: () => [{ id: 'shared', displayName: 'Shared' }, { id: 'y' }] }),
    ])
    expect((await get()).data.map((m) => [m.id, m.display_name])).toEqual([
      ['x', 'x'],
      ['shared', 'Shared'],
      ['y', 'y'],
    ])
  })

  it('is nothing of an upstream without an account', async () => {
    const upstreams = [upstream('a', { models: () => info('x') }), upstream('b', { models: () => info('y') })]
    expect(await (await listing(upstreams, {}, ['b'])).ids()).toEqual(['y'])
  })

  it('is an upstream’s mapping and its own list', async () => {
    const { ids } = await listing([
      upstream('a', { models: () => info('mapped'), listModels: async () => info('listed') }),
    ])
    expect(await ids()).toEqual(['mapped', 'listed'])
  })
})

describe('an upstream’s own list', () => {
  it('is asked once for calls at the same time, and kept', async () => {
    let asked = 0
    const { ids } = await listing([upstream('a', { listModels: async () => info(`m${asked++}`) })])
    await Promise.all([ids(), ids(), ids()])
    expect(await ids()).toEqual(['m0'])
    expect(asked).toBe(1)
  })

  it('is asked again after maxAge', async () => {
    let asked = 0
    const { ids } = await listing([upstream('a', { listModels: async () => info(`m${asked++}`) })], {
      maxAge: 0,
    })
    expect([await ids(), await ids()]).toEqual([['m0'], ['m1']])
  })

  it('that fails costs nothing but itself, and is told in the log without the key', async () => {
    const { ids, logs } = await listing([
      upstream('a', { listModels: () => Promise.reject(new Error('no list')), models: () => info('mapped') }),
      upstream('b', { models: () => info('y') }),
    ])
    expect(await ids()).toEqual(['mapped', 'y'])
    expect(logs).toMatchObject([{ level: 'warn', fields: { upstream: 'a', reason: 'no list' } }])
    expect(JSON.stringify(logs)).not.toContain('sk-key')
  })

  it('that fails later is what it was', async () => {
    let asked = 0
    const listModels = async () => {
      if (asked++ > 0) throw new Error('down')
      return info('old')
    }
    const { ids } = await listing([upstream('a', { listModels })], { maxAge: 0 })
    expect([await ids(), await ids()]).toEqual([['old'], ['old']])
  })

  it('is waited for no longer than the timeout', async () => {
    const listModels = (_account: unknown, signal: AbortSignal) =>
      new Promise<never>((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(new Error('late'))),
      )
    const { ids } = await listing([upstream('a', { listModels, models: () => info('x') })], { timeout: 50 })
    const started = performance.now()
    expect(await ids()).toEqual(['x'])
    expect(performance.now() - started).toBeLessThan(1000)
  })

  it('is not asked with an account in cooldown', async () => {
    let asked = 0
    const { ids, accounts: pool } = await listing([
      upstream('a', { listModels: async () => info(`m${asked++}`) }),
    ])
    pool.coolDown(pool.all()[0]!, 10_000, 'unauthorised')
    expect(await ids()).toEqual([])
    expect(asked).toBe(0)
  })
})

describe('over the wire', () => {
  it('the SDK pages through the models of an upstream', async () => {
    const { url } = await stand(anthropicUpstream())
    const client = new Anthropic({ baseURL: url, apiKey: 'x', maxRetries: 0 })
    const ids: string[] = []
    for await (const model of client.models.list({ limit: 1 })) ids.push(model.id)
    expect(ids).toEqual(['claude-opus-5-5', 'claude-sonnet-5'])
    expect((await client.models.retrieve('claude-sonnet-5')).id).toBe('claude-sonnet-5')
    await expect(client.models.retrieve('nobody')).rejects.toMatchObject({ status: 404 })
  })

  it('both list shapes have routes of their own, and HEAD has no body', async () => {
    const { send } = await stand(anthropicUpstream())
    const openai = await send({ method: 'GET', path: '/v1/models/claude' })
    expect(openai.json()).toMatchObject({ object: 'list', data: [{ object: 'model' }, { object: 'model' }] })
    const head = await send({ method: 'HEAD', path: '/v1/models' })
    expect([head.status, head.body.length]).toEqual([200, 0])
  })
})
