import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { describe, expect, it } from 'vitest'
import { ask } from '../../test/support/client.js'
import { json, respond, type Script, sse, streamed } from '../../test/support/script.js'
import { gatewayTo, mounted, SAID, scripted } from '../../test/support/scripted-provider.js'
import { stand } from '../../test/support/stand.js'
import { aiSdk } from './index.js'
import type { StreamPart } from './language-model.js'

describe('errors', () => {
  const apiError = (statusCode: number, message: string, more: object = {}) =>
    Object.assign(new Error(message), {
      name: 'AI_APICallError',
      statusCode,
      isRetryable: true,
      requestBodyValues: { messages: 'SECRET PROMPT' },
      ...more,
    })
  const failing = async (error: Error, options: object = {}) =>
    mounted({ provider: scripted(() => error).factory, ...options }, [
      { id: 'a', upstream: 'some', apiKey: 'sk-very-secret' },
    ])

  it('of a provider keep status, words and what the client may act on, and lose the key', async () => {
    const up = await failing(
      apiError(429, 'key sk-very-secret is out of luck', {
        responseHeaders: { 'retry-after': '9', 'x-ratelimit-reset': '1', 'set-cookie': 'x', server: 'y' },
      }),
    )
    const reply = await up.send({})
    expect(reply.status).toBe(429)
    expect(reply.headers).toEqual({
      'content-type': 'application/json',
      'retry-after': '9',
      'x-ratelimit-reset': '1',
    })
    expect(await reply.json()).toEqual({
      type: 'error',
      error: { type: 'rate_limit_error', message: 'key [key] is out of luck' },
      request_id: expect.stringMatching(/^req_/),
    })
  })

  it.each([
    ['Please try again in 20s.', '20'],
    ['Please retry in 34.07s.', '35'],
    ['Rate limit reached, try again in 250ms', '1'],
    ['Please try again later.', undefined],
  ])('say in a header what they say in words: %s', async (words, seconds) => {
    expect((await (await failing(apiError(429, words))).send({})).header('retry-after')).toBe(seconds)
  })

  it('keep a code of the provider’s own, for the plugin that knows it', async () => {
    const { send } = await stand(
      () => json({ error: { code: '1305', message: 'The traffic is high' } }, 429),
      {
        config: (url) => gatewayTo(createOpenAICompatible, url),
        allowErrors: true,
      },
    )
    expect((await send({ body: ask() })).status).toBe(529)
  })

  it('lose nothing of what Gemini signs behind an OpenAI-compatible endpoint', async () => {
    const call = { index: 0, id: 'c1', type: 'function', function: { name: 'Bash', arguments: '{}' } }
    const signed = { ...call, extra_content: { google: { thought_signature: 'c2lnbmVk' } } }
    const chunk = (delta: object, finish_reason: string | null) =>
      `data: ${JSON.stringify({ id: 'c', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason }] })}\n\n`
    const { send, up } = await stand(
      () => sse([chunk({ tool_calls: [signed] }, null), chunk({}, 'tool_calls')], { eventLines: false }),
      { config: (url) => gatewayTo(createOpenAICompatible, url) },
    )
    const tools = [{ name: 'Bash', input_schema: { type: 'object' } }]
    const { content } = (await send({ body: ask({ tools }) })).json()
    const results = [{ type: 'tool_result', tool_use_id: 'c1', content: 'done' }]
    const messages = [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content },
      { role: 'user', content: results },
    ]
    await send({ body: ask({ tools, messages }) })
    expect(up.requests[1]!.json().messages).toMatchObject([
      {},
      { tool_calls: [{ extra_content: { google: { thought_signature: 'c2lnbmVk' } } }] },
      {},
    ])
  })

  it('of an empty account rest it for billing', async () => {
    const up = await failing(
      apiError(429, 'You exceeded your quota', { responseBody: '{"error":{"code":"insufficient_quota"}}' }),
    )
    expect((await up.send({})).cooldown).toEqual({ reason: 'billing' })
  })

  it('about a prompt that is too long get numbers, from the window where it is known', async () => {
    const up = await failing(apiError(400, 'Input is too long for requested model.'), {
      contextWindows: { '*': 9000 },
    })
    const { error } = await (await up.send({})).json<{ error: { message: string } }>()
    expect(error.message).toBe('prompt is too long: 9001 tokens > 9000 maximum')
  })

  it.each([
    [
      Object.assign(new Error("'PDF' functionality not supported."), {
        name: 'AI_UnsupportedFunctionalityError',
      }),
      {
        status: 400,
        headers: { 'x-should-retry': 'false' },
        message: expect.stringMatching(/^the upstream 'some' can't take this request: 'PDF'/),
      },
    ],
    [
      Object.assign(new Error('API key is missing.'), { name: 'AI_LoadAPIKeyError' }),
      { status: 401, message: "the upstream 'some' is not set up: API key is missing." },
    ],
    [apiError(200, 'Failed to process successful response'), { failure: 'reset' }],
    [
      new TypeError('x is undefined'),
      { failure: 'protocol', message: expect.stringMatching(/failed \(TypeError\)$/) },
    ],
  ])('of a package: %s', async (error, expected) => {
    const thrown = await (await failing(error)).send({}).catch((e) => e)
    expect(thrown).toMatchObject(expected)
    // A package's error holds the request that it was about.
    expect(JSON.stringify([thrown, thrown.cause])).not.toContain('SECRET PROMPT')
    expect(thrown.cause).toBeUndefined()
  })

  it('inside a stream fail an answer that is folded', async () => {
    const error: StreamPart = { type: 'error', error: { message: 'busy', code: 529 } }
    const up = await mounted({ provider: scripted(() => [SAID[0]!, error]).factory })
    const reply = await up.send({})
    expect(reply.status).toBe(529)
    expect(await reply.json()).toMatchObject({ error: { message: 'busy' } })
  })
})

