import Anthropic from '@anthropic-ai/sdk'
import { LLMock } from '@copilotkit/aimock'
import { describe, expect, it, onTestFinished } from 'vitest'
import { aiSdk } from '../../plugins/index.js'
import { startTestGateway } from '../../testing.js'
import { PROVIDERS } from './providers.js'

/** Where the mock has each provider. Mistral's and xAI's packages can't read OpenAI's own chunks, and it has no others. */
const PATHS: Readonly<Record<string, string>> = {
  openai: '/v1',
  'openai-chat': '/v1',
  azure: '/v1',
  gemini: '/v1beta',
  compatible: '/v1',
  'bedrock-converse': '',
}
const tools = [{ name: 'weather', input_schema: { type: 'object' as const, properties: {} } }]
const ask = (content: string) => ({
  model: 'claude-sonnet-5',
  max_tokens: 2000,
  messages: [{ role: 'user' as const, content }],
})

// A service that nobody here wrote: how it streams is its own opinion.
describe.each(PROVIDERS.filter(({ name }) => name in PATHS))(
  '$title on aimock',
  ({ name, options, model }) => {
    async function mocked() {
      const mock = new LLMock({ port: 0, chunkSize: 4 })
      mock.onMessage('weather', {
        toolCalls: [
          { name: 'weather', arguments: { city: 'Brno' } },
          { name: 'weather', arguments: { city: 'Praha' } },
        ],
      })
      mock.onMessage('think', { content: 'thought', reasoning: 'deep' })
      mock.onMessage('hello', { content: 'Hello from the mock.' })
      mock.onMessage('limit', {
        error: { message: 'too fast', type: 'rate_limit_error' },
        status: 429,
        retryAfter: 30,
      })
      await mock.start()
      onTestFinished(() => mock.stop())
      const gateway = await startTestGateway({
        preset: 'claude-code',
        accounts: [{ id: 'a', upstream: name, apiKey: 'sk-of-the-account' }],
        use: [aiSdk({ ...options, name, baseURL: mock.url + PATHS[name], models: { 'claude-*': model } })],
      })
      onTestFinished(() => gateway.close())
      return new Anthropic({ baseURL: gateway.url, apiKey: 'sk', maxRetries: 0 })
    }

    it('answers, as JSON and as a stream', async () => {
      const client = await mocked()
      const whole = await client.messages.create(ask('hello'))
      const streamed = await client.messages.stream(ask('hello')).finalMessage()
      expect(whole.content).toMatchObject([{ type: 'text', text: 'Hello from the mock.' }])
      expect(whole.stop_reason).toBe('end_turn')
      expect(streamed.content).toEqual(whole.content)
    })

    it('calls two tools', async () => {
      const client = await mocked()
      for (const answer of [
        await client.messages.create({ ...ask('weather'), tools }),
        await client.messages.stream({ ...ask('weather'), tools }).finalMessage(),
      ]) {
        const calls = answer.content.filter((block) => block.type === 'tool_use')
        expect(answer.stop_reason).toBe('tool_use')
        expect(calls.map(({ input }) => input)).toEqual([{ city: 'Brno' }, { city: 'Praha' }])
        expect(new Set(calls.map(({ id }) => id)).size).toBe(2)
      }
    })

    it('thinks, where the service shows it', async () => {
      const { content } = await (await mocked()).messages.create(ask('think'))
      const words = content.flatMap((block) => (block.type === 'text' ? [block.text] : []))
      expect(words).toEqual(['thought'])
      for (const block of content) if (block.type === 'thinking') expect(block.thinking).toBe('deep')
    })

    it('passes an error on with its status and words', async () => {
      await expect((await mocked()).messages.create(ask('limit'))).rejects.toMatchObject({
        status: 429,
        error: { error: { type: 'rate_limit_error', message: expect.stringContaining('too fast') } },
      })
    })
  },
)
