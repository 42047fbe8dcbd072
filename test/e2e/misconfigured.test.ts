import { describe, expect, it } from 'vitest'
import { ollama } from '../../plugins/index.js'
import type { TestConfig } from '../../testing.js'
import { answer, failure } from '../support/anthropic-upstream.js'
import { ask } from '../support/client.js'
import { errorData } from '../support/messages.js'
import { json, respond, type Script, sse } from '../support/script.js'
import { stand, zaiPair } from '../support/stand.js'

// Claude Code 2.1.330 takes a 401 or 403 for its own login, and a 404 for its own choice of a model. It shows the words of
// a 424 as they are, after one request. test/clients/misconfigured.test.ts shows it these very answers. Other clients get
// the same words under the status that they know.
const CLAUDE_CODE = { 'user-agent': 'claude-cli/2.1.330 (external, sdk-cli)' }

const oneOf =
  (upstream: string, account: object = {}, options: object = {}) =>
  (url: string): TestConfig => ({
    preset: 'claude-code',
    accounts: [{ id: 'a', upstream, apiKey: 'sk-upstream-1', ...account }],
    plugins: { [upstream]: { baseURL: `${url}/base`, ...options } },
  })

interface Told {
  readonly status: number
  readonly type: string
  readonly message: string
  readonly retry: string | undefined
  readonly calls: number
}

