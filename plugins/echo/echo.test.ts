import Anthropic from '@anthropic-ai/sdk'
import { describe, expect, it } from 'vitest'
import { ask } from '../../test/support/client.js'
import { stand } from '../../test/support/stand.js'

const offline = (accounts: object[] = [], options: object = {}) =>
  stand(() => [], { config: () => ({ accounts: accounts as never, plugins: { echo: options } }) })

describe('without an account', () => {
  it('says in JSON that it is offline, what to do, and what it received', async () => {
    const { send } = await offline()
    const messages = [
      { role: 'user', content: 'first' },
      { role: 'assistant', content: 'ok' },
      {
        role: 'user',
        content: [
          { type: 'text', text: '<system-reminder>x</system-reminder>' },
          { type: 'text', text: 'hi there' },
        ],
      },
    ]
    const seen = await send({ body: ask({ messages, tools: [{ name: 't' }], system: 's' }) })
    expect(seen.status).toBe(200)
    const message = seen.json<Anthropic.Message>()
    expect(message).toMatchObject({
      type: 'message',
      role: 'assistant',
      model: 'claude-sonnet-5',
      stop_reason: 'end_turn',
    })
    const [block] = message.content
    expect(block).toMatchObject({ type: 'text' })
    const { text } = block as Anthropic.TextBlock
    expect(text).toContain('offline')
    expect(text).toContain('ZAI_API_KEY')
    expect(text).toContain('model claude-sonnet-5, 3 message(s), 1 tool(s), a system prompt')
    expect(text).toContain('You said: hi there')
    expect(text).not.toContain('system-reminder')
  })

  it('says the same as a stream that the SDK takes for whole', async () => {
    const { url } = await offline([], { advice: 'Do this.' })
    const client = new Anthropic({ baseURL: url, apiKey: 'x', maxRetries: 0 })
    const stream = client.messages.stream({
      model: 'm',
      max_tokens: 10,
      messages: [{ role: 'user', content: 'hi' }],
    })
    const message = await stream.finalMessage()
    expect(message.content[0]).toMatchObject({ type: 'text', text: expect.stringContaining('Do this.') })
    expect(message.stop_reason).toBe('end_turn')
    expect(message.usage.output_tokens).toBeGreaterThan(10)
  })

  it('shows a long message in part', async () => {
    const { send } = await offline()
    const seen = await send({ body: ask({ messages: [{ role: 'user', content: 'x'.repeat(100_000) }] }) })
    expect(seen.text().length).toBeLessThan(2000)
  })

  it('lists itself as a model', async () => {
    const { send } = await offline()
    const seen = await send({ method: 'GET', path: '/v1/models' })
    expect(seen.json().data).toMatchObject([{ id: 'claude-echo', display_name: 'Echo (offline)' }])
  })
})

describe('with an account', () => {
  it('does not stand in for an upstream that fails', async () => {
    const { send } = await offline([
      { id: 'a', upstream: 'anthropic', apiKey: 'x', baseURL: 'http://127.0.0.1:1' },
    ])
    const seen = await send({ body: ask() })
    expect(seen.status).toBe(502)
    expect(seen.text()).not.toContain('offline')
  })

  it('answers where the account names it', async () => {
    const { send } = await offline([{ id: 'e', upstream: 'echo' }])
    const seen = await send({ body: ask() })
    expect([seen.status, seen.headers['x-account-email']]).toEqual([200, 'e'])
  })
})
