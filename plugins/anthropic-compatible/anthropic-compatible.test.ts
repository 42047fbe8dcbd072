import { describe, expect, it } from 'vitest'
import { answer, failure } from '../../test/support/anthropic-upstream.js'
import type { Handler, SeenRequest } from '../../test/support/bad-upstream.js'
import { ask } from '../../test/support/client.js'
import { json } from '../../test/support/script.js'
import { stand } from '../../test/support/stand.js'
import type { TestConfig } from '../../testing.js'
import { mount } from '../../testing.js'
import { anthropicCompatible } from './index.js'

const ok: Handler = (request) => answer({}, request)
/** Which of several upstreams at one server a request was for: the first part of its path. */
const side = (request: SeenRequest) => request.url.split('/')[1]
const keysOf = (request: SeenRequest) => request.headers.filter(([, value]) => value.includes('sk-'))

/** A gateway with one instance `box` at a scripted upstream. */
function box(options: object, account: object = { apiKey: 'sk-box' }, handler = ok) {
  return stand(handler, {
    config: (url) => ({
      accounts: [{ id: 'one', upstream: 'box', ...account }],
      use: [anthropicCompatible({ name: 'box', baseURL: url, ...options })],
    }),
  })
}

describe('several instances beside z.ai in one chain', () => {
  const three = (handler: Handler, config: TestConfig = {}) =>
    stand(handler, {
      config: (url) => ({
        accounts: [
          { id: 'a', upstream: 'first', apiKey: 'sk-a' },
          { id: 'b', upstream: 'second', apiKey: 'sk-b' },
          { id: 'c', upstream: 'zai', apiKey: 'sk-c' },
        ],
        use: [
          anthropicCompatible({
            name: 'first',
            baseURL: `${url}/first`,
            models: { 'claude-*': 'first-large' },
            accepts: { cacheControl: true, consecutiveRoles: true },
          }),
          anthropicCompatible({
            name: 'second',
            baseURL: `${url}/second/v1/`,
            keyHeader: 'bearer',
            models: { 'claude-*': 'second-large', 'claude-haiku-*': 'second-small' },
          }),
        ],
        ...config,
        plugins: { zai: { baseURL: `${url}/zai` }, ...config.plugins },
      }),
    })

  it('they stand at the end of the chain, each under its own name', async () => {
    const { gateway } = await three(ok)
    const names = gateway.plugins
    expect(names.slice(-5)).toEqual(['zai', 'anthropic', 'echo', 'first', 'second'])
  })

  it('one takes over from the other inside one request, which is fitted anew to each', async () => {
    const marked = { type: 'text', text: 'hi', cache_control: { type: 'ephemeral' } }
    const messages = [
      { role: 'user', content: [marked] },
      { role: 'user', content: [marked] },
    ]
    const { up, send } = await three((request, n) =>
      side(request) === 'zai' ? answer({}, request) : failure(503, 'api_error', `down ${n}`),
    )
    const seen = await send({ body: { ...(ask() as object), model: 'claude-haiku-4-5', messages } })
    expect(seen.status).toBe(200)
    expect(seen.headers['x-account-email']).toBe('c')
    expect(seen.headers['x-mapped-model']).toBe('glm-4.5-air')
    expect(up.requests.map((r) => [side(r), r.json().model])).toEqual([
      ['first', 'first-large'],
      ['second', 'second-small'],
      ['zai', 'glm-4.5-air'],
    ])
    expect(up.requests.map((r) => r.body.includes('cache_control'))).toEqual([true, false, false])
    expect(up.requests.map((r) => r.json<{ messages: unknown[] }>().messages.length)).toEqual([2, 1, 1])
    expect(up.requests.map((r) => r.url.split('?')[0])).toEqual([
      '/first/v1/messages',
      '/second/v1/messages',
      '/zai/v1/messages',
    ])
    expect(up.requests.flatMap(keysOf)).toEqual([
      ['x-api-key', 'sk-a'],
      ['authorization', 'Bearer sk-b'],
      ['x-api-key', 'sk-c'],
    ])
  })

  it('one that is off leaves its accounts unused', async () => {
    const { up, send } = await three(ok, { plugins: { first: false } })
    expect((await send({ body: ask() })).headers['x-account-email']).toBe('b')
    expect(up.requests.map(side)).toEqual(['second'])
  })

  it('what `plugins` says of one wins over what it was made with', async () => {
    const { up, send } = await three(ok, { plugins: { first: { models: { '*': 'tuned' } } } })
    await send({ body: ask() })
    expect(up.requests[0]!.json().model).toBe('tuned')
  })

  it('an account may live elsewhere', async () => {
    const { up, send } = await stand(ok, {
      config: (url) => ({
        accounts: [{ id: 'a', upstream: 'box', baseURL: `${url}/elsewhere`, apiKey: 'sk-a' }],
        use: [anthropicCompatible({ name: 'box', baseURL: 'http://127.0.0.1:9' })],
      }),
    })
    await send({ body: ask() })
    expect(up.requests.map(side)).toEqual(['elsewhere'])
  })
})

