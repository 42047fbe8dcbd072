import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { expectAtOnce } from '../../test/support/at-once.js'
import {
  closedPort,
  type Handler,
  startUpstream,
  type UpstreamOptions,
} from '../../test/support/bad-upstream.js'
import { message, messageEvents } from '../../test/support/messages.js'
import {
  compressed,
  delay,
  type Encoding,
  head,
  json,
  respond,
  sse,
  stall,
  write,
} from '../../test/support/script.js'
import { ACCEPTS_ALL, makeCall, mount } from '../../testing.js'
import type { Account } from '../contract/upstream.js'
import { ClientGoneError, GatewayError, UpstreamError } from '../errors/gateway-errors.js'
import { Call } from '../exchange/call.js'
import { defineUpstream } from '../plugin/define.js'
import { createForwarder, type ForwarderOptions } from './anthropic-forwarder.js'

interface Captured {
  path: string
  headers: [string, string][]
  body: object
}
const fixture = new URL('../../test/fixtures/requests/claude-code-2.1.330-tool-turn.json', import.meta.url)
const CAPTURED = JSON.parse(readFileSync(fixture, 'utf8')) as Captured
const CLIENT = Object.fromEntries(CAPTURED.headers.map(([name, value]) => [name.toLowerCase(), value]))
const BYTES = Buffer.from(JSON.stringify(CAPTURED.body))

const ok: Handler = () => json(message())
const account = (fields: Partial<Account> = {}): Account => ({
  id: 'one',
  upstream: 'up',
  apiKey: 'sk-account',
  ...fields,
})

/** A forwarder in front of a scripted upstream. */
async function forwarder(
  handler: Handler,
  options: Partial<ForwarderOptions> = {},
  upstreamOptions: UpstreamOptions = {},
) {
  const up = await startUpstream(handler, upstreamOptions)
  onTestFinished(() => up.close())
  const plugin = defineUpstream({
    name: 'up',
    create(context) {
      const required = {
        name: 'up',
        baseURL: up.url,
        keyHeader: 'version',
        listsModels: true,
      }
      return createForwarder({ ...required, ...options }, context)
    },
  })
  const mounted = await mount(plugin)
  onTestFinished(() => mounted.dispose())
  const upstream = mounted.upstreams.expect('up')
  const aim = (call: Call, to = account()) =>
    call.with({ target: { upstream, account: to, accepts: upstream.accepts, attempt: 1 } })
  return {
    up,
    upstream,
    mounted,
    send: (call: Call = makeCall(), to?: Account) => mounted.send(aim(call, to)),
  }
}

const captured = (init = {}) =>
  Call.of({ id: 'req_1', bytes: BYTES, headers: CLIENT, query: '?beta=true', ...init })
const failure = (run: Promise<unknown>) =>
  run.then(
    () => undefined,
    (error: unknown) => error,
  )
const count = (init = {}) =>
  makeCall({}, { route: 'count-tokens', path: '/v1/messages/count_tokens', ...init })

describe('a request with nothing to change', () => {
  it('reaches the upstream with its bytes, its query and its end-to-end headers', async () => {
    const { up, send } = await forwarder(ok)
    await send(captured())
    const [seen] = up.requests
    expect([seen!.method, seen!.url]).toEqual(['POST', '/v1/messages?beta=true'])
    expect(seen!.sha256).toBe(createHash('sha256').update(BYTES).digest('hex'))
    const kept = Object.keys(CLIENT).filter(
      (name) => !['x-api-key', 'accept-encoding', 'host', 'connection'].includes(name),
    )
    expect(kept.length).toBeGreaterThan(12)
    for (const name of kept) expect([name, seen!.header(name)]).toEqual([name, CLIENT[name]])
  })

  it('is sent with a length, not in chunks, and asks for no compression', async () => {
    const { up, send } = await forwarder(ok)
    await send(captured())
    const [seen] = up.requests
    expect(seen!.header('content-length')).toBe(String(BYTES.length))
    expect(seen!.header('transfer-encoding')).toBeUndefined()
    expect(seen!.header('accept-encoding')).toBe('identity')
    expect(seen!.header('host')).toBe(`127.0.0.1:${up.port}`)
  })

  it('gets an API version only if it has none', async () => {
    const { up, send } = await forwarder(ok)
    await send(makeCall())
    await send(makeCall({}, { headers: { 'anthropic-version': '2026-10-21' } }))
    expect(up.requests.map((r) => r.header('anthropic-version'))).toEqual(['2023-06-01', '2026-10-21'])
  })
})

