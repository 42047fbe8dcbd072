import { afterEach, describe, expect, it } from 'vitest'
import { type CallHead, GatewayError } from '../../core/index.js'
import { type Mounted, makeCall, mount } from '../../testing.js'
import { auth } from './index.js'

type Options = Parameters<typeof auth>[0]

const LOOPBACK = { host: '127.0.0.1', loopback: true }
const OPEN = { host: '0.0.0.0', loopback: false }
const STRICT = { mode: 'strict', keys: ['sk-right'] } as const

let mounted: Mounted | undefined
afterEach(() => mounted?.dispose())

/** What happens to a request: 200 when it passes, else the status that it is refused with. */
async function attempt(
  options: Options,
  server: { host: string; loopback: boolean },
  head: Partial<CallHead> = {},
): Promise<GatewayError | 200> {
  mounted = await mount(auth(options), { server })
  try {
    await mounted.send(makeCall({}, head))
    return 200
  } catch (error) {
    expect(GatewayError.is(error)).toBe(true)
    expect(mounted.calls).toHaveLength(0)
    return error as GatewayError
  }
}

async function statusOf(...args: Parameters<typeof attempt>): Promise<number> {
  const outcome = await attempt(...args)
  return outcome === 200 ? 200 : outcome.status
}

const health = { route: 'health', method: 'GET', path: '/healthz' } as const
const hello = { route: 'hello', method: 'HEAD', path: '/' } as const
const options = { method: 'OPTIONS' } as const
const lost = { route: 'not-found', path: '/v1/organizations' } as const
const models = { route: 'models', method: 'GET', path: '/v1/models' } as const
const right = { headers: { 'x-api-key': 'sk-right' } }

describe('what needs a key', () => {
  it.each<[string, Options, typeof OPEN, Partial<CallHead>, number]>([
    ['off: nothing', { mode: 'off' }, OPEN, {}, 200],
    [
      'off: nothing, even with a wrong key',
      { mode: 'off', keys: ['sk-right'] },
      OPEN,
      { headers: { 'x-api-key': 'no' } },
      200,
    ],
    ['auto on loopback: nothing', { keys: ['sk-right'] }, LOOPBACK, {}, 200],
    ['auto elsewhere: messages', { keys: ['sk-right'] }, OPEN, {}, 401],
    ['auto elsewhere: model lists', { keys: ['sk-right'] }, OPEN, models, 401],
    ['auto elsewhere: routes that do not exist', { keys: ['sk-right'] }, OPEN, lost, 401],
    ['auto elsewhere: not /healthz', { keys: ['sk-right'] }, OPEN, health, 200],
    ['auto elsewhere: not OPTIONS', { keys: ['sk-right'] }, OPEN, options, 200],
    ['auto elsewhere: not HEAD /', { keys: ['sk-right'] }, OPEN, hello, 200],
    [
      'all-except-health: messages, on loopback too',
      { mode: 'all-except-health', keys: ['sk-right'] },
      LOOPBACK,
      {},
      401,
    ],
    [
      'all-except-health: not /healthz',
      { mode: 'all-except-health', keys: ['sk-right'] },
      LOOPBACK,
      health,
      200,
    ],
    ['strict: messages', STRICT as never, LOOPBACK, {}, 401],
    ['strict: /healthz', STRICT as never, LOOPBACK, health, 401],
    ['strict: OPTIONS', STRICT as never, LOOPBACK, options, 401],
    ['strict: not HEAD /, which clients ask before they have a key', STRICT as never, LOOPBACK, hello, 200],
  ])('%s', async (_what, opts, server, head, status) => {
    expect(await statusOf(opts, server, head)).toBe(status)
    if (status === 401) expect(await statusOf(opts, server, { ...head, ...right })).toBe(200)
  })
})

