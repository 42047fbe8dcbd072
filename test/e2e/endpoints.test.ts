import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Endpoint, EndpointRequest } from '../../core/contract/endpoint.js'
import { definePlugin, GatewayError, Reply } from '../../core/index.js'
import { answer, anthropicUpstream } from '../support/anthropic-upstream.js'
import { ask } from '../support/client.js'
import { expectError } from '../support/expect-error.js'
import { direct, type StandOptions, stand } from '../support/stand.js'

const ADMIN = { authorization: 'Bearer admin-key-1234' }
const CLIENT = { 'x-api-key': 'sk-in' }

const bringing = (name: string, ...endpoints: Endpoint[]) =>
  definePlugin({ name, phase: 'request', create: () => ({ endpoints }) })
const get = (path: Endpoint['path'], access: Endpoint['access'], text: string): Endpoint => ({
  method: 'GET',
  path,
  access,
  handle: () => Reply.json({ text }),
})

/** The preset with keys for clients and the operator. */
const keyed = (url: string, ...use: ReturnType<typeof bringing>[]) => ({
  ...direct(url),
  server: { adminKey: 'admin-key-1234', bodyLimit: 1000 },
  plugins: { ...direct(url).plugins, auth: { mode: 'strict', keys: ['sk-in'] } },
  use,
})
const standWith = (endpoints: Endpoint[], options: StandOptions = {}) =>
  stand(anthropicUpstream(), { config: (url) => keyed(url, bringing('notes', ...endpoints)), ...options })

