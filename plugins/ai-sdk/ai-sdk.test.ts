import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Account } from '../../core/index.js'
import { closedAfter } from '../../test/providers/trial.js'
import { chatStream } from '../../test/providers/wires/chat.js'
import { ask } from '../../test/support/client.js'
import { head, json, reset, respond, type Script, sse, stall, streamed } from '../../test/support/script.js'
import { stand } from '../../test/support/stand.js'
import { type Mounted, mount, startTestGateway, type TestConfig } from '../../testing.js'

import { aiSdk } from './index.js'
import type { CallOptions, StreamPart } from './language-model.js'

const USAGE = {
  inputTokens: { total: 3, noCache: 3, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 2, text: 2, reasoning: 0 },
}
const SAID: StreamPart[] = [
  { type: 'text-delta', id: 't', delta: 'hi there' },
  { type: 'finish', finishReason: { unified: 'stop', raw: 'stop' }, usage: USAGE },
]

function streamOf(parts: readonly StreamPart[]): ReadableStream<StreamPart> {
  return new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(part)
      controller.close()
    },
  })
}

/** A provider package's factory, and what it was called with. */
function scripted(
  answer: (options: CallOptions) => readonly StreamPart[] | Error = () => SAID,
  version = 'v3',
) {
  const settings: Record<string, unknown>[] = []
  const models: string[] = []
  const factory = (given: Record<string, unknown>) => {
    settings.push(given)
    const languageModel = (modelId: string) => {
      models.push(modelId)
      return {
        specificationVersion: version,
        provider: 'scripted.chat',
        modelId,
        async doStream(options: CallOptions) {
          const said = answer(options)
          if (said instanceof Error) throw said
          return { stream: streamOf(said) }
        },
      }
    }
    return { languageModel, chat: languageModel }
  }
  return { factory, settings, models }
}

async function mounted(
  options: Omit<Parameters<typeof aiSdk>[0], 'name'>,
  accounts?: Account[],
): Promise<Mounted> {
  const up = await mount(aiSdk({ name: 'some', ...options }), { accounts })
  onTestFinished(() => up.dispose())
  return up
}