describe('headers that stay here', () => {
  it('are those of the connection, those that it names, and what belongs to this machine', async () => {
    const { up, send } = await forwarder(ok)
    const own = {
      host: 'localhost:8045',
      connection: 'keep-alive, x-secret-hop',
      'x-secret-hop': '1',
      'keep-alive': 'timeout=5',
      te: 'trailers',
      trailer: 'x',
      upgrade: 'websocket',
      'proxy-authorization': 'Basic x',
      'transfer-encoding': 'chunked',
      expect: '100-continue',
      cookie: 'session=1',
      'content-length': '3',
    }
    await send(makeCall({}, { headers: { ...own, 'x-kept': '1' } }))
    const names = up.requests[0]!.headers.map(([name]) => name.toLowerCase())
    expect(names).toContain('x-kept')
    for (const name of [
      'x-secret-hop',
      'keep-alive',
      'te',
      'trailer',
      'upgrade',
      'proxy-authorization',
      'expect',
      'cookie',
    ])
      expect(names).not.toContain(name)
    expect(up.requests[0]!.header('host')).toBe(`127.0.0.1:${up.port}`)
  })
})

describe('the credential', () => {
  const OLD = '2023-06-01'
  const NEW = '2026-10-21'
  const bearer = ['authorization', 'Bearer sk-account']
  const apiKey = ['x-api-key', 'sk-account']
  const both = { authorization: 'Bearer sk-client', 'x-api-key': 'sk-client', 'x-goog-api-key': 'sk-client' }

  it.each<[string, Record<string, string>, string[]]>([
    ['version', { ...both, 'anthropic-version': OLD }, apiKey],
    ['version', { authorization: 'Bearer sk-client', 'anthropic-version': OLD }, apiKey],
    ['version', { ...both, 'anthropic-version': NEW }, bearer],
    ['version', { 'x-api-key': 'sk-client', 'anthropic-version': NEW }, bearer],
    ['version', {}, apiKey],
    ['client', { authorization: 'Bearer sk-client' }, bearer],
    ['client', { 'x-api-key': 'sk-client' }, apiKey],
    ['client', { 'x-goog-api-key': 'sk-client' }, apiKey],
    ['client', both, apiKey],
    ['client', {}, apiKey],
    ['bearer', both, bearer],
    ['X-Custom-Key', both, ['x-custom-key', 'sk-account']],
  ])(
    'is the account’s alone, once, in the header that %s says for %j',
    async (keyHeader, headers, expected) => {
      const { up, send } = await forwarder(ok, { keyHeader })
      await send(makeCall({}, { headers }))
      const found = up.requests[0]!.headers.filter(([, value]) => value.includes('sk-'))
      expect(found).toEqual([expected])
    },
  )

  it('may come from a function, which is asked for each call', async () => {
    let n = 0
    const { up, send } = await forwarder(() => json({}, 401), { keyHeader: 'x-api-key' })
    const to = account({ apiKey: async () => `sk-${++n}` })
    await send(makeCall(), to)
    await send(makeCall(), to)
    expect(up.requests.map((r) => r.header('x-api-key'))).toEqual(['sk-1', 'sk-2'])
  })

  it('whose function fails is a failed attempt, without the words of the function', async () => {
    const { send } = await forwarder(ok)
    const error = await failure(
      send(makeCall(), account({ apiKey: () => Promise.reject(new Error('sk-leak')) })),
    )
    expect(UpstreamError.is(error)).toBe(true)
    expect((error as Error).message).toBe("the apiKey function of account 'one' failed")
  })

  it('is not sent where an account has none', async () => {
    const { up, send } = await forwarder(ok)
    await send(makeCall({}, { headers: both }), { id: 'free', upstream: 'up' })
    expect(JSON.stringify(up.requests[0]!.headers)).not.toContain('sk-')
  })

  it('is taken out of an error in which the upstream quotes it', async () => {
    const quoting: Handler = (request) => json({ error: `bad key ${request.header('x-api-key')}` }, 401)
    const { send } = await forwarder(quoting)
    for (const call of [makeCall(), count()]) {
      const reply = await send(call)
      expect([reply.status, await reply.text()]).toEqual([401, '{"error":"bad key [key]"}'])
    }
  })

  it.each(['lmstudio', 'hello', 'message', 'sk-account-0123456789abcdef'])(
    'is left in a good answer, which passes byte for byte: %s',
    async (key) => {
      const text = `hello from ~/.lmstudio with ${key}`
      const answers = { stream: sse(messageEvents({ text })), json: json(message({ text })) }
      for (const form of ['stream', 'json'] as const) {
        const { up, send } = await forwarder(() => answers[form])
        const reply = await send(makeCall({ stream: form === 'stream' }), account({ apiKey: key }))
        const raw = await fetch(`${up.url}/v1/messages`, { method: 'POST' })
        expect(await reply.text()).toBe(await raw.text())
      }
    },
  )

  it('headers of the plugin’s own win over the client’s, in any case', async () => {
    const { up, send } = await forwarder(ok, { headers: { 'X-Team': 'ours' } })
    await send(makeCall({}, { headers: { 'x-team': 'theirs' } }))
    expect(up.requests[0]!.headers.filter(([name]) => name.toLowerCase() === 'x-team')).toEqual([
      ['x-team', 'ours'],
    ])
  })
})