describe('a route that a plugin brings', () => {
  it('is answered by the plugin, with what came, and never forwarded', async () => {
    const seen: EndpointRequest[] = []
    const { up, send, gateway } = await standWith([
      {
        method: 'POST',
        path: '/_agproxy/api/notes/:id',
        access: 'client',
        handle(request) {
          seen.push(request)
          return Reply.json({ id: request.params.id, sent: request.json() }, { status: 201 })
        },
      },
    ])
    const path = '/_agproxy/api/notes/a%2Fb?draft=1'
    const answer = await send({ path, headers: CLIENT, body: { text: 'hello' } })
    expect([answer.status, answer.json()]).toEqual([201, { id: 'a/b', sent: { text: 'hello' } }])
    expect(answer.headers['request-id']).toBe(seen[0]!.id)
    expect(seen[0]).toMatchObject({ route: 'endpoint', method: 'POST', query: '?draft=1' })
    expect(seen[0]!.path).toBe('/_agproxy/api/notes/a%2Fb')
    expect(up.requests).toHaveLength(0)
    expect(gateway.requests()).toMatchObject([{ path: seen[0]!.path, status: 201 }])
  })

  it('asks for what its access says, and a refusal is in the log', async () => {
    const { send, gateway } = await standWith([
      get('/open', 'public', 'for all'),
      get('/ours', 'client', 'for clients'),
      get('/mine', 'admin', 'for the operator'),
    ])
    const statusOf = async (path: string, headers = {}) =>
      (await send({ method: 'GET', path, headers })).status
    expect(await statusOf('/open')).toBe(200)
    expect([
      await statusOf('/ours'),
      await statusOf('/ours', CLIENT),
      await statusOf('/ours', ADMIN),
    ]).toEqual([401, 200, 401])
    expect([
      await statusOf('/mine'),
      await statusOf('/mine', CLIENT),
      await statusOf('/mine', ADMIN),
    ]).toEqual([401, 401, 200])
    const lines = gateway.logs.filter((line) => line.message === 'request')
    expect(lines.map(({ level, fields }) => `${level} ${fields.status}`)).toEqual([
      'debug 200',
      'info 401',
      'debug 200',
      'info 401',
      'info 401',
      'info 401',
      'debug 200',
    ])
  })

  it('tells no stranger which methods a path has', async () => {
    const { send } = await standWith([
      get('/things', 'public', 'list'),
      { method: 'DELETE', path: '/things', access: 'admin', handle: () => Reply.json({}) },
    ])
    expect((await send({ method: 'PUT', path: '/things' })).status).toBe(401)
    const refused = await send({ method: 'PUT', path: '/things', headers: ADMIN })
    expectError(refused, 405, 'invalid_request_error', /takes GET, HEAD, DELETE, not PUT/)
    const options = await send({ method: 'OPTIONS', path: '/things', headers: ADMIN })
    expect([options.status, options.headers.allow]).toEqual([204, 'GET, HEAD, DELETE, OPTIONS'])
    const head = await send({ method: 'HEAD', path: '/things' })
    expect([head.status, head.text()]).toEqual([200, ''])
  })

  it('finds the more specific path of two, for each method by itself', async () => {
    const { send } = await standWith([
      get('/notes/:id', 'public', 'one'),
      get('/notes/new', 'public', 'a form'),
      { method: 'PATCH', path: '/notes/:id', access: 'public', handle: ({ params }) => Reply.json(params) },
    ])
    expect((await send({ method: 'GET', path: '/notes/new' })).json()).toEqual({ text: 'a form' })
    for (const path of ['/notes/7', '/notes/7/'])
      expect((await send({ method: 'GET', path })).json()).toEqual({ text: 'one' })
    for (const path of ['//notes/7', '/notes//7', '/%6Eotes/7', '/x/../notes/7'])
      expect((await send({ method: 'GET', path, headers: CLIENT })).status).toBe(404)
    expect((await send({ method: 'PATCH', path: '/notes/new', body: {} })).json()).toEqual({ id: 'new' })
    expect((await send({ method: 'GET', path: '/notes/', headers: CLIENT })).status).toBe(404)
  })

  it('stands in the list of a 404, unless it is the operator’s', async () => {
    const { send } = await standWith([get('/ours/:id', 'client', ''), get('/mine', 'admin', '')])
    const seen = await send({ method: 'GET', path: '/nothing', headers: CLIENT })
    expectError(seen, 404, 'not_found_error', /POST \/v1\/messages, .*, GET \/ours\/\{id\}$/)
    expect(seen.text()).not.toContain('/mine')
  })

  it('has a bounded body, and tells a body that is no JSON', async () => {
    const { send } = await standWith([
      { method: 'PUT', path: '/notes', access: 'public', handle: (request) => Reply.json(request.json()) },
    ])
    const put = (body: string) => send({ method: 'PUT', path: '/notes', body })
    expectError(await put(`"${'x'.repeat(2000)}"`), 413, 'request_too_large', /server\.bodyLimit/)
    expectError(await put('{'), 400, 'invalid_request_error', /not valid JSON/)
    expect((await put('[1]')).json()).toEqual([1])
  })

  it('fails as a plugin fails: its own words for the client, others for the log', async () => {
    const { send, gateway } = await standWith(
      [
        { method: 'GET', path: '/told', access: 'public', handle: () => Promise.reject(gone()) },
        {
          method: 'GET',
          path: '/broken',
          access: 'public',
          handle: () => Promise.reject(new Error('secret')),
        },
        { method: 'GET', path: '/odd', access: 'public', handle: () => ({ ok: true }) as never },
      ],
      { allowErrors: true },
    )
    expectError(await send({ method: 'GET', path: '/told' }), 404, 'not_found_error', /no such note/)
    for (const path of ['/broken', '/odd']) {
      const seen = await send({ method: 'GET', path })
      expectError(seen, 500, 'api_error', new RegExp(`plugin 'notes' failed in endpoint GET ${path};`))
      expect(seen.text()).not.toContain('secret')
    }
    const faults = gateway.logs.filter((line) => line.level === 'error' && line.message !== 'request')
    expect(faults).toMatchObject([
      { fields: { plugin: 'notes', hook: 'endpoint GET /broken' } },
      { fields: { plugin: 'notes', hook: 'endpoint GET /odd' } },
    ])
  })

  it('may stream, and hears when the client goes', async () => {
    let signal: AbortSignal | undefined
    const { url } = await standWith([
      {
        method: 'GET',
        path: '/live',
        access: 'public',
        handle(request) {
          signal = request.signal
          return Reply.events(ticks(request.signal))
        },
      },
    ])
    const stop = new AbortController()
    const live = await fetch(`${url}/live`, { signal: stop.signal })
    const { value } = await live.body!.getReader().read()
    expect(Buffer.from(value!).toString()).toContain('event: tick\ndata: {"type":"tick","n":0}\n\n')
    expect(signal!.aborted).toBe(false)
    stop.abort()
    await expect.poll(() => signal!.aborted).toBe(true)
  })

  it('answers while the gateway is full, unless it has a body', async () => {
    let finish = () => {}
    const finished = new Promise<void>((resolve) => {
      finish = resolve
    })
    const slow = anthropicUpstream((request) => [() => finished, answer({ text: 'hello' }, request)])
    const { up, send } = await stand(slow, {
      config: (url) => ({
        ...keyed(url, bringing('notes', get('/metrics', 'public', 'busy'), echo)),
        server: { maxConcurrent: 1, queueLimit: 0 },
      }),
    })
    const running = send({ body: ask(), headers: CLIENT })
    await expect.poll(() => up.requests.length).toBe(1)
    expect((await send({ method: 'GET', path: '/metrics' })).status).toBe(200)
    expectError(await send({ path: '/echo', body: {} }), 429, 'rate_limit_error', /busy/)
    finish()
    expect((await running).status).toBe(200)
  })

  it('goes with its plugin: a reload swaps the routes', async () => {
    const { up, send, gateway } = await standWith([get('/old', 'public', 'old')])
    const next = keyed(up.url, bringing('notes', get('/new', 'public', 'new')))
    await gateway.reload(next)
    const statusOf = async (path: string) => (await send({ method: 'GET', path, headers: CLIENT })).status
    expect([await statusOf('/old'), await statusOf('/new')]).toEqual([404, 200])
  })
})