describe('the provider', () => {
  it('is made once for each account, with its key and base URL and our fetch', async () => {
    const { factory, settings } = scripted()
    const account = { id: 'a', upstream: 'some', apiKey: 'key-1', baseURL: 'https://own.example/v1' }
    const up = await mounted({ provider: factory, baseURL: 'https://x.example', settings: { region: 'r' } }, [
      account,
    ])
    await (await up.send({})).text()
    await (await up.send({ stream: true })).text()
    expect(settings).toEqual([
      {
        includeUsage: true,
        region: 'r',
        fetch: expect.any(Function),
        baseURL: 'https://own.example/v1',
        apiKey: 'key-1',
      },
    ])
  })

  it('is made anew when a key that is refreshed has changed', async () => {
    const { factory, settings } = scripted()
    const keys = ['one', 'one', 'two']
    const account = { id: 'a', upstream: 'some', apiKey: async () => keys.shift()! }
    const up = await mounted({ provider: factory }, [account])
    for (let i = 0; i < 3; i++) await (await up.send({})).text()
    expect(settings.map(({ apiKey }) => apiKey)).toEqual(['one', 'two'])
  })

  it('may be made already, as an object or as a function', async () => {
    for (const made of [scripted().factory({}), Object.assign(() => {}, scripted().factory({}))]) {
      const up = await mounted({ provider: made })
      expect(up.upstreams.get('some')!.needsKey).toBe(false)
      expect((await (await up.send({})).json<{ content: object[] }>()).content).toEqual([
        { type: 'text', text: 'hi there' },
      ])
    }
  })

  it('makes the model that the map or the account names, by the method that `api` names', async () => {
    const { factory, models } = scripted()
    const up = await mounted({
      provider: factory,
      api: 'chat',
      models: { 'claude-*': 'big', small: 'small-1' },
    })
    const reply = await up.send({ model: 'claude-opus' })
    expect(reply.header('x-mapped-model')).toBe('big')
    await up.send({ model: 'big' })
    await up.send({ model: 'small' })
    await up.send({ model: 'else' })
    expect(models).toEqual(['big', 'big', 'small-1', 'else'])
    expect(up.upstreams.get('some')!.models!()).toEqual([{ id: 'small' }, { id: 'big' }, { id: 'small-1' }])
  })

  it('is called what the upstream is called where it wants to be told', async () => {
    const { send, up } = await stand(() => chatStream({ text: 'x' }), {
      config: (url) => ({
        ...gatewayTo(createOpenAICompatible, url),
      }),
    })
    const body = ask({
      tools: [{ name: 'T', input_schema: {} }],
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
    })
    expect((await send({ body })).status).toBe(200)
    expect(up.requests[0]!.json()).toMatchObject({
      parallel_tool_calls: false,
      stream_options: { include_usage: true },
    })
  })

  it.each([
    [
      'v2',
      { specificationVersion: 'v2', doStream: () => {} },
      /a model of specification v2; agproxy takes v3 and v4/,
    ],
    ['no model', {}, /no language model/],
  ])('is refused with a sentence when it makes %s', async (_, model, words) => {
    const up = await mounted({ provider: { languageModel: () => model } })
    await expect(up.send({})).rejects.toMatchObject({ cause: { message: expect.stringMatching(words) } })
  })

  it('is refused with a sentence when it has no such method', async () => {
    const up = await mounted({ provider: scripted().factory({}), api: 'responses' })
    await expect(up.send({})).rejects.toMatchObject({
      cause: { message: "the provider of 'some' has no 'responses'; it has languageModel, chat" },
    })
  })

  it('is loaded by its package’s name, and a missing package is told with the line that installs it', async () => {
    const known = await mounted({ provider: '@ai-sdk/openai-compatible', baseURL: 'http://127.0.0.1:9/v1' })
    await expect(known.send({})).rejects.toMatchObject({ failure: 'connect' })
    await expect(mounted({ provider: '@ai-sdk/of-no-one' })).rejects.toThrow(
      'the package @ai-sdk/of-no-one is not installed: npm install @ai-sdk/of-no-one',
    )
    const wrong = await mounted({ provider: '@ai-sdk/google#createNothing' })
    await expect(wrong.send({})).rejects.toMatchObject({
      cause: { message: 'the package @ai-sdk/google exports no createNothing' },
    })
  })
})

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
    await expect(up.send({})).rejects.toMatchObject({ failure: 'error-event', status: 529, message: 'busy' })
  })
})

function gatewayTo(provider: object, url: string, accounts = 1): TestConfig {
  return {
    preset: 'claude-code',
    accounts: Array.from({ length: accounts }, (_, i) => ({
      id: `a${i}`,
      upstream: 'some',
      apiKey: `sk-of-account-${i}`,
    })),
    use: [aiSdk({ name: 'some', provider, baseURL: `${url}/v1`, models: { 'claude-*': 'm' } })],
  }
}