describe('where it goes', () => {
  it.each([
    ['', '/v1/messages'],
    ['/', '/v1/messages'],
    ['/v1', '/v1/messages'],
    ['/v1/messages', '/v1/messages'],
    ['/api/anthropic', '/api/anthropic/v1/messages'],
    ['/api/anthropic/v1/', '/api/anthropic/v1/messages'],
  ])('base URL …%s: %s', async (suffix, path) => {
    const { up } = await forwarder(ok)
    const second = await forwarder(ok, { baseURL: `${up.url}${suffix}` })
    await second.send()
    await second.send(count())
    expect(up.requests.map((r) => r.url)).toEqual([path, `${path}/count_tokens`])
  })

  it('an account’s own base URL wins', async () => {
    const { up } = await forwarder(ok)
    const second = await forwarder(ok)
    await second.send(makeCall(), account({ baseURL: `${up.url}/own/v1` }))
    await second.send(count(), account({ baseURL: `${up.url}/own/v1` }))
    expect(up.requests.map((r) => r.url)).toEqual(['/own/v1/messages', '/own/v1/messages/count_tokens'])
    expect(second.up.requests).toHaveLength(0)
  })
})

describe('the model', () => {
  const mapModel = (model: string) => (model === 'claude-x' ? 'glm-x' : undefined)

  it('is mapped in the body, and the reply says so', async () => {
    const { up, send } = await forwarder(ok, { mapModel })
    for (const call of [
      makeCall({ model: 'claude-x' }),
      count().with({ body: { model: 'claude-x', messages: [] } }),
    ]) {
      const reply = await send(call)
      expect(reply.header('x-mapped-model')).toBe('glm-x')
      expect(call.record.facts.mappedModel).toBe('glm-x')
    }
    expect(up.requests.map((r) => r.json().model)).toEqual(['glm-x', 'glm-x'])
  })

  it('that has no mapping leaves the bytes alone', async () => {
    const { up, send } = await forwarder(ok, { mapModel: (model) => model })
    const reply = await send(captured())
    expect(reply.header('x-mapped-model')).toBeUndefined()
    expect(up.requests[0]!.body.equals(BYTES)).toBe(true)
  })
})