describe('routes that meet', () => {
  const start = (...use: ReturnType<typeof bringing>[]) =>
    stand(anthropicUpstream(), { config: (url) => keyed(url, ...use) })

  it.each([
    ['/metrics', '/metrics'],
    ['/notes/new', '/notes/:id'],
    ['/:a/x', '/y/:b'],
  ] as const)('%s and %s of two plugins keep the chain from starting', async (first, second) => {
    const [a, b] = [
      bringing('first', get(first, 'public', '')),
      bringing('second', get(second, 'public', '')),
    ]
    await expect(start(a, b)).rejects.toThrow(
      /plugins\.second\.endpoints: GET .* matches paths of GET .*, which plugin 'first' has/,
    )
  })

  it('of one plugin are refused where none is more specific', async () => {
    const twice = bringing('notes', get('/notes/:id', 'public', ''), get('/notes/:name', 'public', ''))
    await expect(start(twice)).rejects.toThrow(
      /GET \/notes\/\{name\} and GET \/notes\/\{id\} match the same paths/,
    )
  })

  it.each([
    '/v1/messages',
    '/v1/v1/models',
    '/messages',
    '/v1/models/:name',
    '/:any',
    '/healthz',
    '/api/event_logging/batch',
  ] as const)('%s is the gateway’s own', async (path) => {
    await expect(start(bringing('greedy', get(path, 'public', '')))).rejects.toThrow(
      /plugins\.greedy\.endpoints: GET \S+ takes \S+, which is a route of the gateway; choose another path/,
    )
  })

  it('leave the operator’s API alone', async () => {
    const greedy = bringing('greedy', get('/_agproxy/api/:all', 'public', ''))
    await expect(start(greedy)).rejects.toThrow(
      /matches paths of GET \/_agproxy\/api\/accounts, which the gateway has/,
    )
  })

  it('may share a path by methods, and take the root that only HEAD has', async () => {
    const post: Endpoint = {
      method: 'POST',
      path: '/notes',
      access: 'public',
      handle: () => Reply.json('made'),
    }
    const { send } = await start(
      bringing('first', get('/notes', 'public', 'list')),
      bringing('second', post, get('/', 'public', 'home')),
    )
    expect((await send({ method: 'GET', path: '/notes' })).json()).toEqual({ text: 'list' })
    expect((await send({ path: '/notes', body: {} })).json()).toBe('made')
    expect((await send({ method: 'GET', path: '/' })).json()).toEqual({ text: 'home' })
  })

  it.each([
    [{ path: '/x', access: 'public', handle() {} }, /endpoints\[0\]: the method 'undefined' is unknown/],
    [
      { method: 'GET', path: '/x', handle() {} },
      /the access 'undefined' is unknown; there are public, client, admin/,
    ],
    [
      { method: 'GET', path: '/x', acess: 'admin', handle() {} },
      /the key 'acess' is unknown; did you mean 'access'/,
    ],
    [{ method: 'GET', path: 'x', access: 'public', handle() {} }, /a path begins with '\/'/],
    [{ method: 'GET', path: '/x', access: 'public' }, /`handle` must be a function/],
    ['/x', /expected an object/],
  ])('a declaration such as %j is refused in words', async (endpoint, words) => {
    await expect(start(bringing('odd', endpoint as never))).rejects.toThrow(
      new RegExp(`plugin 'odd' could not be set up: .*${words.source}`),
    )
  })
})

const echo: Endpoint = { method: 'POST', path: '/echo', access: 'public', handle: () => Reply.json({}) }

function gone(): GatewayError {
  return new GatewayError('not_found_error', 'no such note', { retry: false })
}

async function* ticks(signal: AbortSignal) {
  for (let n = 0; !signal.aborted; n++) {
    yield { type: 'tick', n }
    await setTimeout(20)
  }
}
