import { answer } from '../../support/anthropic-upstream.js'
import { errorData } from '../../support/messages.js'
import { delay, json, respond, type Script } from '../../support/script.js'
import {
  ANSWER,
  always,
  error,
  failed,
  type Outcome,
  once,
  type Row,
  SAME,
  thrice,
  USABLE,
  WHOLE,
} from '../row.js'

const NO_RETRY = 'x-should-retry: false'
const HTML = '<html><head><title>502 Bad Gateway</title></head><body><h1>nginx</h1></body></html>'

/** The same for every kind of client. */
const all = (outcome: Outcome, second: string) => ({ stream: outcome, json: outcome, second })

/** The account, and whichever upstream is asked. */
const WHO = "account 'one' (UPSTREAM)"

const failure = (status: number, type: string, text: string, headers = {}): Script =>
  json(errorData(type, text), status, { headers })

/** z.ai's shape: the HTTP status says little, the code says what is meant. */
const zai = (code: string, text: string, status = 429): Script =>
  json({ error: { code, message: text } }, status)

/** Rejects thinking blocks once and then answers. */
const rejectsThinking: Row['answers'] = (request, n) =>
  n > 0
    ? answer({ text: ANSWER }, request)
    : failure(400, 'invalid_request_error', 'messages.1.content.0: Invalid `signature` in `thinking` block')

const CONVERSATION = [
  { role: 'user', content: 'hi' },
  {
    role: 'assistant',
    content: [
      { type: 'thinking', thinking: 'hm', signature: 'stale' },
      { type: 'text', text: 'hello' },
    ],
  },
  { role: 'user', content: 'go on' },
]

export const statusRows: readonly Row[] = [
  {
    upstream: 'answers 400',
    answers: always(failure(400, 'invalid_request_error', 'max_tokens: too many')),
    ...all(once(error(400, 'invalid_request_error', 'max_tokens: too many', NO_RETRY)), SAME),
  },
  {
    upstream: 'answers 400 about a thinking signature, and takes the conversation without it',
    answers: rejectsThinking,
    ask: { messages: CONVERSATION },
    lessons: 1,
    ...all({ sees: WHOLE, calls: 2, account: 'usable' }, WHOLE),
  },
  {
    upstream: 'answers 401',
    answers: always(failure(401, 'authentication_error', 'token expired or incorrect')),
    ...all(
      once(
        error(
          401,
          'authentication_error',
          `the key of ${WHO} was refused: token expired or incorrect. Correct its apiKey in the gateway's config, or the environment variable that it comes from`,
          NO_RETRY,
        ),
        'cooldown until the config changes (unauthorised)',
      ),
      WHOLE,
    ),
  },
  {
    upstream: 'answers 403',
    answers: always(failure(403, 'permission_error', 'no access')),
    ...all(
      once(
        error(403, 'permission_error', `${WHO} is not allowed to do this: no access`, NO_RETRY),
        'cooldown 600 s (forbidden)',
      ),
      WHOLE,
    ),
  },
  {
    upstream: 'answers 404, as it does not have the path',
    answers: always(failure(404, 'not_found_error', 'Not Found')),
    ...all(
      once(
        error(
          404,
          'not_found_error',
          `the base URL of ${WHO} is wrong: http://HOST/v1/messages does not exist: Not Found. Correct baseURL of account 'one'; \`agproxy check --probe\` tries it`,
          NO_RETRY,
        ),
      ),
      SAME,
    ),
  },
  {
    upstream: 'answers 404, as it does not have the model',
    ask: { model: 'glm-0' }, // no map of ours names it
    answers: always(failure(404, 'not_found_error', 'model: glm-0')),
    ...all(once(error(404, 'not_found_error', 'model: glm-0', NO_RETRY)), SAME),
  },
  {
    upstream: 'answers 408',
    answers: always(failure(408, 'timeout_error', 'Request timeout')),
    ...all(thrice(error(408, 'timeout_error', 'Request timeout')), WHOLE),
  },
  {
    upstream: 'answers 413',
    answers: always(failure(413, 'request_too_large', 'Request exceeds the maximum size')),
    ...all(once(error(413, 'request_too_large', 'Request exceeds the maximum size', NO_RETRY)), SAME),
  },
  {
    upstream: 'answers 422 in plain text',
    answers: always(respond(422, 'cannot be processed')),
    ...all(once(error(422, 'invalid_request_error', 'cannot be processed', NO_RETRY)), SAME),
  },
  {
    upstream: 'answers 429',
    answers: always(failure(429, 'rate_limit_error', 'slow down')),
    ...all(
      once(error(429, 'rate_limit_error', 'slow down', 'retry-after: 30'), 'cooldown 30 s (rate-limit)'),
      WHOLE,
    ),
  },
  {
    upstream: 'answers 429 in OpenAI’s shape',
    answers: always(
      json(
        {
          error: {
            message: 'You exceeded your quota',
            type: 'insufficient_quota',
            code: 'insufficient_quota',
          },
        },
        429,
      ),
    ),
    ...all(
      once(
        error(
          429,
          'rate_limit_error',
          'You exceeded your quota (code insufficient_quota)',
          'retry-after: 30',
        ),
        'cooldown 30 s (rate-limit)',
      ),
      WHOLE,
    ),
  },
  {
    upstream: 'answers 500',
    answers: always(failure(500, 'api_error', 'Internal server error')),
    ...all(failed(500, 'api_error', 'Internal server error'), WHOLE),
  },
  {
    upstream: 'answers 501',
    answers: always(failure(501, 'api_error', 'Not implemented')),
    ...all(once(error(501, 'api_error', 'Not implemented', NO_RETRY)), SAME),
  },
  {
    upstream: 'answers 502 with HTML',
    answers: always(respond(502, HTML, { headers: { 'content-type': 'text/html' } })),
    ...all(failed(502, 'api_error', '502 Bad Gateway'), WHOLE),
  },
  {
    upstream: 'answers 503 with nothing',
    answers: always(respond(503, '')),
    ...all(failed(503, 'api_error', 'the upstream answered with status 503 and no explanation'), WHOLE),
  },
  {
    upstream: 'answers 504 and breaks off inside the body',
    answers: always(respond(504, '{"type":"error","err', { length: 200 })),
    ...all(failed(504, 'timeout_error', 'the upstream answered with status 504 and no explanation'), WHOLE),
  },
  {
    upstream: 'answers 520 (a proxy in front of it failed)',
    answers: always(respond(520, HTML, { headers: { 'content-type': 'text/html' } })),
    ...all(failed(520, 'api_error', '502 Bad Gateway'), WHOLE),
  },
  {
    upstream: 'answers 529',
    answers: always(failure(529, 'overloaded_error', 'Overloaded')),
    ...all(
      once(error(529, 'overloaded_error', 'Overloaded', 'retry-after: 8'), 'cooldown 8 s (overloaded)'),
      WHOLE,
    ),
  },
  {
    upstream: 'answers an error status and never its body (`idleTimeout`)',
    answers: always([respondHead(500), delay(5_000)]),
    guard: { idleTimeout: 250 },
    ...all(failed(500, 'api_error', 'the upstream answered with status 500 and no explanation'), WHOLE),
  },
]