describe('an answer', () => {
  it('comes with its status, its headers and its bytes', async () => {
    const headers = {
      'request-id': 'req_up',
      'retry-after': '7',
      'anthropic-ratelimit-requests-remaining': '3',
    }
    const { send } = await forwarder(() => json({ type: 'error' }, 429, { headers }))
    const call = makeCall()
    const reply = await send(call)
    expect([reply.status, await reply.text()]).toEqual([429, '{"type":"error"}'])
    for (const [name, value] of Object.entries(headers)) expect(reply.header(name)).toBe(value)
    expect(call.record.facts.upstreamRequestId).toBe('req_up')
    expect(call.record.facts.upstreamMs).toBeGreaterThan(0)
  })

  it('as a stream is handed on while it comes', async () => {
    const { send } = await forwarder(() => sse(messageEvents({ text: 'hello' }), { every: 30 }))
    const reply = await send(makeCall({ stream: true }))
    const at: number[] = []
    for await (const _event of reply.events()) at.push(performance.now())
    expect(at.length).toBeGreaterThan(6)
    expect(at.at(-1)! - at[0]!).toBeGreaterThan(150)
  })

  it.each<Encoding>(['gzip', 'deflate', 'br'])(
    'in %s that nobody asked for arrives readable',
    async (encoding) => {
      const { send } = await forwarder(() => compressed(JSON.stringify(message({ text: 'grüße' })), encoding))
      for (const call of [makeCall(), count()]) {
        const reply = await send(call)
        expect(reply.header('content-encoding')).toBeUndefined()
        expect(await reply.json()).toMatchObject({ content: [{ text: 'grüße' }] })
        expect(reply.header('content-length')).toBeUndefined()
      }
    },
  )

  it('in gzip is readable as an event stream, and as an error', async () => {
    const events = 'event: message_start\ndata: {"type":"message_start"}\n\n'
    const headers = { 'content-type': 'text/event-stream' }
    const { send } = await forwarder((_request, n) =>
      compressed(events, 'gzip', { headers, status: n === 0 ? 200 : 500 }),
    )
    expect(await (await send(makeCall({ stream: true }))).text()).toBe(events)
    const error = await send()
    expect([error.status, await error.text()]).toEqual([500, events])
  })

  it('in two encodings is readable', async () => {
    const text = '{"type":"message","content":[]}'
    const twice = gzipSync(gzipSync(text))
    const { send } = await forwarder(() =>
      respond(200, twice, { headers: { 'content-encoding': 'gzip, GZIP' } }),
    )
    expect(await (await send()).text()).toBe(text)
  })

  it('in an encoding that nobody knows is a 502 that names it', async () => {
    const { send } = await forwarder(() => compressed('hello', 'gzip', { claim: 'rot13' }))
    const error = await failure(send())
    expect(UpstreamError.is(error)).toBe(true)
    expect(error).toMatchObject({
      failure: 'shape',
      status: 502,
      message: expect.stringContaining("'rot13'"),
    })
  })

  it('that is not what its encoding says breaks, and says so', async () => {
    const { send } = await forwarder(() =>
      respond(200, 'not gzip', { headers: { 'content-encoding': 'gzip' } }),
    )
    const error = await failure(send())
    expect(error).toMatchObject({ failure: 'protocol', message: expect.stringContaining('not valid gzip') })
  })
})

describe('a redirect', () => {
  it.each([301, 302, 303, 307, 308])('%i is never followed, with or without a key', async (status) => {
    const { up: elsewhere } = await forwarder(ok)
    const headers = { location: `${elsewhere.url}/v1/messages?key=sk-x` }
    const { up, send, upstream } = await forwarder(() => respond(status, '', { headers }))
    for (const call of [makeCall(), count()]) {
      const error = await failure(send(call))
      expect(GatewayError.is(error)).toBe(true)
      expect(error).toMatchObject({ status: 502, headers: { 'x-should-retry': 'false' } })
      expect((error as Error).message).toBe(
        `the upstream 'up' answered with a redirect (${status} to ${elsewhere.url}), and none is followed with a key: correct its baseURL`,
      )
    }
    await failure(upstream.listModels!(account(), AbortSignal.timeout(2000)))
    expect(up.requests).toHaveLength(3)
    expect(elsewhere.requests).toHaveLength(0)
  })
})

it('a redirect whose body never ends keeps no connection', async () => {
  const headers = { location: '/elsewhere', 'content-type': 'text/html' }
  const { up, send } = await forwarder(() => [head(302, headers), write('<html>'), stall()])
  expect(await failure(send(makeCall()))).toMatchObject({ status: 502 })
  await expect.poll(() => up.requests[0]!.aborted).toBe(true)
})