describe('over the wire', () => {
  const to = (script: Script, then = script, accounts = 1) =>
    stand((_, n) => (n === 0 ? script : then), {
      config: (url) => gatewayTo(createOpenAICompatible, url, accounts),
      allowErrors: true,
    })
  const chunk = (fields: object) =>
    `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', ...fields })}\n\n`

  it.each([
    ['an error in the place of a stream', json({ error: { message: 'no', type: 'overloaded_error' } })],
    [
      'an error as the first event',
      sse([chunk({ error: { message: 'no', code: 503 } })], { eventLines: false }),
    ],
    ['a web page', respond(200, '<html>log in</html>', { headers: { 'content-type': 'text/html' } })],
    ['nothing', sse([])],
    ['a reset', [head(200, { 'content-type': 'text/event-stream' }), reset()] as Script],
    ['an error by status', json({ error: { message: 'no' } }, 500)],
  ])('%s is a failed attempt, and the next account answers', async (_, script) => {
    const { send, up } = await to(script, chatStream({ text: 'from the second' }), 2)
    const seen = await send({ body: ask({ stream: true }) })
    expect(seen.status).toBe(200)
    expect(seen.text()).toContain('message_stop')
    expect(up.requests.map((request) => request.header('authorization'))).toEqual([
      'Bearer sk-of-account-0',
      'Bearer sk-of-account-1',
    ])
  })

  it.each([
    [json({ error: { message: 'go away', type: 'overloaded_error' } }), 529, 'go away'],
    [
      respond(200, ' <html>log in</html>', { headers: { 'content-type': 'text/html' } }),
      502,
      'answered with a web page instead of an event stream',
    ],
    [sse([]), 502, 'the provider ended its stream in the middle of the answer'],
  ])('says what came in the place of a stream (%#)', async (script, status, words) => {
    const { send } = await to(script)
    const seen = await send({ body: ask() })
    expect([seen.status, seen.text()]).toEqual([status, expect.stringContaining(words)])
  })

  it('a redirect is never followed with a key', async () => {
    const { send, up } = await to(respond(302, '', { headers: { location: 'https://elsewhere.example' } }))
    const seen = await send({ body: ask() })
    expect(seen.status).toBe(502)
    expect(seen.text()).toContain('answered with a redirect')
    expect(up.requests).toHaveLength(1)
  })

  it('a connection that is cut in the middle is broken for the client too', async () => {
    const { send, up } = await to(chatStream({ text: 'half of it', cut: true, ending: reset() }))
    const seen = await send({ body: ask({ stream: true }) })
    expect(seen.text()).toContain('half')
    expect(seen.text()).not.toContain('message_stop')
    expect(seen.end).toBe('broken')
    expect(up.requests).toHaveLength(1)
  })

  it('a client that goes while the provider still thinks takes the connection along', async () => {
    expect(await closedAfter(await to(stall()), 0)).toBeLessThan(50)
  })

  it('logs neither the prompt nor the key', async () => {
    const { send, gateway } = await to(json({ error: { message: 'bad sk-of-account-0' } }, 400))
    await send({ body: ask({ messages: [{ role: 'user', content: 'THE PROMPT' }] }) })
    const logs = JSON.stringify(
      gateway.logs.map(({ fields, message }) => [fields, String(fields.err ?? ''), message]),
    )
    expect(logs).not.toContain('THE PROMPT')
    expect(logs).not.toContain('sk-of-account-0')
  })

  it('a slow client stops the provider’s stream from being read', async () => {
    let pulled = 0
    const content = 'x'.repeat(4000)
    function* endless() {
      for (; pulled < 50_000; pulled++)
        yield Buffer.from(chunk({ choices: [{ index: 0, delta: { content } }] }))
    }
    const { url, up } = await to(streamed(endless()))
    const response = await fetch(`${url}/v1/messages`, {
      method: 'POST',
      body: JSON.stringify(ask({ stream: true })),
    })
    const reader = response.body!.getReader()
    await reader.read()
    await expect
      .poll(async () => {
        const before = pulled
        await new Promise((done) => setTimeout(done, 200))
        return pulled - before
      })
      .toBe(0)
    expect(pulled).toBeLessThan(20_000)
    await reader.cancel()
    await expect.poll(() => up.openSockets).toBe(0)
  })
})

it('counts no tokens, lists its models and is probed like any upstream', async () => {
  const { factory } = scripted()
  const gateway = await startTestGateway({
    preset: 'claude-code',
    accounts: [{ id: 'a', upstream: 'some', apiKey: 'k' }],
    use: [aiSdk({ name: 'some', provider: factory, models: { 'claude-x': 'm-1' } })],
  })
  onTestFinished(() => gateway.close())
  const get = async (path: string, init?: RequestInit) => (await fetch(gateway.url + path, init)).json()
  expect(await get('/v1/messages/count_tokens', { method: 'POST', body: JSON.stringify(ask()) })).toEqual({
    input_tokens: expect.any(Number),
  })
  const { data } = (await get('/v1/models')) as { data: { id: string }[] }
  expect(data.map(({ id }) => id)).toEqual(expect.arrayContaining(['claude-x', 'm-1']))
  const upstream = gateway.running.gateway.running.upstreams.get('some')!
  await expect(
    upstream.probe!({ id: 'a', upstream: 'some', apiKey: 'k' }, new AbortController().signal),
  ).resolves.toBeUndefined()
})