describe('a key', () => {
  const withHeaders = (headers: Record<string, string | string[]>) =>
    statusOf(STRICT as never, LOOPBACK, { headers })

  it.each<[string, Record<string, string | string[]>]>([
    ['in Authorization with Bearer', { authorization: 'Bearer sk-right' }],
    ['in Authorization with bearer, in any spelling and spacing', { authorization: 'bEaReR   sk-right ' }],
    ['in Authorization bare', { authorization: 'sk-right' }],
    ['in x-api-key', { 'x-api-key': 'sk-right' }],
    ['in x-goog-api-key', { 'x-goog-api-key': 'sk-right' }],
    ['in a header that came twice', { 'x-api-key': ['sk-wrong', 'sk-right'] }],
    ['beside a wrong one further in front', { authorization: 'Bearer sk-wrong', 'x-api-key': 'sk-right' }],
    ['beside a wrong one further behind', { authorization: 'Bearer sk-right', 'x-api-key': 'sk-wrong' }],
    ['beside two wrong ones', { authorization: 'x', 'x-api-key': 'y', 'x-goog-api-key': 'sk-right' }],
  ])('%s lets the request in', async (_what, headers) => {
    expect(await withHeaders(headers)).toBe(200)
  })

  it.each<[string, Record<string, string>]>([
    ['that is another', { 'x-api-key': 'sk-wrong' }],
    ['that is a part of it', { 'x-api-key': 'sk-righ' }],
    ['that goes on', { 'x-api-key': 'sk-right!' }],
    ['in another case', { 'x-api-key': 'SK-RIGHT' }],
    ['that is empty', { 'x-api-key': '', authorization: 'Bearer ' }],
    ['with Bearer in x-api-key', { 'x-api-key': 'Bearer sk-right' }],
    ['in a header of another name', { cookie: 'sk-right', 'proxy-authorization': 'Bearer sk-right' }],
  ])('%s does not', async (_what, headers) => {
    expect(await withHeaders(headers)).toBe(401)
  })

  it('may be any of several', async () => {
    for (const key of ['one', 'two', 'three']) {
      const opts = { mode: 'strict', keys: ['one', 'two', 'three'] } as const
      expect(await statusOf(opts as never, LOOPBACK, { headers: { 'x-api-key': key } })).toBe(200)
    }
  })

  it('may stand in the config with space around it, as an environment variable often has', async () => {
    expect(await statusOf({ mode: 'strict', keys: [' sk-right\n'] }, LOOPBACK, right)).toBe(200)
  })
})

