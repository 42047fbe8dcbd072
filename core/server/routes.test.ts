import { describe, expect, it } from 'vitest'
import { anthropicUpstream } from '../../test/support/anthropic-upstream.js'
import { ask } from '../../test/support/client.js'
import { expectError } from '../../test/support/expect-error.js'
import { direct, stand } from '../../test/support/stand.js'

describe('routes', () => {
  it.each([
    ['GET', '/healthz', 200, '{"status":"ok"}'],
    ['HEAD', '/healthz', 200, ''],
    ['HEAD', '/', 200, ''],
    ['HEAD', '/api/hello', 200, ''],
    ['POST', '/api/event_logging/batch', 200, '{}'],
  ])('%s %s is answered here', async (method, path, status, body) => {
    const { up, send } = await stand(anthropicUpstream())
    const seen = await send({ method, path, ...(method === 'POST' && { body: { events: [{ secret: 1 }] } }) })
    expect([seen.status, seen.text()]).toEqual([status, body])
    expect(seen.headers['request-id']).toMatch(/^req_/)
    expect(up.requests).toHaveLength(0)
  })

  it('telemetry that is no JSON, or large, is swallowed all the same', async () => {
    const { up, send } = await stand(anthropicUpstream())
    for (const body of ['nonsense', 'x'.repeat(5_000_000)]) {
      expect((await send({ path: '/api/event_logging/batch', body })).status).toBe(200)
    }
    expect(up.requests).toHaveLength(0)
  })

  it.each([
    ['POST', '/v1/v1/messages', '/v1/messages'],
    ['POST', '/messages', '/v1/messages'],
    ['POST', '/v1/v1/messages/count_tokens', '/v1/messages/count_tokens'],
    ['POST', '/messages/count_tokens', '/v1/messages/count_tokens'],
    ['POST', '//v1/messages', '/v1/messages'],
    ['POST', '/v1//messages', '/v1/messages'],
    ['POST', '///v1/v1//messages//count_tokens', '/v1/messages/count_tokens'],
    ['POST', '//messages', '/v1/messages'],
  ])('%s %s is served as %s, with one hint in the log', async (method, path, meant) => {
    const { up, send, gateway } = await stand(anthropicUpstream())
    for (let i = 0; i < 2; i++)
      expect((await send({ method, path: `${path}?beta=true`, body: ask() })).status).toBe(200)
    expect(up.requests.map((r) => r.url)).toEqual([`${meant}?beta=true`, `${meant}?beta=true`])
    const hints = gateway.logs.filter((line) => line.level === 'warn')
    expect(hints).toHaveLength(1)
    expect(hints[0]!.message).toMatch(new RegExp(`${path}, which is served as ${meant}.*base URL`))
  })

  it.each(['/v1/models', '/v1/v1/models', '/models', '//v1/models', '/v1/models/', '/v1/models?limit=1000'])(
    'GET %s lists models',
    async (path) => {
      const { send } = await stand(anthropicUpstream())
      expect((await send({ method: 'GET', path })).json()).toMatchObject({ first_id: 'claude-opus-5-5' })
    },
  )

  it.each(['/v1/models/claude', '/v1/v1/models/claude', '/models/claude'])(
    'GET %s is the OpenAI-shaped list',
    async (path) => {
      const { send } = await stand(anthropicUpstream())
      expect((await send({ method: 'GET', path })).json()).toMatchObject({ object: 'list' })
    },
  )

  it('GET /v1/models/{id} takes an encoded id', async () => {
    const { send } = await stand(anthropicUpstream())
    expect((await send({ method: 'GET', path: '/v1/models/claude%2Dsonnet-5' })).json().id).toBe(
      'claude-sonnet-5',
    )
    for (const id of ['a%2Fb', '%', '%E0%A4%A']) {
      expectError(
        await send({ method: 'GET', path: `/v1/models/${id}` }),
        404,
        'not_found_error',
        /not known/,
      )
    }
  })

  it.each([
    ['GET', '/'],
    ['POST', '/'],
    ['GET', '/api/hello'],
    ['GET', '/v1'],
    ['POST', '/v1/complete'],
    ['GET', '/v1/organizations/me'],
    ['POST', '/v1/sessions'],
    ['POST', '/v1/messages/batches'],
    ['POST', '/v1/v1/v1/messages'],
    ['POST', '/V1/MESSAGES'],
    ['GET', '//healthz'],
    ['GET', '//'],
    ['POST', '//api/event_logging/batch'],
    ['POST', '//v1//complete'],
    ['POST', '/v1/messages;x'],
    ['POST', '/v1/messages#x'],
    ['POST', '/v1/%6dessages'],
    ['POST', '/v1\\messages'],
    ['POST', '/v1/./messages'],
    ['POST', '/v1/x/../messages'],
    ['POST', '/v1/%2e%2e/v1/messages'],
    ['POST', '//v1/models/../messages'],
    ['GET', '/%68ealthz'],
    ['GET', '/x/../healthz'],
    ['POST', '/v1/messages%2Fcount_tokens'],
    ['POST', '/v1/messages/../sessions'],
    ['GET', '//evil.com/x'],
    ['GET', '/%E0%A4%A'],
    ['GET', '/%00'],
    ['GET', '/api/event_logging'],
    ['PATCH', '/nothing'],
  ])('%s %s is a 404 that lists the routes, and never forwarded', async (method, path) => {
    const { up, send } = await stand(anthropicUpstream())
    const seen = await send({ method, path, ...(method === 'POST' && { body: ask() }) })
    expectError(seen, 404, 'not_found_error', /POST \/v1\/messages, .*GET \/v1\/models\/\{id\}/)
    expect(seen.headers['x-should-retry']).toBe('false')
    expect(up.requests).toHaveLength(0)
  })

  it('a target in absolute form, as proxies may send it, is the same path', async () => {
    const { up, send } = await stand(anthropicUpstream())
    expect((await send({ path: 'http://localhost/v1/messages?beta=true', body: ask() })).status).toBe(200)
    expect(up.requests[0]!.url).toBe('/v1/messages?beta=true')
    expect((await send({ method: 'GET', path: 'http://localhost' })).status).toBe(404)
    expect((await send({ method: 'HEAD', path: 'http://localhost' })).status).toBe(200)
    expect((await send({ method: 'GET', path: 'http://localhost//healthz' })).status).toBe(404)
  })

  it.each([
    ['GET', '/v1/messages', 'POST'],
    ['PUT', '/v1/messages', 'POST'],
    ['DELETE', '/v1/messages/count_tokens', 'POST'],
    ['POST', '/v1/models', 'GET, HEAD'],
    ['POST', '/healthz', 'GET, HEAD'],
    ['GET', '/api/event_logging/batch', 'POST'],
  ])('%s %s is a 405 with allow', async (method, path, allowed) => {
    const { up, send } = await stand(anthropicUpstream())
    const seen = await send({ method, path })
    expectError(seen, 405, 'invalid_request_error', new RegExp(`takes ${allowed}, not ${method}`))
    expect(seen.headers.allow).toBe(`${allowed}, OPTIONS`)
    expect(up.requests).toHaveLength(0)
  })

  it('OPTIONS says what is allowed', async () => {
    const { send } = await stand(anthropicUpstream())
    const seen = await send({ method: 'OPTIONS' })
    expect([seen.status, seen.headers.allow, seen.body.length]).toEqual([204, 'POST, OPTIONS', 0])
  })
})

