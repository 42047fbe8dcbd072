import { describe, expect, it } from 'vitest'
import { StreamEvent } from '../stream/sse-event.js'
import { embeddedError, errorInEvent } from './embedded-error.js'
import { wordsOfJson } from './upstream-words.js'

/** Bodies under status 200, the status that each means, and the words that clients get. */
const BODIES: readonly (readonly [body: unknown, status: number, words: string])[] = [
  // the Messages API's own
  [{ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }, 529, 'Overloaded'],
  [{ type: 'error', error: 'plain words' }, 502, 'plain words'],
  [{ type: 'rate_limit_error', message: 'slow down' }, 429, 'slow down'],
  // by one mark alone
  [{ object: 'error', type: 'unheard_of', message: 'no' }, 502, 'no'],
  [{ type: 'overloaded_error', reason: 'x' }, 529, 'the upstream reported an error'],
  // numbers
  [{ error: { message: 'no', type: 'None', param: 'None', code: '404' } }, 404, 'no'],
  [{ error: { message: 'no', type: 'bad_request_error', http_code: '400' } }, 400, 'no'],
  [{ error: 'try later', status: 503, path: '/v1/messages' }, 503, 'try later'],
  [{ error: 'try later', status: '429' }, 429, 'try later'],
  [{ status: 401, message: 'who is it?' }, 401, 'who is it?'],
  [{ statusCode: 413, message: 'so long' }, 413, 'so long'],
  [{ object: 'error', message: 'no such thing', code: 404 }, 404, 'no such thing'],
  // names
  [{ error: { message: 'no', code: 429, status: 'RESOURCE_EXHAUSTED' } }, 429, 'no'],
  [{ error: { message: 'no', status: 'INVALID_ARGUMENT' } }, 400, 'no'],
  [{ error: { message: 'no', type: 'exceeded_current_quota_error' } }, 429, 'no'],
  [{ error: { message: 'no', type: 'BadRequestError' } }, 400, 'no'],
  [{ object: 'error', message: 'no', type: 'NotFoundError' }, 404, 'no'],
  [{ __type: 'com.amazon#ThrottlingException', message: 'slow down' }, 429, 'slow down'],
  [{ code: 'InvalidApiKey', message: 'no', request_id: 'x' }, 401, 'no'],
  [{ code: 'Arrearage', message: 'pay', request_id: 'x' }, 402, 'pay'],
  [{ type: 'server_error', message: 'oh' }, 500, 'oh'],
  // z.ai's and DashScope's status lines in the words
  [{ code: 500, msg: '404 NOT_FOUND', success: false }, 404, '404 NOT_FOUND'],
  [{ code: 'InternalError', message: '<429> slow down' }, 429, '<429> slow down'],
  [{ success: false, msg: '503 Service Unavailable' }, 503, '503 Service Unavailable'],
  // FastAPI
  [{ detail: 'Not Found' }, 404, 'Not Found'],
  [{ detail: 'Not authenticated' }, 401, 'Not authenticated'],
  [
    {
      detail: [
        { type: 'missing', loc: ['body', 'max_tokens'], msg: 'Field required' },
        { type: 'int', loc: ['query', 'beta'], msg: 'not a number' },
      ],
    },
    422,
    'max_tokens: Field required; query.beta: not a number',
  ],
  [{ detail: { error: { message: 'deep', code: 403 } } }, 403, 'deep'],
  // lists
  [[{ error: { code: 403, message: 'not here', status: 'PERMISSION_DENIED' } }], 403, 'not here'],
  [{ errors: [{ message: 'one', code: 401 }, { message: 'two' }] }, 401, 'one; two'],
  [{ errors: ['one', 'two'] }, 502, 'one; two'],
  [{ error: { code: 400, errors: [{ reason: 'invalid', message: 'deeper' }] } }, 400, 'deeper'],
  // MiniMax
  [{ base_resp: { status_code: 1039, status_msg: 'too many tokens' } }, 429, 'too many tokens'],
  [{ id: 'x', choices: null, base_resp: { status_code: 1004, status_msg: 'login fail' } }, 401, 'login fail'],
  [{ base_resp: { status_code: 4242, status_msg: 'new' } }, 502, 'new'],
  // proxies that quote an upstream
  [
    {
      error: {
        message: 'Provider returned error',
        code: 400,
        metadata: {
          raw: '{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}',
          provider_name: 'x',
        },
      },
    },
    429,
    'slow down',
  ],
  [{ error: { message: 'Provider returned error', code: 502, metadata: { raw: 'gone' } } }, 502, 'gone'],
  [
    { error: { message: 'Provider returned error', code: 403, metadata: { raw: '<html>no</html>' } } },
    403,
    'Provider returned error',
  ],
  [
    {
      error: {
        message:
          'litellm.BadRequestError: AnthropicException - {"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 3 tokens > 2 maximum"}}. Received Model Group=x',
        type: 'None',
        code: '400',
      },
    },
    400,
    'prompt is too long: 3 tokens > 2 maximum',
  ],
  [{ error: '{"error":{"message":"slow down","code":"1302"},"status":429}' }, 429, 'slow down'],
  [{ error: '{"message":"busy","code":503}' }, 503, 'busy'],
  [{ error: { message: 'no', detail: '{"error":{"code":404,"message":"not here"}}' } }, 404, 'not here'],
  [
    { msg: 'failed: {"type":"error","error":{"type":"overloaded_error","message":"busy"}}', code: 1 },
    529,
    'busy',
  ],
  [
    { id: 'x', object: 'chat.completion.chunk', choices: [], error: { code: 429, message: 'slow down' } },
    429,
    'slow down',
  ],
  // nothing that is known
  [{ error: { code: '1302', message: 'slow' } }, 502, 'slow'],
  [{ error: { type: 'constructor', code: '__proto__', message: 'odd' } }, 502, 'odd'],
  [{ error: true }, 502, 'the upstream reported an error'],
]