describe('the key and other headers', () => {
  it.each([
    [undefined, ['x-api-key', 'sk-box']],
    ['x-api-key', ['x-api-key', 'sk-box']],
    ['bearer', ['authorization', 'Bearer sk-box']],
    ['client', ['authorization', 'Bearer sk-box']],
    ['X-Goog-Api-Key', ['x-goog-api-key', 'sk-box']],
    ['api-key', ['api-key', 'sk-box']],
  ])('keyHeader %s: the key travels once, the client’s stays here', async (keyHeader, expected) => {
    const { up, send } = await box({ ...(keyHeader && { keyHeader }) })
    await send({ body: ask(), headers: { authorization: 'Bearer sk-client' } })
    expect(keysOf(up.requests[0]!)).toEqual([expected])
  })

  it('extra headers go along and win over the client’s', async () => {
    const { up, send } = await box({ headers: { 'X-Org': 'acme', 'User-Agent': 'agproxy' } })
    await send({ body: ask(), headers: { 'x-org': 'the client', 'user-agent': 'claude-cli' } })
    const [request] = up.requests
    expect([request!.header('x-org'), request!.header('user-agent')]).toEqual(['acme', 'agproxy'])
  })

  it('an upstream that needs no key serves an account without one, and gets none', async () => {
    const { up, send } = await box({ needsKey: false }, {})
    const seen = await send({ body: ask(), headers: { 'x-api-key': 'sk-client' } })
    expect(seen.status).toBe(200)
    expect(seen.headers['x-account-email']).toBe('one')
    expect(keysOf(up.requests[0]!)).toEqual([])
  })

  it('one that needs a key is not tried without', async () => {
    const { up, send } = await box({}, {})
    expect((await send({ body: ask() })).text()).toContain('offline')
    expect(up.requests).toHaveLength(0)
  })
})

describe('models', () => {
  const models = { 'claude-opus-4-5': 'exact', 'claude-opus-*': 'opus', 'claude-*': 'rest', '*': 'any' }

  it.each([
    ['claude-opus-4-5', 'exact'],
    ['claude-opus-5', 'opus'],
    ['claude-haiku-4-5', 'rest'],
    ['gpt-5', 'any'],
    ['opus', 'opus'],
  ])('%s becomes %s', async (model, expected) => {
    const { up, send } = await box({ models })
    const { headers } = await send({ body: ask({ model }) })
    expect(up.requests[0]!.json().model).toBe(expected)
    expect(headers['x-mapped-model']).toBe(model === expected ? undefined : expected)
  })

  it('the account’s own name for a model goes as it is', async () => {
    const { up, send } = await box({ models }, { apiKey: 'sk-box', models: { 'claude-opus-*': 'tuned' } })
    const { headers } = await send({ body: ask({ model: 'claude-opus-5' }) })
    expect(up.requests[0]!.json().model).toBe('tuned')
    expect(headers['x-mapped-model']).toBe('tuned')
  })

  it('lists what can be asked for by name and tells context windows by the upstream’s model', async () => {
    const mounted = await mount(
      anthropicCompatible({
        name: 'box',
        baseURL: 'http://x',
        models,
        contextWindows: { opus: 5, 'an*': 7 },
      }),
    )
    const upstream = mounted.upstreams.expect('box')
    expect(upstream.models!().map((m) => m.id)).toEqual(['claude-opus-4-5', 'exact', 'opus', 'rest', 'any'])
    const windows = ['claude-opus-5', 'opus', 'gpt-5', 'claude-haiku-4-5'].map(
      (m) => upstream.acceptsFor(upstream.modelFor(m)).contextWindow,
    )
    expect(windows).toEqual([5, 5, 7, undefined])
    await mounted.dispose()
  })
})

describe('counting tokens', () => {
  const counting: Handler = (request) =>
    request.url.includes('count_tokens') ? json({ input_tokens: 42 }) : answer({}, request)
  const count = { path: '/v1/messages/count_tokens', body: ask() }

  it('is asked of an upstream that counts', async () => {
    const { send } = await box({ accepts: { countTokens: true } }, undefined, counting)
    expect((await send(count)).json().input_tokens).toBe(42)
  })

  it('is done here for one of which that is not known', async () => {
    const { up, send } = await box({}, undefined, counting)
    expect((await send(count)).headers['x-token-count']).toBe('estimate')
    expect(up.requests).toHaveLength(0)
  })
})
