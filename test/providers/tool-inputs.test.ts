import Anthropic from '@anthropic-ai/sdk'
import { beforeAll, describe, expect, it } from 'vitest'
import { aiSdk } from '../../plugins/index.js'
import { startTestGateway } from '../../testing.js'
import { startUpstream } from '../support/bad-upstream.js'
import { streamed } from '../support/script.js'
import { PROVIDERS, type TestedProvider } from './providers.js'

const tools = [{ name: 'Bash', input_schema: { type: 'object' as const } }]
const asked = {
  model: 'claude-sonnet-5',
  max_tokens: 100,
  tools,
  messages: [{ role: 'user' as const, content: 'hi' }],
}

/** What models write in the place of a tool's input, and what the client gets for it. */
const INPUTS: readonly (readonly [string, string, object])[] = [
  ['JSON that breaks off', '{"command":"ls', { INVALID_JSON: '{"command":"ls' }],
  ['two objects', '{}{"command":"ls"}', { INVALID_JSON: '{}{"command":"ls"}' }],
  ['a list', '["ls"]', { INVALID_JSON: '["ls"]' }],
  ['words', 'ls -la', { INVALID_JSON: 'ls -la' }],
  ['an object as a text', JSON.stringify('{"command":"ls"}'), { command: 'ls' }],
  ['null', 'null', {}],
]

async function started({ name, options, path, model }: TestedProvider) {
  const up = await startUpstream(() => [])
  const gateway = await startTestGateway(
    {
      preset: 'claude-code',
      accounts: [{ id: 'a', upstream: name, apiKey: 'sk-of-the-account' }],
      use: [aiSdk({ ...options, name, baseURL: up.url + path, models: { 'claude-*': model } })],
    },
    { allowErrors: true },
  )
  const client = new Anthropic({ baseURL: gateway.url, apiKey: 'sk', maxRetries: 0 })
  const says = (frames: readonly Buffer[]) => up.use(() => streamed(frames))
  const close = async () => {
    await gateway.close()
    await up.close()
  }
  return { client, says, close }
}

const callOf = ({ content, stop_reason }: Anthropic.Message) => ({
  inputs: content.flatMap((block) => (block.type === 'tool_use' ? [block.input] : [])),
  stop_reason,
})

// Gemini has objects there, and no text that could be none.
describe.each(PROVIDERS.filter(({ name }) => name !== 'gemini'))('$title', (provider) => {
  let running: Awaited<ReturnType<typeof started>>
  beforeAll(async () => {
    running = await started(provider)
    return () => running.close()
  })
  const saying = (written: string) =>
    provider.frames({ text: 'I look.', tools: [{ id: 'call_1', name: 'Bash', input: {}, written }] })

  it.each(INPUTS)('gives the client an object where the model wrote %s', async (_, written, input) => {
    running.says(saying(written))
    const whole = await running.client.messages.create(asked)
    expect(callOf(whole)).toEqual({ inputs: [input], stop_reason: 'tool_use' })
    const stream = running.client.messages.stream(asked)
    const seen = await stream.finalMessage().catch((error: unknown) => error)
    // What the client has begun to read can't be taken back; its SDK may see the fault before we tell of it.
    if (written.startsWith('{')) {
      expect(seen).toBeInstanceOf(Anthropic.AnthropicError)
      expect(String(seen)).toMatch(
        /with JSON that breaks off after \d+ characters instead of an object|JSON at/,
      )
    } else expect(callOf(seen as Anthropic.Message)).toEqual({ inputs: [input], stop_reason: 'tool_use' })
  })
})

describe.each(PROVIDERS.filter(({ name }) => ['openai', 'azure'].includes(name)))('$title', (provider) => {
  it('has called the tool, though it never says that the call is whole', async () => {
    const { client, says, close } = await started(provider)
    const calls = [1, 2].map((n) => ({ id: `call_${n}`, name: 'Bash', input: { n } }))
    const frames = provider.frames({ text: 'Both.', tools: calls })
    says(frames.filter((frame) => !/output_item\.done.*"function_call"/.test(frame.toString())))
    const expected = { inputs: [{ n: 1 }, { n: 2 }], stop_reason: 'tool_use' }
    expect(callOf(await client.messages.create(asked))).toEqual(expected)
    expect(callOf(await client.messages.stream(asked).finalMessage())).toEqual(expected)
    await close()
  })
})
