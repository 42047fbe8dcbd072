import { describe, expect, it } from 'vitest'
import { ask } from '../support/client.js'
import { errorData, messageEvents } from '../support/messages.js'
import { json, type Script, sse } from '../support/script.js'
import { stand } from '../support/stand.js'

const PROMPT = 'PROMPT-that-is-nobodys-business'
const quoting = `messages.0: Input should be valid, input_value='${PROMPT}'`

/** Ways in which an upstream may quote what it was asked. */
const QUOTES: Readonly<Record<string, Script>> = {
  'an error': json(errorData('invalid_request_error', quoting), 400),
  'an error that is tried again': json(errorData('api_error', quoting), 500),
  'an error of z.ai': json({ error: { code: '1210', message: quoting } }, 400),
  'an error in plain JSON': json({ detail: [{ loc: ['body'], msg: quoting, input: PROMPT }] }, 422),
  'an error under 200': json(errorData('invalid_request_error', quoting)),
  'an error under 200 that is tried again': json({ error: { message: quoting } }),
  'a first event': sse([errorData('invalid_request_error', quoting)]),
  'an event in the middle': sse([
    ...messageEvents({ text: PROMPT }).slice(0, 4),
    errorData('api_error', quoting),
  ]),
  'a broken event': sse([
    ...messageEvents({ text: PROMPT }).slice(0, 2),
    { type: 'content_block_delta', index: PROMPT },
  ]),
  'a text': json(quoting, 200),
}

describe.each(Object.entries(QUOTES))('an upstream that quotes the prompt in %s', (_where, script) => {
  it.each([
    ['anthropic', {}],
    ['anthropic', { errors: false }],
    ['zai', {}],
    ['zai', { errors: false }],
  ])('leaves nothing of it in the log, at any level: %s %j', async (upstream, plugins) => {
    const { gateway, send } = await stand(() => script, {
      config: (url) => ({
        preset: 'claude-code',
        accounts: [{ id: 'one', upstream, apiKey: 'sk-upstream-1' }],
        plugins: { [upstream]: { baseURL: url }, 'retry-rotate': { maxAttempts: 1 }, ...plugins },
      }),
    })
    const messages = [{ role: 'user', content: PROMPT }]
    for (const path of ['/v1/messages', '/v1/messages/count_tokens'])
      for (const stream of [true, false]) await send({ path, body: ask({ messages, stream }) })
    expect(gateway.requests()).toHaveLength(4)
    expect(JSON.stringify(gateway.logs)).not.toContain(PROMPT)
  })
})

it('an error without its words is still told by its type and status', async () => {
  const { gateway, send } = await stand(() => json(errorData('invalid_request_error', quoting)), {
    config: (url) => ({
      preset: 'claude-code',
      accounts: [{ id: 'one', upstream: 'anthropic', apiKey: 'sk-upstream-1' }],
      plugins: { anthropic: { baseURL: url }, errors: false },
    }),
  })
  const seen = await send({ body: ask({ stream: true }) })
  expect(seen.json<{ error: object }>().error).toMatchObject({ message: quoting })
  expect(gateway.requests()[0]).toMatchObject({
    error: 'the upstream reported invalid_request_error (400)',
  })
})
