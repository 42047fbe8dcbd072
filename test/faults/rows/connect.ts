import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { answer } from '../../support/anthropic-upstream.js'
import { closedPort } from '../../support/bad-upstream.js'
import { messageEvents } from '../../support/messages.js'
import { delay, hangUp, json, raw, reset, sse, stall } from '../../support/script.js'
import {
  ANSWER,
  always,
  error,
  failed,
  type Outcome,
  once,
  type Row,
  SAME,
  timedOut,
  WHOLE,
  whole,
} from '../row.js'

const good: Row['answers'] = (request) => answer({ text: ANSWER }, request)
const fixture = (name: string) => readFileSync(new URL(`../../fixtures/tls/${name}`, import.meta.url))

/** What all of them come to, for every kind of client. */
function failing(outcome: Outcome): { stream: Outcome; json: Outcome; second: string } {
  return { stream: outcome, json: outcome, second: WHOLE }
}

/** A TLS server whose certificate nobody has vouched for. */
async function selfSigned(): Promise<string> {
  const server = createServer({ key: fixture('key.pem'), cert: fixture('self-signed.pem') })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`
}

export const connectRows: readonly Row[] = [
  {
    upstream: 'refuses the connection',
    answers: good,
    at: async () => `http://127.0.0.1:${await closedPort()}`,
    unseen: true,
    ...failing(
      failed(
        502,
        'api_error',
        'could not connect to HOST (ECONNREFUSED); nothing listens there: check the base URL and its port',
      ),
    ),
  },
  {
    upstream: 'has a host name that nobody knows',
    answers: good,
    at: () => 'http://no-such-host.invalid',
    unseen: true,
    ...failing(
      failed(
        502,
        'api_error',
        'could not connect to no-such-host.invalid (ENOTFOUND); no such host: check the base URL and the network',
      ),
    ),
  },
  {
    upstream: 'has a host name that cannot be looked up now',
    answers: good,
    at: () => 'http://look-up-fails.invalid',
    unseen: true,
    ...failing(
      failed(
        502,
        'api_error',
        'could not connect to look-up-fails.invalid (EAI_AGAIN); the host name could not be resolved: check the network',
      ),
    ),
  },
  {
    upstream: 'speaks no TLS where `https:` is expected',
    answers: good,
    at: (url) => url.replace('http:', 'https:'),
    unseen: true,
    ...failing(
      failed(
        502,
        'api_error',
        'no secure connection to HOST (ERR_SSL_WRONG_VERSION_NUMBER): check its certificate and the base URL',
      ),
    ),
  },
  {
    upstream: 'shows a certificate that nobody has vouched for',
    answers: good,
    at: selfSigned,
    unseen: true,
    ...failing(
      failed(
        502,
        'api_error',
        'no secure connection to HOST (DEPTH_ZERO_SELF_SIGNED_CERT): check its certificate and the base URL',
      ),
    ),
  },
  {
    upstream: 'resets each connection at once',
    answers: good,
    options: { refuse: () => true },
    unseen: true,
    ...failing(failed(502, 'api_error', 'HOST broke the connection (ECONNRESET)')),
  },
  {
    upstream: 'reads the request and resets',
    answers: always(reset()),
    ...failing(failed(502, 'api_error', 'HOST broke the connection (ECONNRESET)')),
  },
  {
    upstream: 'reads the request and closes the connection',
    answers: always(hangUp()),
    ...failing(failed(502, 'api_error', 'HOST broke the connection (UND_ERR_SOCKET)')),
  },
  {
    upstream: 'breaks off inside its headers',
    answers: always([raw('HTTP/1.1 200 OK\r\ncontent-ty'), hangUp()]),
    ...failing(failed(502, 'api_error', 'HOST broke the connection (UND_ERR_SOCKET)')),
  },
  {
    upstream: 'answers in something that is no HTTP',
    answers: always([raw('hello\r\n\r\n'), hangUp()]),
    ...failing(failed(502, 'api_error', 'HOST sent an answer that is not valid HTTP (HTTPParserError)')),
  },
  {
    upstream: 'sends more headers than anybody reads (64 kB)',
    answers: always(json({}, 200, { headers: { 'x-long': 'x'.repeat(65_536) } })),
    ...failing(
      failed(502, 'api_error', 'HOST sent an answer that is not valid HTTP (UND_ERR_HEADERS_OVERFLOW)'),
    ),
  },
  {
    upstream: 'never answers (`firstEventTimeout`; `answerTimeout` for JSON)',
    answers: always(stall()),
    guard: { firstEventTimeout: 250, answerTimeout: 250 },
    ...failing(timedOut('HOST did not answer in time')),
  },
  {
    upstream: 'says “103 Early Hints” first and then answers',
    answers: (request, n) => [
      raw('HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\n\r\n'),
      good(request, n),
    ],
    stream: whole,
    json: whole,
    second: WHOLE,
  },
  {
    upstream: 'takes its time and then answers',
    answers: (request, n) => [delay(150), good(request, n)],
    stream: whole,
    json: whole,
    second: WHOLE,
  },
]

const refused = json({ type: 'error', error: { type: 'request_too_large', message: 'too long' } }, 413, {
  headers: { connection: 'close' },
})
const refusal = once(error(413, 'request_too_large', 'too long', 'x-should-retry: false'))

/** An answer that is there before the request is. */
export const earlyRows: readonly Row[] = [
  {
    upstream: 'refuses a request of 8 MB before it has read it',
    answers: good,
    options: { early: () => refused },
    ask: { system: 'x'.repeat(8 * 1024 * 1024) },
    stream: refusal,
    json: refusal,
    second: SAME,
  },
  {
    upstream: 'answers a request of 8 MB before it has read it',
    answers: good,
    options: { early: () => sse(messageEvents({ text: ANSWER })) },
    ask: { system: 'x'.repeat(8 * 1024 * 1024) },
    stream: whole,
    folded: whole,
    second: WHOLE,
  },
]
