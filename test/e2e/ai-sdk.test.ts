import { createAnthropic } from '@ai-sdk/anthropic'
import { describe, expect, it } from 'vitest'
import { anthropicUpstream, failure } from '../support/anthropic-upstream.js'
import { stand } from '../support/stand.js'

// The provider alone, without the `ai` package around it: it sees each event, and rejects types it doesn't know.
function model(url: string) {
  return createAnthropic({ baseURL: `${url}/v1`, apiKey: 'sk-client' })('claude-sonnet-5')
}

const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'hi' }] }]
const tools = [
  {
    type: 'function' as const,
    name: 'weather',
    inputSchema: { type: 'object' as const, properties: { city: { type: 'string' as const } } },
  },
]

describe('@ai-sdk/anthropic', () => {
  it('generates', async () => {
    const { url } = await stand(anthropicUpstream({ text: 'generated' }))
    const result = await model(url).doGenerate({ prompt })
    expect(result.content).toMatchObject([{ type: 'text', text: 'generated' }])
    expect(result.finishReason).toMatchObject({ unified: 'stop' })
  })

  it('streams text and a tool call', async () => {
    const init = { text: 'streamed', toolUse: { id: 'toolu_9', name: 'weather', input: { city: 'Brno' } } }
    const { url } = await stand(anthropicUpstream(init))
    const { stream } = await model(url).doStream({ prompt, tools })
    const parts = []
    for await (const part of stream) parts.push(part)
    expect(parts.filter((part) => part.type === 'error')).toEqual([])
    const text = parts.flatMap((part) => (part.type === 'text-delta' ? [part.delta] : [])).join('')
    expect(text).toBe('streamed')
    expect(parts).toContainEqual(
      expect.objectContaining({ type: 'tool-call', toolName: 'weather', input: '{"city":"Brno"}' }),
    )
    expect(parts.at(-1)).toMatchObject({ type: 'finish', finishReason: { unified: 'tool-calls' } })
  })

  it('gets an error with its status', async () => {
    const { url, up } = await stand(
      anthropicUpstream(() => failure(400, 'invalid_request_error', 'no such thing')),
    )
    await expect(model(url).doGenerate({ prompt })).rejects.toMatchObject({
      statusCode: 400,
      message: 'no such thing',
      isRetryable: false,
    })
    expect(up.requests).toHaveLength(1)
  })

  it('makes one request when its key is refused', async () => {
    const { url, up } = await stand(anthropicUpstream(), {
      config: (upstream) => ({
        preset: 'claude-code',
        accounts: [{ id: 'one', upstream: 'anthropic', apiKey: 'sk-upstream-1' }],
        plugins: { anthropic: { baseURL: upstream }, auth: { mode: 'strict', keys: ['sk-other'] } },
      }),
    })
    await expect(model(url).doGenerate({ prompt })).rejects.toMatchObject({
      statusCode: 401,
      isRetryable: false,
    })
    expect(up.requests).toHaveLength(0)
  })
})
