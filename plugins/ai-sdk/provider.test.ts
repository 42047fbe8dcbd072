import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { chatStream } from '../../test/providers/wires/chat.js'
import { ask } from '../../test/support/client.js'
import { gatewayTo, mounted, scripted } from '../../test/support/scripted-provider.js'
import { stand } from '../../test/support/stand.js'
import { startTestGateway } from '../../testing.js'
import { aiSdk } from './index.js'

describe('the provider', () => {
  /** The error of a request to an upstream that can't serve before its operator does something. */
  const setUp = (words: string) => ({
    code: 'AGP_UPSTREAM_SETUP',
    headers: { 'x-should-retry': 'false' },
    message: typeof words === 'string' ? `the upstream 'some' is not set up: ${words}` : words,
  })

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
    expect(settings.map(({ apiKey }) => apiKey)).toEqual(['not asked for', 'one', 'two'])
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
      'its provider made a model of specification v2; agproxy takes v3 and v4 (packages of AI SDK 6 and 7): install a newer version of the package',
    ],
    ['no model', {}, expect.stringContaining('its provider made no language model')],
  ])('is refused with a sentence when it makes %s', async (_, model, words) => {
    const up = await mounted({ provider: { languageModel: () => model } })
    await expect(up.send({})).rejects.toMatchObject(setUp(words))
  })

  it('is refused with a sentence when it has no such method', async () => {
    const up = await mounted({ provider: scripted().factory({}), api: 'responses' })
    const words = "its provider has no 'responses'; it has languageModel, chat"
    await expect(up.send({})).rejects.toMatchObject(setUp(words))
  })

  it('is loaded by its package’s name, and a missing package is told with the line that installs it', async () => {
    const known = await mounted({ provider: '@ai-sdk/openai-compatible', baseURL: 'http://127.0.0.1:9/v1' })
    await expect(known.send({})).rejects.toMatchObject({ failure: 'connect' })
    await expect(mounted({ provider: '@ai-sdk/of-no-one' })).rejects.toThrow(
      'the package @ai-sdk/of-no-one is not installed: npm install @ai-sdk/of-no-one',
    )
    const wrong = await mounted({ provider: '@ai-sdk/google#createNothing' })
    const words = 'the package @ai-sdk/google exports no createNothing; it exports createGoogleGenerativeAI'
    await expect(wrong.send({})).rejects.toMatchObject(setUp(words))
  })

  it.each<[string, Parameters<typeof mounted>[0], string]>([
    [
      'a missing package',
      { provider: '@ai-sdk/of-no-one' },
      'the package @ai-sdk/of-no-one is not installed: npm install @ai-sdk/of-no-one',
    ],
    ['a wrong export', { provider: '@ai-sdk/google#createNothing' }, 'exports no createNothing'],
    ['a package that is no provider’s', { provider: 'zod' }, 'the package zod exports no create… function'],
    ['a factory of something else', { provider: () => ({}) }, 'what its factory made is no provider'],
    ['an older package', { provider: scripted(undefined, 'v2').factory }, 'a model of specification v2'],
    ['a method that it has not', { provider: scripted().factory, api: 'responses' }, "has no 'responses'"],
    [
      'a factory that throws',
      {
        provider: () => {
          throw new Error('region is missing\n  at x')
        },
      },
      'its provider made no model: region is missing',
    ],
  ])('is looked at before the first request: %s', async (_, options, words) => {
    const account = { id: 'a', upstream: 'some', apiKey: 'k' }
    await expect(mounted(options, [account])).rejects.toThrow(words)
  })

  it('is looked at without a call, and without asking for a key', async () => {
    const { factory, settings, models } = scripted()
    const apiKey = vi.fn(() => 'asked')
    await mounted({ provider: factory, models: { 'claude-*': 'm-1' } }, [
      { id: 'a', upstream: 'some', apiKey },
    ])
    expect(apiKey).not.toHaveBeenCalled()
    expect([settings.length, models]).toEqual([1, ['m-1']])
  })
})

it('counts no tokens and lists its models like any upstream', async () => {
  const gateway = await startTestGateway({
    preset: 'claude-code',
    accounts: [{ id: 'a', upstream: 'some', apiKey: 'k' }],
    use: [aiSdk({ name: 'some', provider: scripted().factory, models: { 'claude-x': 'm-1' } })],
  })
  onTestFinished(() => gateway.close())
  const get = async (path: string, init?: RequestInit) => (await fetch(gateway.url + path, init)).json()
  expect(await get('/v1/messages/count_tokens', { method: 'POST', body: JSON.stringify(ask()) })).toEqual({
    input_tokens: expect.any(Number),
  })
  const { data } = (await get('/v1/models')) as { data: { id: string }[] }
  expect(data.map(({ id }) => id)).toEqual(expect.arrayContaining(['claude-x', 'm-1']))
})
