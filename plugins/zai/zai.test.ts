import { describe, expect, it } from 'vitest'
import { answer } from '../../test/support/anthropic-upstream.js'
import type { Handler } from '../../test/support/bad-upstream.js'
import { ask } from '../../test/support/client.js'
import { json } from '../../test/support/script.js'
import { stand } from '../../test/support/stand.js'
import { mount } from '../../testing.js'
import { zai } from './index.js'
import { zaiModel } from './models.js'

const FAMILIES = { opus: 'glm-5.3', sonnet: 'glm-5.2', haiku: 'glm-4.5-air', fable: 'glm-5.3-max' }

describe('the model for z.ai', () => {
  it.each([
    ['claude-opus-4-5', 'glm-5.3'],
    ['claude-opus-4-5-20251101', 'glm-5.3'],
    ['claude-3-opus-latest', 'glm-5.3'],
    ['claude-sonnet-5', 'glm-5.2'],
    ['claude-3-5-sonnet-20241022', 'glm-5.2'],
    ['claude-haiku-4-5', 'glm-4.5-air'],
    ['claude-3-5-haiku-20241022', 'glm-4.5-air'],
    ['claude-fable-7', 'glm-5.3-max'],
    ['claude-saga-1', 'glm-5.2'],
    ['claude-opus-4-8[1m]', 'glm-5.3'],
    ['glm-5.2[1m]', 'glm-5.2[1m]'],
    ['claude-2.1', 'glm-5.2'],
    ['claude-', 'glm-5.2'],
    ['zai:glm-4.6', 'glm-4.6'],
    ['zai:claude-opus-4', 'claude-opus-4'],
    ['glm-4.7-flash', 'glm-4.7-flash'],
    ['gpt-5', 'gpt-5'],
  ])('by family, prefix or as it is: %s is %s', (model, mapped) => {
    expect(zaiModel(model, {}, FAMILIES)).toBe(mapped)
  })

  it.each([
    ['claude-opus-4-5', 'exact'],
    ['claude-opus-4-5[1m]', 'longest'],
    ['my-model[1m]', 'mine'],
    ['claude-opus-4-6', 'longest'],
    ['claude-sonnet-5', 'wide'],
    ['zai:special', 'prefixed'],
    ['glm-4.5', 'glm-mapped'],
    ['gpt-5', 'other'],
    ['zai:glm-4.6', 'glm-4.6'],
    ['glm-4.7', 'glm-4.7'],
  ])('by the map first, exact before the longest wildcard: %s is %s', (model, mapped) => {
    const map = {
      'claude-*': 'wide',
      'claude-opus-*': 'longest',
      'claude-opus-4-5': 'exact',
      'zai:special': 'prefixed',
      'glm-4.5': 'glm-mapped',
      'gpt-*': 'other',
      'my-model': 'mine',
    }
    expect(zaiModel(model, map, FAMILIES)).toBe(mapped)
  })

  it('by families that are configured', () => {
    const own = { opus: 'o', sonnet: 's', haiku: 'h', fable: 'f' }
    const mapped = ['claude-opus-9', 'claude-sonnet-9', 'claude-haiku-9', 'claude-fable-9', 'claude-new'].map(
      (m) => zaiModel(m, {}, own),
    )
    expect(mapped).toEqual(['o', 's', 'h', 'f', 's'])
  })
})

const ok: Handler = (request) => answer({}, request)
const zaiAccount = { id: 'glm', upstream: 'zai', apiKey: 'sk-zai', email: 'me@example.com' }
const ownAccount = { id: 'own', upstream: 'anthropic', apiKey: 'sk-own' }
const other = { id: 'other', upstream: 'other', apiKey: 'x' }

/** The preset with z.ai and Anthropic at one scripted upstream; a request's path tells which of them it was. */
function both(
  handler: Handler,
  dispatch: string,
  options: object = {},
  accounts = [ownAccount, zaiAccount] as object[],
) {
  return stand(handler, {
    config: (url) => ({
      accounts: accounts as never,
      plugins: {
        zai: { baseURL: `${url}/zai`, dispatch, ...options },
        anthropic: { baseURL: `${url}/anthropic` },
        'retry-rotate': { maxAttempts: 2 },
      },
    }),
  })
}
const sides = (requests: readonly { url: string }[]) => requests.map((r) => r.url.split('/')[1])

describe('through the gateway', () => {
  it('a client gets the mapped model, the account and the upstream’s own words', async () => {
    const { up, send } = await both(ok, 'exclusive')
    const seen = await send({
      body: ask({ model: 'claude-haiku-4-5' }),
      headers: { 'x-api-key': 'sk-client' },
    })
    expect(seen.status).toBe(200)
    expect(seen.headers['x-mapped-model']).toBe('glm-4.5-air')
    expect(seen.headers['x-account-email']).toBe('me@example.com')
    expect(seen.json().model).toBe('glm-4.5-air')
    expect(up.requests[0]!.json().model).toBe('glm-4.5-air')
    expect(up.requests[0]!.headers.filter(([, value]) => value.includes('sk-'))).toEqual([
      ['x-api-key', 'sk-zai'],
    ])
  })

  it('a client with a Bearer token makes a Bearer token', async () => {
    const { up, send } = await both(ok, 'exclusive')
    await send({ body: ask(), headers: { authorization: 'Bearer sk-client' } })
    expect(up.requests[0]!.headers.filter(([, value]) => value.includes('sk-'))).toEqual([
      ['authorization', 'Bearer sk-zai'],
    ])
  })

  it('a model that is no mapping’s leaves x-mapped-model out', async () => {
    const { send } = await both(ok, 'exclusive')
    expect((await send({ body: ask({ model: 'glm-4.7' }) })).headers['x-mapped-model']).toBeUndefined()
  })

  it('the map of the config reaches the upstream', async () => {
    const { up, send } = await both(ok, 'exclusive', { models: { 'claude-opus-*': 'glm-x' } })
    await send({ body: ask({ model: 'claude-opus-4-5' }) })
    expect(up.requests[0]!.json().model).toBe('glm-x')
  })
})