describe('an upstream that does not answer', () => {
  it('is an UpstreamError that names host and cause, for messages and counts', async () => {
    const { send } = await forwarder(ok, { baseURL: `http://127.0.0.1:${await closedPort()}` })
    for (const call of [makeCall(), count()]) {
      const error = await failure(send(call))
      expect(UpstreamError.is(error)).toBe(true)
      expect(error).toMatchObject({ failure: 'connect', status: 502 })
      expect((error as Error).message).toMatch(/127\.0\.0\.1:\d+ \(ECONNREFUSED\); nothing listens there/)
    }
  })

  it('is let go when the client goes, for messages and counts', async () => {
    const { up, send } = await forwarder(() => stall())
    for (const [n, make] of [makeCall, count].entries()) {
      const gone = new AbortController()
      const waiting = failure(send(make().with({ signal: gone.signal })))
      await up.received(n + 1)
      gone.abort()
      await expectAtOnce(() => up.requests[n]!.aborted)
      expect(ClientGoneError.is(await waiting)).toBe(true)
    }
  })

  it('a reset is told from a refused connection', async () => {
    const { send } = await forwarder(ok, {}, { refuse: () => true })
    expect(await failure(send())).toMatchObject({ failure: 'reset' })
  })
})

describe('count_tokens', () => {
  it('is asked with the same body, headers and query, and answered as it is', async () => {
    const { up, send } = await forwarder(() => json({ input_tokens: 42 }))
    const reply = await send(captured({ route: 'count-tokens', path: '/v1/messages/count_tokens' }))
    expect(await reply.json()).toEqual({ input_tokens: 42 })
    const [seen] = up.requests
    expect([seen!.method, seen!.url]).toEqual(['POST', '/v1/messages/count_tokens?beta=true'])
    expect(seen!.body.equals(BYTES)).toBe(true)
    expect(seen!.header('anthropic-beta')).toBe(CLIENT['anthropic-beta'])
    expect(seen!.headers.filter(([, value]) => value.includes('sk-'))).toEqual([['x-api-key', 'sk-account']])
  })

  it('is a 404 without a call where the upstream does not count', async () => {
    const { up, send } = await forwarder(ok, { accepts: { ...ACCEPTS_ALL, countTokens: false } })
    expect((await send(count())).status).toBe(404)
    expect(up.requests).toHaveLength(0)
  })

  it('may have an empty answer', async () => {
    const { send } = await forwarder(() => respond(503, ''))
    const reply = await send(count())
    expect([reply.status, await reply.text()]).toEqual([503, ''])
  })
})

describe('the upstream’s model list', () => {
  it('is read in Anthropic’s and in OpenAI’s shape', async () => {
    const data = [
      { type: 'model', id: 'a', display_name: 'A', created_at: '2026-01-01T00:00:00Z' },
      { object: 'model', id: 'b', created: 1767225600 },
      { id: 7 },
      null,
    ]
    const { up, upstream } = await forwarder(() => json({ data }))
    expect(await upstream.listModels!(account(), AbortSignal.timeout(2000))).toEqual([
      { id: 'a', displayName: 'A', createdAt: '2026-01-01T00:00:00Z' },
      { id: 'b', createdAt: '2026-01-01T00:00:00.000Z' },
    ])
    expect([up.requests[0]!.method, up.requests[0]!.url]).toEqual(['GET', '/v1/models?limit=1000'])
    expect(up.requests[0]!.header('x-api-key')).toBe('sk-account')
  })

  it.each<[string, Handler]>([
    ['an error', () => json({}, 500)],
    ['a web page', () => respond(200, '<html>')],
    ['another shape', () => json({ models: [] })],
  ])('that is %s is an error', async (_what, handler) => {
    const { upstream } = await forwarder(handler)
    expect(UpstreamError.is(await failure(upstream.listModels!(account(), AbortSignal.timeout(2000))))).toBe(
      true,
    )
  })

  it('is not waited for beyond the signal', async () => {
    const { upstream } = await forwarder(() => delay(10_000))
    const started = performance.now()
    await failure(upstream.listModels!(account(), AbortSignal.timeout(50)))
    expect(performance.now() - started).toBeLessThan(5_000)
  })
})

it('a count or a list of models may unpack to 4 MB', async () => {
  const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024, ' '))
  const { send, upstream } = await forwarder(() =>
    respond(200, bomb, { headers: { 'content-encoding': 'gzip', 'content-type': 'application/json' } }),
  )
  const before = process.memoryUsage().arrayBuffers
  const tooLarge = { failure: 'shape', message: "the upstream's answer has more than 4 MB" }
  await expect(send(count())).rejects.toMatchObject(tooLarge)
  await expect(upstream.listModels!(account(), AbortSignal.timeout(5000))).rejects.toMatchObject(tooLarge)
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(30 * 1024 * 1024)
})