describe('an error that quotes a secret', () => {
  const KEY = 'sk-of/the+account~0123456789'
  const TOKEN = 'tunnel-password-0123456789'
  const spelt = [
    KEY,
    encodeURIComponent(KEY).toLowerCase(),
    KEY.replace(/\W/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`),
  ]
  const config = (url: string) => {
    const { accounts, use, ...rest } = gatewayTo(createOpenAICompatible, url)
    void use
    const settings = { headers: { Authorization: `Bearer ${TOKEN}` } }
    const some = aiSdk({
      name: 'some',
      provider: createOpenAICompatible,
      baseURL: `${url}/v1`,
      settings,
      models: { '*': 'm' },
    })
    return { ...rest, accounts: [{ ...accounts![0]!, apiKey: KEY }], use: [some] }
  }
  const words = (secret: string) => `${'x'.repeat(590)} ${secret} ${TOKEN}`
  const chunk = (delta: object) =>
    `data: ${JSON.stringify({ id: 'c', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: null }] })}\n\n`

  it.each<[string, (text: string) => Script]>([
    [
      'by status',
      (text) =>
        respond(401, `{"error":{"message":"${text}"}}`, { headers: { 'content-type': 'application/json' } }),
    ],
    ['in plain words', (text) => respond(500, text)],
    [
      'under 200',
      (text) =>
        respond(200, `{"error":{"message":"${text}"}}`, { headers: { 'content-type': 'application/json' } }),
    ],
    ['as the first event', (text) => streamed([Buffer.from(`data: {"error":{"message":"${text}"}}\n\n`)])],
    [
      'in the middle',
      (text) =>
        streamed([
          Buffer.from(chunk({ content: 'half' })),
          Buffer.from(`data: {"error":{"message":"${text}"}}\n\n`),
        ]),
    ],
    [
      'in headers',
      (text) => respond(429, '{}', { headers: { 'request-id': text, 'x-ratelimit-reset': text } }),
    ],
  ])('has none of it, nor a part of it: %s', async (_, script) => {
    for (const secret of spelt) {
      const { send, gateway } = await stand(() => script(words(secret)), { config, allowErrors: true })
      for (const stream of [true, false]) {
        const seen = await send({ body: ask({ stream }) })
        const told = [seen.text(), JSON.stringify(seen.headers), JSON.stringify(gateway.logs)].join('\n')
        for (const part of [secret, KEY, TOKEN, secret.slice(0, 6), TOKEN.slice(0, 8)])
          expect(told).not.toContain(part)
      }
    }
  })
})
