import Anthropic from '@anthropic-ai/sdk'
import Anthropic0 from 'anthropic-sdk-0'
import { describe, expect, it } from 'vitest'
import { anthropicUpstream, failure } from '../support/anthropic-upstream.js'
import { messageEvents } from '../support/messages.js'
import { reset, sse } from '../support/script.js'
import { stand } from '../support/stand.js'

// Both lines of the SDK are in use: 1.x speaks version 2026-10-21 with a Bearer key, 0.x 2023-06-01 with x-api-key.
const SDKS = [
  { name: '@anthropic-ai/sdk 1.x', SDK: Anthropic as unknown as typeof Anthropic0, version: '2026-10-21' },
  { name: '@anthropic-ai/sdk 0.x', SDK: Anthropic0, version: '2023-06-01' },
]

const ASK = {
  model: 'claude-sonnet-5',
  max_tokens: 100,
  messages: [{ role: 'user' as const, content: 'hi' }],
}
const TOOLS = [
  { name: 'weather', input_schema: { type: 'object' as const, properties: { city: { type: 'string' } } } },
]

describe.each(SDKS)('$name', ({ SDK, version }) => {
  const connect = (baseURL: string) => new SDK({ baseURL, apiKey: 'sk-client' })

  it('gets a message', async () => {
    const { url, up } = await stand(anthropicUpstream({ text: 'Dobrý den' }))
    const message = await connect(url).messages.create(ASK)
    expect(message.content).toEqual([{ type: 'text', text: 'Dobrý den' }])
    expect(message.stop_reason).toBe('end_turn')
    expect(message.usage).toMatchObject({ input_tokens: 12, output_tokens: 7 })
    expect(up.requests).toHaveLength(1)
    expect(up.requests[0]!.header('anthropic-version')).toBe(version)
  })

  it('gets a stream, event by event', async () => {
    const init = { thinking: { text: 'well, well', signature: 'c2ln' }, text: 'streamed' }
    const { url } = await stand(anthropicUpstream(init))
    const stream = connect(url).messages.stream(ASK)
    const types: string[] = []
    stream.on('streamEvent', (event) => types.push(event.type))
    const message = await stream.finalMessage()
    expect(message.content).toMatchObject([
      { type: 'thinking', thinking: 'well, well', signature: 'c2ln' },
      { type: 'text', text: 'streamed' },
    ])
    const sent = messageEvents(init).map((event) => event.type)
    expect(types).toEqual(sent.filter((type) => type !== 'ping'))
  })

  it('runs a tool turn', async () => {
    const { url, up } = await stand(
      anthropicUpstream({ toolUse: { id: 'toolu_9', name: 'weather', input: { city: 'Brno' } } }),
    )
    const client = connect(url)
    const first = await client.messages.stream({ ...ASK, tools: TOOLS }).finalMessage()
    expect(first.stop_reason).toBe('tool_use')
    expect(first.content).toMatchObject([{ type: 'tool_use', name: 'weather', input: { city: 'Brno' } }])
    up.use(anthropicUpstream({ text: 'It rains.' }))
    const result = { type: 'tool_result' as const, tool_use_id: 'toolu_9', content: 'rain' }
    const second = await client.messages.create({
      ...ASK,
      tools: TOOLS,
      messages: [
        ...ASK.messages,
        { role: 'assistant', content: first.content },
        { role: 'user', content: [result] },
      ],
    })
    expect(second.content).toEqual([{ type: 'text', text: 'It rains.' }])
    expect(up.requests[1]!.json()).toMatchObject({ messages: [{}, {}, { content: [result] }] })
  })

  it('makes one request where a retry cannot help: 401', async () => {
    const { url, gateway } = await stand(anthropicUpstream(), {
      config: (upstream) => ({
        preset: 'claude-code',
        accounts: [{ id: 'one', upstream: 'anthropic', apiKey: 'sk-upstream-1' }],
        plugins: { anthropic: { baseURL: upstream }, auth: { mode: 'strict', keys: ['sk-other'] } },
      }),
    })
    await expect(connect(url).messages.create(ASK)).rejects.toMatchObject({
      status: 401,
      error: { type: 'error', error: { type: 'authentication_error' } },
    })
    expect(gateway.requests('messages')).toHaveLength(1)
  })

  it('gets the upstream error with its own status and words: 429', async () => {
    const { url, up } = await stand(
      anthropicUpstream(() => failure(429, 'rate_limit_error', 'slow down, please', { 'retry-after': '30' })),
    )
    const client = new SDK({ baseURL: url, apiKey: 'sk-client', maxRetries: 0 })
    const error = await client.messages.create(ASK).catch((e) => e)
    expect(error).toBeInstanceOf(SDK.RateLimitError)
    expect(error.error).toMatchObject({ error: { type: 'rate_limit_error', message: 'slow down, please' } })
    expect(Number(error.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(up.requests).toHaveLength(1)
  })

  it('is told the truth about a stream that broke', async () => {
    const { url } = await stand(
      anthropicUpstream(() => sse(messageEvents({ text: 'half of' }).slice(0, 4), { ending: reset() })),
      { allowErrors: true },
    )
    const client = new SDK({ baseURL: url, apiKey: 'sk-client', maxRetries: 0 })
    await expect(client.messages.stream(ASK).finalMessage()).rejects.toThrow()
  })

  it('counts tokens', async () => {
    const { url } = await stand(anthropicUpstream())
    const { messages, model } = ASK
    expect(await connect(url).messages.countTokens({ messages, model })).toMatchObject({ input_tokens: 42 })
  })

  it('lists models and finds one', async () => {
    const { url } = await stand(anthropicUpstream())
    const ids: string[] = []
    for await (const model of connect(url).models.list()) ids.push(model.id)
    expect(ids).toEqual(expect.arrayContaining(['claude-opus-5-5', 'claude-sonnet-5']))
    expect((await connect(url).models.retrieve('claude-sonnet-5')).id).toBe('claude-sonnet-5')
  })

  it('reaches no other path of the API with the shared key', async () => {
    const { url, up } = await stand(anthropicUpstream())
    const client = connect(url)
    await expect(client.messages.batches.list()).rejects.toMatchObject({ status: 404 })
    await expect(client.get('/v1/organizations/me')).rejects.toMatchObject({ status: 404 })
    expect(up.requests).toHaveLength(0)
  })
})