describe('a key', () => {
  const strict = {
    config: (url: string) => ({
      ...direct(url),
      plugins: { ...direct(url).plugins, auth: { mode: 'strict', keys: ['sk-in'] } },
    }),
  }

  it('is asked for before the route, the method and the body are looked at', async () => {
    const { up, send } = await stand(anthropicUpstream(), strict)
    for (const init of [
      { path: '/v1/nothing' },
      { method: 'GET' },
      { body: 'no json' },
      { body: 'x'.repeat(3_000_000) },
    ]) {
      const seen = await send(init)
      expectError(seen, 401, 'authentication_error', /no key/)
      expect(seen.headers['x-should-retry']).toBe('false')
    }
    expect(up.requests).toHaveLength(0)
  })

  it('lets in, and goes no further', async () => {
    const { up, send } = await stand(anthropicUpstream(), strict)
    expect((await send({ body: ask(), headers: { authorization: 'Bearer sk-in' } })).status).toBe(200)
    expect(JSON.stringify(up.requests[0]!.headers)).not.toContain('sk-in')
  })

  it('from the environment counts, several separated by commas', async () => {
    const config = (url: string) => ({
      ...direct(url),
      plugins: { ...direct(url).plugins, auth: { mode: 'strict' } },
    })
    const { send } = await stand(anthropicUpstream(), { config, env: { AGPROXY_API_KEY: 'one, two' } })
    const statusFor = async (key: string) =>
      (await send({ body: ask(), headers: { 'x-api-key': key } })).status
    expect([await statusFor('one'), await statusFor('two'), await statusFor('three')]).toEqual([
      200, 200, 401,
    ])
  })

  it('is of no use to a web page: a foreign Host or Origin is a 403', async () => {
    const { up, send } = await stand(anthropicUpstream(), strict)
    const key = { 'x-api-key': 'sk-in' }
    for (const headers of [
      { ...key, host: 'evil.com' },
      { ...key, origin: 'https://evil.com' },
    ]) {
      expectError(await send({ body: ask(), headers }), 403, 'permission_error', /evil\.com/)
    }
    expect(up.requests).toHaveLength(0)
  })
})