const event = (text: string) => StreamEvent.parse(Buffer.from(text))

describe('an error under a good status', () => {
  it.each(BODIES)('%j is %d', (body, status, message) => {
    const expected = { failure: 'error-event', status, message }
    expect(embeddedError(body)).toMatchObject(expected)
    // Whichever way it comes, it says the same.
    const data = JSON.stringify(body)
    expect(errorInEvent(event(`data: ${data}\n\n`))).toMatchObject(expected)
    expect(errorInEvent(event(`event: error\ndata: ${data}\n\n`))).toMatchObject(expected)
    expect(errorInEvent(event(`event: message_start\ndata: ${data}\n\n`))).toMatchObject(expected)
  })

  it('never has a type that the Messages API does not know', () => {
    for (const [body] of BODIES) {
      expect(embeddedError(body)!.type).toMatch(
        /^(invalid_request|authentication|billing|permission|not_found|rate_limit|api|timeout|overloaded)_error$|^request_too_large$/,
      )
    }
  })

  it('may be an `event: error` in plain words', () => {
    expect(errorInEvent(event('event: error\ndata: Rate limit reached\n\n'))).toMatchObject({
      message: 'Rate limit reached',
    })
    expect(errorInEvent(event('event: error\ndata:\n\n'))).toMatchObject({ status: 502 })
  })
})

describe('no error', () => {
  it.each([
    [{ type: 'message', content: [], error: null }],
    [{ type: 'message', content: [], error: { message: 'left over' }, base_resp: { status_code: 0 } }],
    [{ type: 'message_start', message: {}, error: 'x' }],
    [{ type: 'content_block_delta', delta: {}, code: 429 }],
    [{ type: 'ping', message: 'x' }],
    [{ type: 'novel', message: 'words', detail: 'more' }],
    [{ type: 'novel', error: {}, errors: [], success: true, code: 200 }],
    [{ input_tokens: 3 }],
    [{ base_resp: { status_code: 0, status_msg: 'success' } }],
    [{ object: 'chat.completion.chunk', choices: [{ delta: { content: 'hi' } }] }],
    [[]],
    ['words'],
    [null],
  ])('is %j', (body) => {
    expect(embeddedError(body)).toBeUndefined()
    expect(errorInEvent(event(`data: ${JSON.stringify(body)}\n\n`))).toBeUndefined()
  })
})

describe('the code of an error', () => {
  it('is the upstream’s own, never an HTTP status', () => {
    expect(wordsOfJson({ error: { code: 'insufficient_quota', message: 'm' } }).code).toBe(
      'insufficient_quota',
    )
    expect(wordsOfJson({ error: { code: 1302, message: 'm' } }).code).toBe('1302')
    expect(wordsOfJson({ error: { code: '429', message: 'm' } }).code).toBeUndefined()
  })
})

describe('a body of a stranger’s choosing', () => {
  /** Envelopes in envelopes, each as a list, a string and an object. */
  function nested(depth: number): unknown {
    let body: unknown = { message: 'core' }
    for (let i = 0; i < depth; i++) body = { error: body, detail: [body], errors: [{ error: body }] }
    return JSON.parse(JSON.stringify({ error: body }))
  }

  const took = (run: () => void) => {
    const startedAt = performance.now()
    run()
    return performance.now() - startedAt
  }

  it('is read in no time, however deep, wide or long', () => {
    let quoted = '{"error":{"message":"core"}}'
    for (let i = 0; i < 8; i++) quoted = JSON.stringify({ error: { message: quoted, raw: quoted } })
    expect(took(() => wordsOfJson(JSON.parse(quoted)))).toBeLessThan(1_000)
    expect(took(() => wordsOfJson(nested(8)))).toBeLessThan(1_000)
    expect(took(() => wordsOfJson({ message: '{"'.repeat(500_000) }))).toBeLessThan(1_000)
    expect(took(() => wordsOfJson({ message: `{${' '.repeat(1_000_000)}` }))).toBeLessThan(1_000)
    expect(
      took(() => wordsOfJson({ detail: Array.from({ length: 100_000 }, () => ({ msg: 'x' })) })),
    ).toBeLessThan(1_000)
  })
})