/** What a client is told; HOST for the upstream's host and port. */
async function told(
  script: Script,
  config: (url: string) => TestConfig,
  body: object = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Told> {
  const { up, send } = await stand(() => script, { config })
  const seen = await send({ body: ask(body), headers })
  const { error } = seen.json<{ error: { type: string; message: string } }>()
  const { type, message } = error
  return {
    status: seen.status,
    type,
    message: message.replaceAll(up.url, 'http://HOST'),
    retry: seen.headers['x-should-retry'] as string | undefined,
    calls: up.requests.length,
  }
}

/** For a stream and for JSON, from an upstream that is folded and from one that is not. */
const WAYS = [
  ['anthropic', true],
  ['anthropic', false],
  ['zai', true],
  ['zai', false],
] as const

describe.each(WAYS)('at %s, streamed: %s', (upstream, stream) => {
  it.each<[string, Script, string]>([
    [
      'z.ai’s shape',
      json({ error: { code: '1000', message: 'token expired or incorrect' } }, 401),
      'token expired or incorrect (code 1000)',
    ],
    ['Anthropic’s shape', failure(401, 'authentication_error', 'invalid x-api-key'), 'invalid API key'],
    ['a web page', respond(401, '<html><title>Unauthorized</title></html>'), 'Unauthorized'],
    ['an error under 200', json(errorData('authentication_error', 'no such key')), 'no such key'],
  ])('a refused key leads to the account: %s', async (_, script, words) => {
    const error = {
      type: 'authentication_error',
      message: `the key of account 'a' (${upstream}) was refused: ${words}. Correct its apiKey in the gateway's config, or the environment variable that it comes from`,
      retry: 'false',
      calls: 1,
    }
    expect(await told(script, oneOf(upstream), { stream })).toEqual({ status: 401, ...error })
    const asClaude = await told(script, oneOf(upstream), { stream }, CLAUDE_CODE)
    expect(asClaude).toEqual({ status: 424, ...error })
  })

  it.each<[string, Script, string]>([
    [
      'z.ai’s words for it, under 200',
      json({ code: 500, msg: '404 NOT_FOUND', success: false }),
      ': 404 NOT_FOUND',
    ],
    ['Anthropic’s shape', failure(404, 'not_found_error', 'Not Found'), ': Not Found'],
    ['FastAPI’s', json({ detail: 'Not Found' }, 404), ': Not Found'],
    [
      'Spring’s',
      json({ timestamp: 1, status: 404, error: 'Not Found', path: '/base/v1/messages' }, 404),
      ': Not Found',
    ],
    ['Go’s', respond(404, '404 page not found\n'), ': 404 page not found'],
    [
      'Express’s',
      respond(404, '<html><body><pre>Cannot POST /base/v1/messages</pre></body></html>'),
      ': Cannot POST /base/v1/messages',
    ],
    [
      'OpenAI’s',
      json(
        { error: { message: 'Invalid URL (POST /base/v1/messages)', type: 'invalid_request_error' } },
        404,
      ),
      ': Invalid URL (POST /base/v1/messages)',
    ],
    [
      'nginx’s',
      respond(404, '<html><head><title>404 Not Found</title></head><body></body></html>'),
      ': 404 Not Found',
    ],
    ['nothing', respond(404, ''), ''],
  ])('a wrong path leads to the base URL: %s', async (_, script, words) => {
    const error = {
      type: 'not_found_error',
      message: `the base URL of account 'a' (${upstream}) is wrong: http://HOST/base/v1/messages does not exist${words}. Correct plugins.${upstream}.baseURL; \`agproxy check --probe\` tries it`,
      retry: 'false',
      calls: 1,
    }
    expect(await told(script, oneOf(upstream), { stream })).toEqual({ status: 404, ...error })
    const asClaude = await told(script, oneOf(upstream), { stream }, CLAUDE_CODE)
    expect(asClaude).toEqual({ status: 424, ...error })
  })
})

it.each([
  ['anthropic', true],
  ['zai', true],
  ['zai', false],
] as const)('a refused key in the first event of a stream does so too: %s, %s', async (upstream, stream) => {
  const script = sse([errorData('authentication_error', 'no such key')])
  expect(await told(script, oneOf(upstream), { stream })).toMatchObject({
    status: 401,
    message: expect.stringMatching(/^the key of account 'a' .* was refused: no such key\. /),
    calls: 1,
  })
})

it('so does a 405, whose words a client shows: sites answer it where they have pages alone', async () => {
  const site = respond(405, '<html><title>405 Method Not Allowed</title></html>')
  expect(await told(site, oneOf('anthropic'))).toMatchObject({
    status: 405,
    message: expect.stringMatching(
      /^the base URL of account 'a' .* does not exist: 405 Method Not Allowed\./,
    ),
    retry: 'false',
    calls: 1,
  })
})

it('the base URL is that of the account where it has one, and no query or key is told', async () => {
  const config = (url: string) =>
    oneOf('anthropic', { baseURL: `${url}/own/sk-upstream-1/v1?token=secret` })(url)
  const { message } = await told(respond(404, ''), config)
  expect(message).toBe(
    "the base URL of account 'a' (anthropic) is wrong: http://HOST/own/[key]/v1/messages does not exist. Correct baseURL of account 'a'; `agproxy check --probe` tries it",
  )
})

it('an account without a key at an upstream that wants one is told so', async () => {
  const config = (url: string): TestConfig => ({
    preset: 'claude-code',
    use: [ollama],
    accounts: [{ id: 'local', upstream: 'ollama', baseURL: url }],
  })
  const { status, message } = await told(failure(401, 'authentication_error', 'unauthorized'), config)
  expect([status, message]).toEqual([
    401,
    "account 'local' (ollama) has no apiKey, and its upstream wants one: unauthorized. Set its apiKey in the gateway's config",
  ])
})

describe('a model that the upstream does not have', () => {
  const unknown = failure(404, 'not_found_error', 'model: no-such-model')

  it('is the client’s own choice where nothing maps it: the answer goes through byte for byte', async () => {
    const { send } = await stand(() => unknown, { config: oneOf('anthropic') })
    for (const headers of [{}, CLAUDE_CODE]) {
      const seen = await send({ body: ask({ model: 'no-such-model' }), headers })
      expect(seen.status).toBe(404)
      expect(seen.json()).toEqual(errorData('not_found_error', 'model: no-such-model'))
    }
  })

  it.each([
    [
      'the upstream’s map',
      oneOf('anthropic', {}, { models: { 'claude-*': 'no-such-model' } }),
      'plugins.anthropic',
    ],
    ['the account’s', oneOf('anthropic', { models: { 'claude-*': 'no-such-model' } }), "account 'a'"],
  ])('leads to the map that names it: %s', async (_, config, option) => {
    expect(await told(unknown, config, {}, CLAUDE_CODE)).toMatchObject({
      status: 424,
      message: `account 'a' (anthropic) has no model 'no-such-model', to which the gateway maps the client's: model: no-such-model. Correct the models of ${option}`,
      retry: 'false',
      calls: 1,
    })
  })
})

it.each([
  [
    404,
    404,
    424,
    'No endpoints found that support tool use',
    'answered 404: No endpoints found that support tool use',
  ],
  [403, 403, 424, 'Request not allowed', 'is not allowed to do this: Request not allowed'],
  [
    400,
    402,
    402,
    'Your credit balance is too low to access the API.',
    'has no credit: Your credit balance is not enough to access the API; top it up or configure another account',
  ],
])(
  'any other %i names the account: %i, and %i for Claude Code',
  async (status, as, asClaude, said, words) => {
    const script = failure(status, 'api_error', said)
    const error = { message: `account 'a' (anthropic) ${words}`, retry: 'false', calls: 1 }
    expect(await told(script, oneOf('anthropic'))).toMatchObject({ status: as, ...error })
    expect(await told(script, oneOf('anthropic'), {}, CLAUDE_CODE)).toMatchObject({
      status: asClaude,
      ...error,
    })
  },
)

it.each<[string, Script, string, number]>([
  ['a locked account of z.ai', json({ error: { code: '1112', message: 'locked' } }, 429), 'zai', 403],
  ['a model outside of the plan', json({ error: { code: '1311', message: 'no' } }, 429), 'zai', 403],
  ['a redirect', respond(308, '', { headers: { location: 'https://elsewhere.example/' } }), 'anthropic', 502],
])('Claude Code shows the words of %s', async (_, script, upstream, status) => {
  expect(await told(script, oneOf(upstream))).toMatchObject({ status, retry: 'false', calls: 1 })
  expect(await told(script, oneOf(upstream), {}, CLAUDE_CODE)).toMatchObject({
    status: 424,
    retry: 'false',
    calls: 1,
  })
})

it('and those of an account that is out, and of no account at all', async () => {
  const refused = failure(401, 'authentication_error', 'no')
  const { send } = await stand(() => refused, { config: oneOf('anthropic') })
  await send({ body: ask() })
  for (const [headers, status] of [
    [{}, 401],
    [CLAUDE_CODE, 424],
  ] as const) {
    const seen = await send({ body: ask(), headers })
    expect(seen.status).toBe(status)
    expect(seen.text()).toContain('no account can serve: a (unauthorised, until its key is changed)')
  }
  const other = (url: string) => oneOf('anthropic', { models: ['other'] })(url)
  expect(await told(refused, other, { model: 'mine' }, CLAUDE_CODE)).toMatchObject({
    status: 424,
    message: "no account serves the model 'mine' (accounts: a)",
  })
})

it.each([
  ['a refused key', failure(401, 'authentication_error', 'no'), 'unauthorised'],
  [
    'an account without credit',
    failure(400, 'invalid_request_error', 'Your credit balance is too low'),
    'billing',
  ],
])('%s is not the end: another account serves, and this one is out', async (_, script, reason) => {
  const { up, send, gateway } = await stand((request, n) => (n === 0 ? script : answer({}, request)), {
    config: zaiPair,
  })
  for (const account of ['second@example.com', 'second@example.com']) {
    const seen = await send({ body: ask(), headers: CLAUDE_CODE })
    expect([seen.status, seen.headers['x-account-email']]).toEqual([200, account])
  }
  expect(up.requests).toHaveLength(3)
  expect(JSON.stringify(gateway.logs)).toContain(
    `account 'first' cooling down until the config changes: ${reason}`,
  )
})

/** An upstream may quote the prompt, and a prompt belongs to no log. */
const SAID = 'Wrote the prompt'

it.each<[string, Script, string, string]>([
  [
    'a refused key',
    failure(401, 'authentication_error', SAID),
    'anthropic',
    "the key of account 'a' (anthropic) was refused. Correct its apiKey in the gateway's config, or the environment variable that it comes from",
  ],
  [
    'a wrong base URL',
    failure(404, 'not_found_error', `Cannot POST /v1/messages: ${SAID}`),
    'anthropic',
    "the base URL of account 'a' (anthropic) is wrong: http://HOST/base/v1/messages does not exist. Correct plugins.anthropic.baseURL; `agproxy check --probe` tries it",
  ],
  [
    'what is forbidden',
    failure(403, 'permission_error', SAID),
    'anthropic',
    "account 'a' (anthropic) is not allowed to do this",
  ],
  [
    'z.ai’s arrears',
    json({ error: { code: '1113', message: SAID } }, 429),
    'zai',
    "account 'a' (code 1113): top it up or configure another account",
  ],
])('the log says once what mends %s, without what the upstream said', async (_, script, upstream, words) => {
  const { up, send, gateway } = await stand(() => script, { config: oneOf(upstream) })
  for (const headers of [{}, CLAUDE_CODE]) {
    await send({ body: ask(), headers })
    gateway.accounts.clear('a')
  }
  expect(up.requests.length).toBeGreaterThan(1)
  const warned = gateway.logs.filter(({ level, fields }) => level === 'warn' && fields.plugin === 'errors')
  expect(warned.map(({ message }) => message.replaceAll(up.url, 'http://HOST'))).toEqual([words])
  expect(warned[0]!.fields.id).toMatch(/^req_/)
  expect(JSON.stringify(gateway.logs)).not.toContain(SAID)
})

it('an upstream that counts no tokens has the right base URL all the same, and the log does not say otherwise', async () => {
  const { send, gateway } = await stand(
    (request) =>
      request.url.endsWith('/count_tokens') ? json({ error: 'not found' }, 404) : answer({}, request),
    { config: oneOf('anthropic') },
  )
  const body = { model: 'claude-sonnet-4-5', messages: [{ role: 'user', content: 'hi' }] }
  const counted = await send({ path: '/v1/messages/count_tokens', body })
  expect(counted.status).toBe(200)
  expect((await send({ body: ask() })).status).toBe(200)
  expect(gateway.logs.filter(({ fields }) => fields.plugin === 'errors')).toEqual([])
})
