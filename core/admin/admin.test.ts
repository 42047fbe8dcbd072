import { describe, expect, it } from 'vitest'
import { anthropicUpstream, failure } from '../../test/support/anthropic-upstream.js'
import type { Handler } from '../../test/support/bad-upstream.js'
import { ask } from '../../test/support/client.js'
import { expectError } from '../../test/support/expect-error.js'
import { message } from '../../test/support/messages.js'
import { json } from '../../test/support/script.js'
import { direct, stand, zaiPair } from '../../test/support/stand.js'

const KEY = 'admin-key-1234'
const auth = { authorization: `Bearer ${KEY}` }
const ROUTE = '/_agproxy/api/accounts'

const keyed = (server = {}) => ({
  config: (url: string) => ({ ...zaiPair(url), server: { adminKey: KEY, ...server } }),
})
const limited = () =>
  anthropicUpstream(() => failure(429, 'rate_limit_error', 'slow down', { 'retry-after': '40' }))

describe('the accounts over HTTP', () => {
  it('are shown with their cooldowns, and without a key', async () => {
    const { send, gateway } = await stand(limited(), keyed())
    const [first, second] = gateway.accounts.all()
    await send({ body: ask() })
    gateway.accounts.coolDown(first!, undefined, 'overloaded', 'claude-x')
    gateway.accounts.coolDown(second!, Number.POSITIVE_INFINITY, 'locked')
    const seen = await send({ method: 'GET', path: ROUTE, headers: auth })
    expect(seen.status).toBe(200)
    const rest = (seconds: number | null) => ({
      seconds,
      until: seconds === null ? null : expect.stringMatching(/^20/),
      failures: 1,
    })
    expect(seen.json()).toEqual({
      accounts: [
        {
          id: 'first',
          upstream: 'zai',
          usable: false,
          inFlight: 0,
          plan: false,
          windows: [],
          cooldowns: [
            { reason: 'rate-limit', model: null, ...rest(40) },
            { reason: 'overloaded', model: 'claude-x', ...rest(8) },
          ],
        },
        {
          id: 'second',
          upstream: 'zai',
          email: 'second@example.com',
          usable: false,
          inFlight: 0,
          plan: false,
          windows: [],
          cooldowns: [{ reason: 'locked', model: null, ...rest(null) }],
        },
      ],
      waiting: 0,
    })
    expect(seen.text()).not.toContain('sk-upstream')
  })

  it('that a plan pays tell how much of its windows is used, as the last answer said', async () => {
    const resets = Math.round(Date.now() / 1000) + 3_600
    const past = resets - 7_200
    const answers = (used: string): Handler =>
      anthropicUpstream(() =>
        json(message(), 200, {
          headers: {
            'anthropic-ratelimit-unified-status': 'allowed',
            'anthropic-ratelimit-unified-5h-utilization': used,
            'anthropic-ratelimit-unified-5h-reset': String(resets),
            'anthropic-ratelimit-unified-7d-utilization': '0.301',
            'anthropic-ratelimit-unified-7d-reset': String(past),
          },
        }),
      )
    const { send, up } = await stand(answers('0.4'), {
      config: (url) => ({
        ...direct(url),
        accounts: [{ id: 'one', upstream: 'anthropic', apiKey: 'sk-upstream-1', plan: true }],
        server: { adminKey: KEY },
      }),
    })
    await send({ body: ask() })
    up.use(answers('0.715'))
    await send({ body: ask() })
    const seen = await send({ method: 'GET', path: ROUTE, headers: auth })
    expect(seen.json()).toMatchObject({
      accounts: [
        { plan: true, windows: [{ name: '5h', used: 0.72, resets: new Date(resets * 1000).toISOString() }] },
      ],
    })
  })

  it('lose their cooldowns by hand, and serve again', async () => {
    const { send, up } = await stand(limited(), keyed())
    expect((await send({ body: ask() })).status).toBe(429)
    up.use(anthropicUpstream())
    expect((await send({ body: ask() })).status).toBe(429)
    const cleared = await send({ method: 'DELETE', path: `${ROUTE}/second/cooldowns`, headers: auth })
    expect(cleared.json()).toEqual({ id: 'second', cleared: 1 })
    const seen = await send({ body: ask() })
    expect([seen.status, seen.headers['x-account-email']]).toEqual([200, 'second@example.com'])
  })

  it('an unknown id is a 404 that names the others', async () => {
    const { send } = await stand(limited(), keyed())
    const seen = await send({ method: 'DELETE', path: `${ROUTE}/third/cooldowns`, headers: auth })
    expectError(seen, 404, 'not_found_error', /no account 'third'; there are first, second/)
  })

  it.each([
    ['GET', ROUTE],
    ['DELETE', `${ROUTE}/first/cooldowns`],
  ])('%s %s without an admin key configured is refused, on loopback too', async (method, path) => {
    const { send } = await stand(limited(), { config: zaiPair })
    expectError(await send({ method, path, headers: auth }), 403, 'permission_error', /AGPROXY_ADMIN_KEY/)
  })

  it.each([[{}], [{ authorization: 'Bearer admin-key-1235' }], [{ 'x-api-key': 'client-key' }]])(
    'with %j nobody gets in',
    async (headers) => {
      const { send } = await stand(limited(), {
        config: (url) => {
          const config = { ...zaiPair(url), server: { adminKey: KEY } }
          return { ...config, plugins: { ...config.plugins, auth: { mode: 'strict', keys: ['client-key'] } } }
        },
      })
      expectError(
        await send({ method: 'GET', path: ROUTE, headers }),
        401,
        'authentication_error',
        /admin key/,
      )
    },
  )

  it('the admin key is no client key', async () => {
    const { send } = await stand(limited(), {
      config: (url) => {
        const config = { ...zaiPair(url), server: { adminKey: KEY } }
        return { ...config, plugins: { ...config.plugins, auth: { mode: 'strict', keys: ['client-key'] } } }
      },
    })
    expect((await send({ body: ask(), headers: auth })).status).toBe(401)
    expect((await send({ method: 'GET', path: ROUTE, headers: auth })).status).toBe(200)
  })

  it('other methods are refused, and what is not there is not', async () => {
    const { send } = await stand(limited(), keyed())
    expect((await send({ method: 'POST', path: ROUTE, headers: auth, body: {} })).status).toBe(405)
    expect((await send({ method: 'GET', path: '/_agproxy/api/other', headers: auth })).status).toBe(404)
  })

  it('the environment gives the key where the config does not', async () => {
    const { send } = await stand(limited(), { config: zaiPair, env: { AGPROXY_ADMIN_KEY: KEY } })
    expect((await send({ method: 'GET', path: ROUTE, headers: auth })).status).toBe(200)
  })
})