describe('a refusal', () => {
  it('is an authentication error that a client need not retry, and names the headers', async () => {
    expect(await attempt(STRICT as never, LOOPBACK)).toMatchObject({
      status: 401,
      type: 'authentication_error',
      headers: { 'x-should-retry': 'false' },
      message: expect.stringMatching(/no key.*Authorization, x-api-key or x-goog-api-key/),
    })
  })

  it('never repeats the key that came, nor one that would fit', async () => {
    const error = await attempt(STRICT as never, LOOPBACK, { headers: { 'x-api-key': 'sk-wrong' } })
    expect(error).toMatchObject({
      message: expect.stringMatching(/^(?!.*sk-)the key in .*none of this gateway's/),
    })
  })

  it.each<[string, string[]]>([
    ['none', []],
    ['an empty one', ['']],
    ['blanks', ['  ']],
  ])('meets every request when the configured keys are %s', async (_what, keys) => {
    for (const headers of [
      {},
      { 'x-api-key': '' },
      { 'x-api-key': ' ' },
      { authorization: 'Bearer ' },
      right.headers,
    ]) {
      expect(await attempt({ mode: 'strict', keys }, LOOPBACK, { headers })).toMatchObject({
        status: 401,
        headers: { 'x-should-retry': 'false' },
        message: expect.stringContaining('AGPROXY_API_KEY'),
      })
    }
  })
})

describe('on a loopback address', () => {
  const from = (headers: Record<string, string>) => statusOf({}, LOOPBACK, { headers })

  it.each([
    'localhost',
    'localhost:8045',
    'LOCALHOST:8045',
    'localhost.:8045',
    'app.localhost:8045',
    '127.0.0.1',
    '127.0.0.1:8045',
    '127.0.0.1.:8045',
    '127.8.9.10:1',
    '[::1]',
    '[::1]:8045',
    '[0:0:0:0:0:0:0:1]:8045',
    '[::ffff:127.0.0.1]:8045',
  ])('Host %s is this machine', async (host) => {
    expect(await from({ host })).toBe(200)
  })

  it.each([
    'evil.com',
    'evil.com:8045',
    '127.0.0.1.evil.com',
    '127.0.0.1.evil.com:8045',
    'localhost.evil.com',
    'notlocalhost',
    'evil.com:127',
    '192.168.0.7:8045',
    '0.0.0.0:8045',
    '[fe80::1]:8045',
    '[::2]',
    '[::1].evil.com',
    '[::1',
    'localhost:8045.evil.com',
    'evil.com#localhost',
    '2130706433',
    '0x7f000001',
    '127.1',
    '',
  ])('Host %s is foreign', async (host) => {
    expect(await from({ host })).toBe(403)
  })

  it.each([
    'http://localhost:3000',
    'http://LOCALHOST',
    'http://localhost.:3000',
    'https://127.0.0.1:8045',
    'http://[::1]:5173',
    'http://2130706433', // a browser writes 127.0.0.1, and means it
  ])('Origin %s is this machine', async (origin) => {
    expect(await from({ host: 'localhost:8045', origin })).toBe(200)
  })

  it.each([
    'null',
    'https://evil.com',
    'http://127.0.0.1.evil.com',
    'http://localhost.evil.com:8045',
    'http://localhost@evil.com',
    'chrome-extension://abcdef',
    'file://',
    'localhost',
    '',
  ])('Origin %s is foreign', async (origin) => {
    expect(await from({ host: 'localhost:8045', origin })).toBe(403)
  })

  it('a foreign request is refused whatever its key and its route, in words that say what to do', async () => {
    const headers = { host: 'evil.com', ...right.headers }
    for (const head of [{}, health, options, hello, models, lost]) {
      expect(await attempt(STRICT as never, LOOPBACK, { ...head, headers })).toMatchObject({
        status: 403,
        type: 'permission_error',
        headers: { 'x-should-retry': 'false' },
        message: expect.stringMatching(/Host evil\.com.*plugins\.auth\.allowedHosts/),
      })
    }
  })

  it('names of one’s own can be allowed, as Host and as Origin', async () => {
    const opts = { allowedHosts: ['My-Machine.lan'] }
    const headers = { host: 'my-machine.LAN:8045', origin: 'http://my-machine.lan:8045' }
    expect(await statusOf(opts, LOOPBACK, { headers })).toBe(200)
    expect(await statusOf(opts, LOOPBACK, { headers: { host: 'x.my-machine.lan' } })).toBe(403)
  })

  it('does not print control characters of a Host', async () => {
    const error = await attempt({}, LOOPBACK, { headers: { host: 'evil\u001b[31m.com' } })
    expect((error as GatewayError).message).toContain('evil?[31m.com')
  })
})

describe('on any other address', () => {
  it('Host and Origin are not looked at', async () => {
    const headers = { host: 'gateway.example.com', origin: 'https://evil.com', ...right.headers }
    expect(await statusOf({ keys: ['sk-right'] }, OPEN, { headers })).toBe(200)
  })
})

describe('keys that no client would send are refused, and what is in them named', () => {
  const issues = (key: string) =>
    auth.definition.options!.safeParse({ keys: [key] }).error?.issues.map((issue) => issue.message)

  it.each([
    ['"sk-right"', 'expected a key without quotes around it'],
    ["'sk-right' ", 'expected a key without quotes around it'],
    ['sk-right\u200b', 'expected a key without a zero-width space (U+200B)'],
    ['\ufeffsk-right', 'expected a key without a byte order mark (U+FEFF)'],
    ['sk-\u00a0right', 'expected a key without a no-break space (U+00A0)'],
    ['sk-right\nsk-left', 'expected a key without a line end (U+000A)'],
    ['sk\u0007', 'expected a key without a control character (U+0007)'],
  ])('%j', (key, message) => {
    expect(issues(key)).toEqual([message])
  })

  it.each(['sk-right', ' sk-right\r\n', "it's a key", 'clé', ''])('%j is none of them', (key) => {
    expect(issues(key)).toBeUndefined()
  })
})