export const zaiRows: readonly Row[] = [
  {
    upstream: 'says code 1302 (too many at once)',
    answers: always(zai('1302', 'High concurrency usage of this API')),
    ...all(
      thrice(error(429, 'rate_limit_error', 'High concurrency usage of this API (code 1302)'), USABLE),
      WHOLE,
    ),
  },
  {
    upstream: 'says code 1305 (overloaded) under 429',
    answers: always(zai('1305', 'The API has triggered a traffic limit')),
    ...all(
      once(
        error(529, 'overloaded_error', 'The API has triggered a traffic limit (code 1305)', 'retry-after: 8'),
        'cooldown 8 s (overloaded)',
      ),
      WHOLE,
    ),
  },
  {
    upstream: 'says code 1308 (window used up) without a time',
    answers: always(zai('1308', 'Usage limit reached for 5 hour')),
    ...all(
      once(
        error(429, 'rate_limit_error', 'Usage limit reached for 5 hour (code 1308)', 'retry-after: 59'),
        'cooldown 300 s (window-used-up)',
      ),
      WHOLE,
    ),
  },
  {
    upstream: 'says code 1113 (arrears)',
    answers: always(zai('1113', 'Your account is in arrears')),
    ...all(
      once(
        error(
          402,
          'billing_error',
          "account 'one': Your account is in arrears (code 1113); top it up or configure another account",
          NO_RETRY,
        ),
        'cooldown until the config changes (billing)',
      ),
      WHOLE,
    ),
  },
  {
    upstream: 'says code 1112 (account locked)',
    answers: always(zai('1112', 'Your account has been locked')),
    ...all(
      once(
        error(
          403,
          'permission_error',
          "account 'one': Your account has been locked (code 1112); ask z.ai to unlock it or configure another account",
          NO_RETRY,
        ),
        'cooldown until the config changes (locked)',
      ),
      WHOLE,
    ),
  },
  {
    upstream: 'says code 1261 (prompt too long), with its numbers',
    answers: always(zai('1261', 'Prompt exceeds max length: 210000 > 200000', 400)),
    ...all(
      once(
        error(400, 'invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum', NO_RETRY),
      ),
      SAME,
    ),
  },
  {
    upstream: 'says a code that nobody knows',
    answers: always(zai('1999', 'something new', 500)),
    ...all(failed(500, 'api_error', 'something new (code 1999)'), WHOLE),
  },
  {
    upstream: 'answers 200 with “404 NOT_FOUND”, as it does not have the path',
    answers: always(json({ code: 500, msg: '404 NOT_FOUND', success: false })),
    ...all(
      once(
        error(
          404,
          'not_found_error',
          `the base URL of ${WHO} is wrong: http://HOST/v1/messages does not exist: 404 NOT_FOUND. Correct baseURL of account 'one'; \`agproxy check --probe\` tries it`,
          NO_RETRY,
        ),
      ),
      SAME,
    ),
  },
]

function respondHead(status: number): Script {
  return ({ res }) => {
    res.writeHead(status, { 'content-type': 'application/json', 'content-length': '100' })
    res.flushHeaders()
  }
}