describe('the operator’s routes have one spelling', () => {
  it.each([
    '//_agproxy/api/accounts',
    '/_agproxy//api/accounts',
    '/v1//_agproxy/api/accounts',
    '/%5fagproxy/api/accounts',
    '/_agprox%79/api/accounts',
    '/_agproxy%2fapi%2faccounts',
    '/_agproxy%5capi%5caccounts',
    '/_agproxy\\api\\accounts',
    '/\\_agproxy/api/accounts',
    '/x\\..\\_agproxy/api/accounts',
    '/x/../_agproxy/api/accounts',
    '/./_agproxy/api/accounts',
    '/v1/%2e%2e/_agproxy/api/accounts',
    '/v1/models/.%2E/../_agproxy/api/accounts',
    '//v1/models/../../_agproxy/api/accounts',
    '/_agproxy/api/accounts#',
    '/_agproxy/api/accounts;x',
    '/_agproxy/api/./accounts',
    '/_agproxy/api/accounts%00',
    '/_AGPROXY/api/accounts',
  ])('%s is a 404, with the key and without', async (path) => {
    const { send } = await stand(limited(), keyed())
    for (const headers of [auth, {}])
      expectError(await send({ method: 'GET', path, headers }), 404, 'not_found_error', /no route/)
  })

  it.each(['//_agproxy/api/accounts/first/cooldowns', '/_agproxy/api/accounts/x/../first/cooldowns'])(
    'DELETE %s clears nothing',
    async (path) => {
      const { send } = await stand(limited(), keyed())
      await send({ body: ask() })
      expect((await send({ method: 'DELETE', path, headers: auth })).status).toBe(404)
      const { accounts } = (await send({ method: 'GET', path: ROUTE, headers: auth })).json<{
        accounts: { cooldowns: unknown[] }[]
      }>()
      expect(accounts[0]!.cooldowns).toHaveLength(1)
    },
  )

  it('an id in it may be spelt in any way, and is decoded once', async () => {
    const { send } = await stand(limited(), keyed())
    const clear = async (id: string) =>
      (await send({ method: 'DELETE', path: `${ROUTE}/${id}/cooldowns`, headers: auth })).status
    expect([await clear('f%69rst'), await clear('f%2569rst'), await clear('first%2F')]).toEqual([
      200, 404, 404,
    ])
  })
})
