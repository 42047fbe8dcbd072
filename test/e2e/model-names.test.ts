import { describe, expect, it } from 'vitest'
import type { TestConfig } from '../harness/gateway.js'
import { answer } from '../support/anthropic-upstream.js'
import { ask } from '../support/client.js'
import { stand } from '../support/stand.js'

const MODEL = 'モデル/大-v1.5'
const account = { id: 'a', upstream: 'anthropic', apiKey: 'sk-upstream' }

const CONFIGS: Record<string, (url: string) => TestConfig> = {
  "an upstream's map": (url) => ({
    accounts: [account],
    plugins: { anthropic: { baseURL: url, models: { 'claude-*': MODEL } } },
  }),
  "an account's map": (url) => ({
    accounts: [{ ...account, baseURL: url, models: { 'claude-*': MODEL } }],
  }),
  "an account's map, without retry-rotate": (url) => ({
    accounts: [{ ...account, baseURL: url, models: { 'claude-*': MODEL } }],
    plugins: { 'retry-rotate': false },
  }),
  'the fallback of retry-rotate': (url) => ({
    accounts: [{ ...account, baseURL: url, models: [MODEL] }],
    plugins: { 'retry-rotate': { fallback: { 'claude-*': MODEL } } },
  }),
  'passthrough with a map': (url) => ({
    preset: 'passthrough',
    accounts: [account],
    plugins: { anthropic: { baseURL: url, models: { 'claude-*': MODEL } } },
  }),
}

describe.each(Object.keys(CONFIGS))('a model name outside of ASCII from %s', (name) => {
  it.each([false, true])(
    'is asked for, and told in a header that decodes to it (stream: %s)',
    async (stream) => {
      const { send, up } = await stand((req) => answer({ text: 'hello' }, req), { config: CONFIGS[name]! })
      const seen = await send({ body: ask({ stream, model: 'claude-sonnet-5' }) })
      expect(seen.status).toBe(200)
      expect(seen.text()).toContain('hello')
      expect(up.requests.map((request) => request.json().model)).toEqual([MODEL])
      expect(decodeURIComponent(String(seen.headers['x-mapped-model']))).toBe(MODEL)
    },
  )
})

it('a model name outside of ASCII that the client asks for goes through as it is', async () => {
  const { send, up } = await stand((req) => answer({ text: 'hello' }, req), {
    config: CONFIGS["an upstream's map"]!,
  })
  expect((await send({ body: ask({ model: MODEL }) })).status).toBe(200)
  expect(up.requests.map((request) => request.json().model)).toEqual([MODEL])
})
