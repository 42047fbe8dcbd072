import { beforeAll, describe, expect, it } from 'vitest'
import { aiSdk } from '../../plugins/index.js'
import { startTestGateway } from '../../testing.js'
import { startUpstream } from '../support/bad-upstream.js'
import { ask, send } from '../support/client.js'
import { type Script, stall, streamed } from '../support/script.js'
import { inPieces } from '../support/sse-bytes.js'
import { PROVIDERS, type TestedProvider } from './providers.js'
import { converseException } from './wires/converse.js'

const data = (body: unknown) => `data: ${JSON.stringify(body)}\n\n`
const google = { code: 503, message: 'The model is overloaded', status: 'UNAVAILABLE' }
const ofOpenAI = { code: 'rate_limit_exceeded', message: 'slow down' }

/** How providers and what is before them put an error into a stream that they have begun under status 200. */
const SHAPES: readonly (readonly [string, string, number, string])[] = [
  ['a body as under its own status', data({ error: google }), 503, google.message],
  [
    'a quota',
    data({ error: { code: 429, message: 'no more today', status: 'RESOURCE_EXHAUSTED' } }),
    429,
    'no more today',
  ],
  ['a name alone', data({ error: { message: 'wait', type: 'overloaded_error' } }), 529, 'wait'],
  [
    'an `event: error`',
    `event: error\n${data({ error: { code: 429, message: 'slow down' } })}`,
    429,
    'slow down',
  ],
  ['a typed event', `event: error\n${data({ type: 'error', ...ofOpenAI, param: null })}`, 429, 'slow down'],
  [
    'a failed response',
    `event: response.failed\n${data({ type: 'response.failed', response: { status: 'failed', error: ofOpenAI } })}`,
    429,
    'slow down',
  ],
  [
    'an error beside the last chunk',
    data({
      id: 'c',
      choices: [{ index: 0, delta: {}, finish_reason: 'error' }],
      error: { code: 502, message: 'cut' },
    }),
    502,
    'cut',
  ],
  ['a body without an envelope', data({ code: 503, message: 'no capacity' }), 503, 'no capacity'],
  ['a list', data([{ error: google }]), 503, google.message],
  ['words', 'event: error\ndata: it broke\n\n', 500, 'it broke'],
  ['a field of its own', `error: ${JSON.stringify(google)}\n\n`, 503, google.message],
]

/** Accounts, so that a request finds one that does not rest. */
const ACCOUNTS = 60

async function started(provider: TestedProvider) {
  const { name, options, path, model } = provider
  const up = await startUpstream(() => [])
  const gateway = await startTestGateway(
    {
      preset: 'claude-code',
      accounts: Array.from({ length: ACCOUNTS }, (_, i) => ({
        id: `a${i}`,
        upstream: name,
        apiKey: `sk-of-account-${i}`,
      })),
      plugins: { 'retry-rotate': { maxAttempts: 1 } },
      use: [aiSdk({ ...options, name, baseURL: up.url + path, models: { 'claude-*': model } })],
    },
    { allowErrors: true },
  )
  const asked = (script: Script, stream: boolean) => {
    up.use(() => script)
    return send(gateway.url, { body: ask({ stream }) })
  }
  const close = async () => {
    await gateway.close()
    await up.close()
  }
  return { asked, close }
}

// Bedrock has a protocol of its own, and its package reads the errors in it.
describe.each(PROVIDERS.filter(({ contentType }) => !contentType))('$title', (provider) => {
  let running: Awaited<ReturnType<typeof started>>
  beforeAll(async () => {
    running = await started(provider)
    return () => running.close()
  })
  const half = provider.frames({ text: 'half of it', cut: true })

  describe.each(SHAPES)('that sends %s in its stream', (_, event, status, words) => {
    it('answers with its status and words while nothing is out', async () => {
      for (const stream of [true, false]) {
        const seen = await running.asked(streamed([Buffer.from(event)]), stream)
        expect([seen.status, seen.text()]).toEqual([status, expect.stringContaining(words)])
        expect(seen.json()).toMatchObject({ type: 'error', request_id: seen.headers['request-id'] })
      }
      const seen = await running.asked(streamed([...half, Buffer.from(event)]), false)
      expect([seen.status, seen.text()]).toEqual([status, expect.stringContaining(words)])
      expect(seen.json()).toMatchObject({ type: 'error', request_id: seen.headers['request-id'] })
    })

    it('tells it in an error event afterwards, at once and wherever the bytes are cut', async () => {
      const bytes = inPieces([...half, Buffer.from(event)], 7)
      for (const script of [
        streamed([...half, Buffer.from(event)], { ending: stall() }),
        streamed(bytes, { every: 0 }),
      ]) {
        const seen = await running.asked(script, true)
        expect([seen.status, seen.end]).toEqual([200, 'clean'])
        expect(seen.text()).toContain('half')
        expect(seen.text()).not.toContain('message_stop')
        const [, told] = /event: error\ndata: (.*)\n\n$/.exec(seen.text()) ?? []
        expect(JSON.parse(told ?? '{}')).toMatchObject({
          type: 'error',
          error: { message: words },
          request_id: expect.stringMatching(/^req_/),
        })
      }
    })
  })
})
describe('Bedrock (Converse)', () => {
  const provider = PROVIDERS.find(({ name }) => name === 'bedrock-converse')!
  const headers = { 'content-type': provider.contentType! }
  it.each([
    ['throttlingException', { message: 'Too many requests, please wait before trying again.' }, 429],
    ['modelStreamErrorException', { message: 'the model broke', originalStatusCode: 424 }, 424],
  ])('tells an exception in its stream: %s', async (type, body, status) => {
    const { asked, close } = await started(provider)
    const exception = converseException(type, body)
    for (const stream of [true, false]) {
      const seen = await asked(streamed([exception], { headers }), stream)
      expect([seen.status, seen.text()]).toEqual([status, expect.stringContaining(body.message)])
    }
    const half = provider.frames({ text: 'half of it', cut: true })
    const seen = await asked(streamed([...half, exception], { headers }), true)
    expect(seen.text()).toMatch(/half[\s\S]*event: error\n.*\n\n$/)
    expect(seen.text()).toContain(body.message)
    await close()
  })
})
