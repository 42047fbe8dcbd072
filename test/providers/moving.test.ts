import { createGoogleGenerativeAI } from '@ai-sdk/google'
import { expect, it } from 'vitest'
import { aiSdk } from '../../plugins/index.js'
import { ask } from '../support/client.js'
import { message } from '../support/messages.js'
import { json, streamed } from '../support/script.js'
import { stand } from '../support/stand.js'
import { geminiFrames } from './wires/gemini.js'

it('a conversation that moves to Anthropic leaves the thinking of Gemini behind', async () => {
  const call = { id: 'x', name: 'Bash', input: { n: 1 } }
  const gemini = streamed(geminiFrames({ thinking: 'I wonder', signature: 'c2lnbmVk', tools: [call] }))
  let isBusy = false
  const { up, send } = await stand(
    ({ url }) => {
      if (url.startsWith('/v1/messages')) return json(message({ text: 'from Anthropic' }))
      return isBusy
        ? json({ error: { code: 429, message: 'quota', status: 'RESOURCE_EXHAUSTED' } }, 429)
        : gemini
    },
    {
      config: (url) => ({
        preset: 'claude-code',
        accounts: [
          { id: 'g', upstream: 'gemini', apiKey: 'sk-of-gemini' },
          { id: 'a', upstream: 'anthropic', apiKey: 'sk-of-anthropic' },
        ],
        plugins: { anthropic: { baseURL: url } },
        use: [
          aiSdk({
            name: 'gemini',
            provider: createGoogleGenerativeAI,
            baseURL: `${url}/v1beta`,
            models: { 'claude-*': 'gemini-3-pro' },
          }),
        ],
      }),
    },
  )
  const tools = [{ name: 'Bash', input_schema: { type: 'object' } }]
  const { content } = (await send({ body: ask({ tools }) })).json<{
    content: { type: string; id?: string }[]
  }>()
  expect(content.map(({ type }) => type)).toEqual(['thinking', 'redacted_thinking', 'tool_use'])

  isBusy = true
  const result = { type: 'tool_result', tool_use_id: content[2]!.id, content: 'done' }
  const messages = [
    { role: 'user', content: 'hi' },
    { role: 'assistant', content },
    { role: 'user', content: [result] },
  ]
  const seen = await send({ body: ask({ tools, messages }) })
  expect(seen.json().content).toEqual([{ type: 'text', text: 'from Anthropic' }])
  expect(up.requests.map(({ url }) => url.split('?')[0])).toEqual([
    '/v1beta/models/gemini-3-pro:streamGenerateContent',
    '/v1beta/models/gemini-3-pro:streamGenerateContent',
    '/v1/messages',
  ])
  expect(up.requests[1]!.body.toString()).toContain('c2lnbmVk')
  expect(up.requests[2]!.json().messages).toEqual([
    messages[0],
    { role: 'assistant', content: [content[2]] },
    messages[2],
  ])
})
