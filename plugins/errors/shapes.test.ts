import { describe, expect, it } from 'vitest'
import { Reply } from '../../core/index.js'
import { mount } from '../../testing.js'
import { errors } from './index.js'

async function send(status: number, body: string, headers = {}): Promise<Reply> {
  const { send } = await mount(errors(), {
    answer: () => Reply.bytes(Buffer.from(body), { status, headers }),
  })
  return send({})
}

const HTML = `<!DOCTYPE html><html><head><title>403 Forbidden</title><style>body{}</style></head>
<body><h1>Forbidden</h1><script>var a</script></body></html>`

describe('a body in the Anthropic shape', () => {
  it.each([
    '{"type":"error","error":{"type":"invalid_request_error","message":"max_tokens: too large"}}',
    '{ "type": "error",\n "error": {"type": "odd_error", "message": "ž\\u00e9"}, "request_id": "req_1" }\n',
    '{"error":{"message":"m","type":"api_error","extra":[1]},"type":"error"}',
  ])('goes through byte for byte', async (body) => {
    for (const status of [400, 429, 500, 529]) {
      const reply = await send(status, body, { 'content-type': 'application/json' })
      expect(reply.status).toBe(status)
      expect(await reply.text()).toBe(body)
      expect(reply.header('content-type')).toBe('application/json')
    }
  })
})

describe('any other body becomes one, with the type of its status and the upstream’s words', () => {
  it.each([
    ['HTML', HTML, '403 Forbidden'],
    ['HTML without a title', '<html><body>go <b>away</b></body></html>', 'go away'],
    ['nothing', '', 'the upstream answered with status 422 and no explanation'],
    ['blanks', ' \n ', 'the upstream answered with status 422 and no explanation'],
    ['plain text', 'no access', 'no access'],
    [
      'OpenAI’s shape',
      '{"error":{"message":"no access","type":"x","code":"denied"}}',
      'no access (code denied)',
    ],
    ['OpenAI’s shape without a code', '{"error":{"message":"no access","code":null}}', 'no access'],
    ['an error that is a text', '{"error":"no access"}', 'no access'],
    ['`msg`', '{"code":7,"msg":"no access","success":false}', 'no access (code 7)'],
    ['`detail`', '{"detail":"no access"}', 'no access'],
    ['a JSON text', '"no access"', 'no access'],
    ['JSON without words', '{"a":1}', 'the upstream answered with status 422 and no explanation'],
    ['null', 'null', 'the upstream answered with status 422 and no explanation'],
    ['JSON that breaks off', '{"error":{"message":"no', '{"error":{"message":"no'],
  ])('%s', async (_name, body, message) => {
    const reply = await send(422, body, {
      'content-type': 'text/html',
      'request-id': 'req_theirs',
      'x-own': '1',
    })
    expect(reply.status).toBe(422)
    expect(await reply.json()).toEqual({
      type: 'error',
      error: { type: 'invalid_request_error', message },
      request_id: 'req_theirs',
    })
    expect(reply.header('content-type')).toBe('application/json')
    expect(reply.header('x-own')).toBe('1')
  })

  it.each([
    [400, 'invalid_request_error'],
    [401, 'authentication_error'],
    [402, 'billing_error'],
    [403, 'permission_error'],
    [404, 'not_found_error'],
    [413, 'request_too_large'],
    [418, 'invalid_request_error'],
    [429, 'rate_limit_error'],
    [500, 'api_error'],
    [503, 'api_error'],
    [504, 'timeout_error'],
    [529, 'overloaded_error'],
  ])('%i is %s', async (status, type) => {
    expect(await (await send(status, '')).json()).toMatchObject({ error: { type } })
  })

  it('words without end are cut', async () => {
    const { error } = await (await send(500, 'x'.repeat(100_000))).json<{ error: { message: string } }>()
    expect(error.message.length).toBeLessThan(1_000)
  })
})

describe('advice', () => {
  const ANTHROPIC = '{"type":"error","error":{"type":"api_error","message":"m"}}'

  it.each([400, 401, 402, 403, 404, 405, 413, 422, 431, 501, 505])(
    '%i cannot be mended by a retry',
    async (status) => {
      expect((await send(status, ANTHROPIC)).header('x-should-retry')).toBe('false')
    },
  )

  it.each([408, 409, 429, 500, 502, 503, 504, 520, 529])('%i can', async (status) => {
    expect((await send(status, ANTHROPIC)).header('x-should-retry')).toBeUndefined()
  })

  it('what the upstream says of it stands', async () => {
    expect((await send(400, ANTHROPIC, { 'x-should-retry': 'true' })).header('x-should-retry')).toBe('true')
    expect((await send(500, ANTHROPIC, { 'x-should-retry': 'false' })).header('x-should-retry')).toBe('false')
  })

  it.each([
    [{ 'retry-after': '0' }, '1'],
    [{ 'retry-after': '7' }, '7'],
    [{ 'retry-after': '1.2' }, '2'],
    [{ 'retry-after-ms': '1500' }, '2'],
    [{ 'retry-after': '61' }, '59'],
    [{ 'retry-after': '300' }, '59'],
    [{ 'retry-after': '301' }, '301'],
    [{ 'retry-after': new Date(Date.now() + 200_000).toUTCString() }, '59'],
    [{ 'retry-after': '-3' }, undefined],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '99999999999' }, undefined],
    [{}, undefined],
  ])('%o is a retry-after of %s', async (headers, expected) => {
    for (const status of [409, 429, 503]) {
      expect((await send(status, ANTHROPIC, headers)).header('retry-after')).toBe(expected)
    }
  })

  it('the account is in cooldown for the whole time, however short the client waits', async () => {
    expect((await send(429, ANTHROPIC, { 'retry-after': '300' })).cooldown).toEqual({
      reason: 'rate-limit',
      ms: 300_000,
    })
  })
})

it('a good answer goes through byte for byte', async () => {
  const body = '{ "type": "message", "content": [], "error": null }'
  expect(await (await send(200, body)).text()).toBe(body)
})