describe('dispatch', () => {
  const busy: Handler = (request, n) =>
    request.url.startsWith('/anthropic') ? json({}, 503) : ok(request, n)

  it('off: z.ai is not used, whatever accounts it has', async () => {
    const { up, send } = await both(ok, 'off')
    expect((await send({ body: ask() })).headers['x-account-email']).toBe('own')
    expect(sides(up.requests)).toEqual(['anthropic'])
  })

  it('off with no other account: the offline echo answers', async () => {
    const { up, send } = await both(ok, 'off', {}, [zaiAccount])
    expect((await send({ body: ask() })).text()).toContain('offline')
    expect(up.requests).toHaveLength(0)
  })

  it('exclusive: nothing but z.ai is used, even when it fails', async () => {
    const { up, send } = await both(() => json({}, 503), 'exclusive')
    expect((await send({ body: ask() })).status).toBe(503)
    expect(sides(up.requests)).toEqual(['zai', 'zai'])
  })

  it('exclusive without an account of z.ai: the others are used', async () => {
    const { up, send } = await both(ok, 'exclusive', {}, [ownAccount])
    expect((await send({ body: ask() })).status).toBe(200)
    expect(sides(up.requests)).toEqual(['anthropic'])
  })

  it('pooled: accounts are used in the order of the config', async () => {
    const first = await both(ok, 'pooled')
    await first.send({ body: ask() })
    expect(sides(first.up.requests)).toEqual(['anthropic'])
    const second = await both(ok, 'pooled', {}, [zaiAccount, ownAccount])
    await second.send({ body: ask() })
    expect(sides(second.up.requests)).toEqual(['zai'])
  })

  it('pooled: z.ai takes over from another', async () => {
    const { up, send } = await both(busy, 'pooled')
    expect((await send({ body: ask() })).headers['x-account-email']).toBe('me@example.com')
    expect(sides(up.requests)).toEqual(['anthropic', 'zai'])
  })

  it('fallback: z.ai is used only when no other can serve, wherever it stands', async () => {
    const accounts = [zaiAccount, ownAccount]
    const good = await both(ok, 'fallback', {}, accounts)
    await good.send({ body: ask() })
    expect(sides(good.up.requests)).toEqual(['anthropic'])
    const { up, send } = await both(busy, 'fallback', {}, accounts)
    expect((await send({ body: ask() })).headers['x-account-email']).toBe('me@example.com')
    expect(sides(up.requests)).toEqual(['anthropic', 'zai'])
  })
})

describe('what it tells the gateway', () => {
  it('lists the Claude names that it maps, the map’s own, and the GLM names', async () => {
    const mounted = await mount(
      zai({ models: { 'my-model': 'glm-x', 'claude-*': 'glm-y' }, haiku: 'glm-h' }),
      {
        accounts: [zaiAccount, other],
      },
    )
    const [account] = mounted.accounts.all()
    expect(account?.id).toBe('glm')
    const ids = mounted.upstreams.expect('zai').models!().map((m) => m.id)
    expect(ids).toEqual(
      expect.arrayContaining(['claude-sonnet-4-5', 'my-model', 'glm-x', 'glm-y', 'glm-5.3', 'glm-h']),
    )
    expect(ids).not.toContain('claude-*')
    expect(new Set(ids).size).toBe(ids.length)
    await mounted.dispose()
  })

  it('knows what each model takes, unless the config knows better', async () => {
    const accepts = { systemMessages: true, byModel: { 'glm-4.5*': { contextWindow: 64_000 } } } as const
    const mounted = await mount(zai({ accepts }))
    const upstream = mounted.upstreams.expect('zai')
    expect(upstream.accepts).toMatchObject({ cacheControl: false, serverTools: false, systemMessages: true })
    const windowOf = (model: string) => upstream.acceptsFor(upstream.modelFor(model)).contextWindow
    expect(['claude-haiku-4-5', 'glm-4.7', 'glm-5.2[1m]', 'claude-opus-5'].map(windowOf)).toEqual([
      64_000,
      200_000,
      1_000_000,
      undefined,
    ])
    await mounted.dispose()
  })

  it('a model that is not in the plan: the error names the option from which it came', async () => {
    const { send } = await both(() => json({ error: { code: '1311', message: 'no' } }, 429), 'exclusive')
    const seen = await send({ body: ask({ model: 'claude-fable-5-1' }) })
    expect(seen.text()).toContain(
      "'glm-5.3' is not a model of this plan: set plugins.zai.fable to one that is",
    )
  })

  it.each([
    ['a base URL with a key in it', { baseURL: 'https://me:sk-1@api.z.ai' }],
    ['no URL', { baseURL: 'api.z.ai' }],
    ['an unknown dispatch mode', { dispatch: 'sometimes' }],
    ['an unknown option', { url: 'https://x' }],
  ])('refuses %s', async (_what, options) => {
    await expect(mount(zai(options as never))).rejects.toThrow()
  })
})
