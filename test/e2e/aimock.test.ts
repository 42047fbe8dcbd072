import { createAnthropic } from '@ai-sdk/anthropic'
import Anthropic from '@anthropic-ai/sdk'
import { LLMock } from '@copilotkit/aimock'
import { expect, it, onTestFinished } from 'vitest'
import { startTestGateway } from '../harness/gateway.js'
import { direct, zaiPair } from '../support/stand.js'

// An upstream that nobody here wrote: what it takes for an Anthropic request and how it streams is its own opinion.
async function mocked(config: typeof direct) {
  const mock = new LLMock({ port: 0, chunkSize: 4 })
  mock.onMessage('weather', { toolCalls: [{ name: 'weather', arguments: { city: 'Brno' } }] })
  mock.onMessage('think', { content: 'thought', reasoning: 'deep', reasoningSignature: 'c2lnbmVk' })
  mock.onMessage('hello', { content: 'Hello from the mock.' })
  mock.onMessage('limit', {
    error: { message: 'too fast', type: 'rate_limit_error' },
    status: 429,
    retryAfter: 30,
  })
  await mock.start()
  onTestFinished(() => mock.stop())
  const gateway = await startTestGateway(config(mock.url))
  onTestFinished(() => gateway.close())
  return {
    mock,
    url: gateway.url,
    client: new Anthropic({ baseURL: gateway.url, apiKey: 'sk', maxRetries: 0 }),
  }
}

const tools = [{ name: 'weather', input_schema: { type: 'object' as const, properties: {} } }]
const ask = (content: string) => ({
  model: 'claude-sonnet-5',
  max_tokens: 2000,
  messages: [{ role: 'user' as const, content }],
})

const CONFIGS = [
  { name: 'anthropic', config: direct },
  { name: 'zai', config: zaiPair },
]

it.each(CONFIGS)('answers through $name, as JSON and as a stream', async ({ config }) => {
  const { client } = await mocked(config)
  const whole = await client.messages.create(ask('hello'))
  const streamed = await client.messages.stream(ask('hello')).finalMessage()
  expect(whole.content).toMatchObject([{ type: 'text', text: 'Hello from the mock.' }])
  expect(streamed.content).toEqual(whole.content)
})

it.each(CONFIGS)('brings tool calls and signed thinking through $name', async ({ config }) => {
  const { client } = await mocked(config)
  const thinking = { type: 'enabled' as const, budget_tokens: 1024 }
  for (const answer of [
    await client.messages.create({ ...ask('think'), thinking }),
    await client.messages.stream({ ...ask('think'), thinking }).finalMessage(),
  ]) {
    expect(answer.content).toMatchObject([
      { type: 'thinking', thinking: 'deep', signature: 'c2lnbmVk' },
      { type: 'text', text: 'thought' },
    ])
  }
  for (const answer of [
    await client.messages.create({ ...ask('weather'), tools }),
    await client.messages.stream({ ...ask('weather'), tools }).finalMessage(),
  ]) {
    expect(answer.stop_reason).toBe('tool_use')
    expect(answer.content).toMatchObject([{ type: 'tool_use', name: 'weather', input: { city: 'Brno' } }])
  }
})

it('passes an error of the mock on with its status and words', async () => {
  const { client } = await mocked(direct)
  await expect(client.messages.create(ask('limit'))).rejects.toMatchObject({
    status: 429,
    error: { error: { message: 'too fast' } },
  })
})

it('serves the AI SDK from the mock', async () => {
  const { url } = await mocked(direct)
  const model = createAnthropic({ baseURL: `${url}/v1`, apiKey: 'sk' })('claude-sonnet-5')
  const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'hello' }] }]
  const { stream } = await model.doStream({ prompt })
  let text = ''
  for await (const part of stream) if (part.type === 'text-delta') text += part.delta
  expect(text).toBe('Hello from the mock.')
})
