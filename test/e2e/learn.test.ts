import { describe, expect, it } from 'vitest'
import { definePlugin } from '../../core/index.js'
import { MemoryStore } from '../../core/state/memory.js'
import { anthropicCompatible } from '../../plugins/index.js'
import { answer, anthropicUpstream, failure } from '../support/anthropic-upstream.js'
import type { Handler } from '../support/bad-upstream.js'
import { ask } from '../support/client.js'
import { type AnyBody, REFUSALS } from '../support/refusals.js'
import { json } from '../support/script.js'
import { stand } from '../support/stand.js'

/** What is learned of limits needs somebody who keeps to them. */
const clamp = definePlugin({
  name: 'clamp',
  phase: 'attempt',
  create: () => ({
    onRequest(call) {
      const most = call.target!.accepts.maxTokens
      if (most !== undefined && (call.body.max_tokens ?? 0) > most) return call.set({ max_tokens: most })
    },
  }),
})

const KEY = 'admin-key-1234'
const admin = { authorization: `Bearer ${KEY}` }
const DAY = 24 * 3_600_000

/** The preset in front of an upstream of which nothing is known. */
async function unknown(handler: Handler, options: object = {}) {
  let moved = 0
  const there = await stand(handler, {
    config: (baseURL) => ({
      preset: 'claude-code',
      server: { adminKey: KEY },
      accounts: [{ id: 'one', upstream: 'box', apiKey: 'sk-upstream-1' }],
      use: [
        anthropicCompatible({
          name: 'box',
          baseURL,
          accepts: { cacheControl: true, consecutiveRoles: true },
        }),
        clamp,
      ],
      services: { state: () => new MemoryStore(() => Date.now() + moved) },
      ...options,
    }),
  })
  return {
    ...there,
    advance: (ms: number) => {
      moved += ms
    },
    learned: async () => {
      const seen = await there.send({ method: 'GET', path: '/_agproxy/api/upstreams', headers: admin })
      const { upstreams } = seen.json<{
        upstreams: { name: string; learned: { accepts: object; why: string }[] }[]
      }>()
      return upstreams.find(({ name }) => name === 'box')!.learned
    },
  }
}

const MODEL = 'some-model'
const message = (body: object = {}) => ask({ model: MODEL, max_tokens: 100, ...body })

describe('an upstream that refuses a feature', () => {
  it.each(REFUSALS)(
    '$name: one good answer, and the second time without a retry',
    async ({ refuses, body, ...refusal }) => {
      const handler: Handler = (request) => {
        const refused = refuses(request.json() as unknown as AnyBody, request.header('anthropic-beta') ?? '')
        return refused ? refusal.answer : answer({ text: 'hello' }, request)
      }
      const { up, send, advance, learned, gateway } = await unknown(handler)
      const once = async () => {
        const before = up.requests.length
        const seen = await send({ body: message(body), headers: refusal.headers })
        expect([seen.status, seen.text()]).toEqual([200, expect.stringContaining('hello')])
        return up.requests.length - before
      }
      const first = await once()
      expect(first).toBeGreaterThan(1)
      expect(first).toBeLessThanOrEqual(3)
      expect(await once()).toBe(1)
      const facts = await learned()
      expect(new Set(facts.map(({ why }) => why)).size).toBe(1)
      const told = gateway.logs.filter(({ message }) => message.includes('left out for'))
      expect(told).toHaveLength(1)
      // Facts rot: after a week the feature is tried anew.
      advance(8 * DAY)
      expect(await learned()).toEqual([])
      expect(await once()).toBeGreaterThan(1)
    },
  )
})

describe('thinking that another upstream signed', () => {
  it.each([
    'messages.1.content.0: Invalid `signature` in `thinking` block',
    'messages.1.content.0.thinking.signature: Field required',
    'messages.1.content.0: this signature is bound to a different conversation',
  ])('is left out, and the client sees one good answer: %s', async (words) => {
    const { up, send } = await unknown((request) =>
      request.body.includes('"type":"thinking"')
        ? failure(400, 'invalid_request_error', words)
        : answer({ text: 'hello' }, request),
    )
    const thought = { type: 'thinking', thinking: 'hm', signature: 'c2lnbmVkIGVsc2V3aGVyZQ==' }
    const messages = [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: [thought, { type: 'text', text: 'hello' }] },
      { role: 'user', content: 'more' },
    ]
    const seen = await send({ body: message({ messages }) })
    expect([seen.status, seen.text()]).toEqual([200, expect.stringContaining('hello')])
    expect(up.requests.length).toBeLessThanOrEqual(3)
  })
})

describe('what is learned', () => {
  const refusing: Handler = (request) =>
    (request.json() as unknown as AnyBody).messages.some(({ role }) => role === 'system')
      ? failure(400, 'invalid_request_error', "messages.1.role: Input should be 'user' or 'assistant'")
      : answer({ text: 'hello' }, request)
  const system = {
    messages: [
      { role: 'user', content: 'hi' },
      { role: 'system', content: 'be brief' },
    ],
  }

  it('holds for this model alone', async () => {
    const { up, send } = await unknown(refusing)
    for (const model of [MODEL, 'other-model', MODEL]) await send({ body: message({ ...system, model }) })
    expect(up.requests).toHaveLength(5)
  })

  it('costs the account no cooldown, and none of the attempts', async () => {
    const { send, gateway } = await unknown(refusing, { plugins: { 'retry-rotate': { maxAttempts: 1 } } })
    const seen = await send({ body: message(system) })
    expect([seen.status, seen.headers['x-agproxy-attempts']]).toEqual([200, '1'])
    expect(gateway.accounts.status()[0]!.cooldowns).toEqual([])
  })

  it('is shown with its end, and forgotten by hand', async () => {
    const { up, send, learned } = await unknown(refusing)
    await send({ body: message(system) })
    expect(await learned()).toEqual([
      {
        model: MODEL,
        accepts: { systemMessages: false },
        why: 'role system inside messages',
        until: expect.stringMatching(/^20/),
      },
    ])
    const forget = (name: string) =>
      send({ method: 'DELETE', path: `/_agproxy/api/upstreams/${name}/learned`, headers: admin })
    expect((await forget('box')).json()).toEqual({ name: 'box', forgotten: 1 })
    expect(await learned()).toEqual([])
    expect((await forget('bok')).status).toBe(404)
    await send({ body: message(system) })
    expect(up.requests).toHaveLength(4)
  })

  it('is two things for an upstream that refuses two', async () => {
    const { up, send, learned } = await unknown((request, n) =>
      JSON.stringify(request.json()).includes('context_management')
        ? failure(400, 'invalid_request_error', 'context_management: Extra inputs are not permitted')
        : refusing(request, n),
    )
    const body = message({ ...system, context_management: {} })
    expect((await send({ body })).status).toBe(200)
    expect(up.requests).toHaveLength(3)
    expect((await learned()).map(({ accepts }) => accepts)).toEqual([
      { contextManagement: false },
      { systemMessages: false },
    ])
    await send({ body })
    expect(up.requests).toHaveLength(4)
  })

  it('is the length of a prompt that it refused, and the next one costs no call', async () => {
    const { up, send, learned, advance } = await unknown(() =>
      failure(
        400,
        'invalid_request_error',
        'request (9000 tokens) exceeds the available context size (4096 tokens)',
      ),
    )
    const long = message({ messages: [{ role: 'user', content: 'word '.repeat(5_000) }] })
    const healing = (maximum: number) =>
      expect.stringMatching(`prompt is too long: \\d+ tokens > ${maximum} maximum`)
    for (let i = 0; i < 3; i++) {
      const seen = await send({ body: long })
      expect([seen.status, seen.text(), up.requests.length]).toEqual([400, healing(4096), 1])
    }
    expect(await learned()).toMatchObject([
      { accepts: { contextWindow: 4096 }, why: 'prompts of more than 4096 tokens' },
    ])
    // A client that asks for more room may get it, and what is short is no business of this.
    await send({ body: long, headers: { 'anthropic-beta': 'context-1m-2025-08-07' } })
    await send({ body: message() })
    expect(up.requests).toHaveLength(3)
    advance(8 * DAY)
    await send({ body: long })
    expect(up.requests).toHaveLength(4)
  })

  it.each([
    ["Anthropic's own words", 'prompt is too long: 215000 tokens > 200000 maximum'],
    ['words without a number', 'input exceeds the context length'],
    ['a number that can not be', 'request (9000 tokens) exceeds the available context size (12 tokens)'],
  ])('is no length of a prompt by %s', async (_, text) => {
    const { send, learned } = await unknown(() => failure(400, 'invalid_request_error', text))
    expect((await send({ body: message() })).status).toBe(400)
    expect(await learned()).toEqual([])
  })

  it('is nothing with `extraCalls: 0`, and the refusal passes as it came', async () => {
    const { up, send } = await unknown(refusing, { plugins: { learn: { extraCalls: 0 } } })
    const seen = await send({ body: message(system) })
    expect([seen.status, up.requests.length]).toEqual([400, 1])
  })
})

describe('what only the client can mend', () => {
  it.each([
    ['safeguards', 'safeguards: Extra inputs are not permitted', { safeguards: {} }],
    ['a prompt that is too long', 'prompt is too long: 250000 tokens > 200000 maximum', {}],
    ['a wrong role', "messages.0.role: Input should be 'user' or 'assistant'", {}],
    ['a field that the request has not', 'context_management: Extra inputs are not permitted', {}],
    ['its own words', 'max_tokens: must be greater than 0', {}],
    ['a reference that no schema has', "Error resolving schema reference '#/$defs/X'", {}],
    ['a keyword that no schema has', 'Unknown name "propertyNames" at \'tools[0]\': Cannot find field.', {}],
    [
      'a keyword without which a schema says nothing',
      'Unknown name "type" at \'tools[0]\'',
      { tools: [{ name: 'a', input_schema: { type: 'object' } }] },
    ],
    ['an empty result that is not there', 'messages.2.content.0.tool_result: content cannot be empty', {}],
  ])('%s passes byte for byte, after one call', async (_what, text, fields) => {
    const refusal = {
      type: 'error',
      error: { type: 'invalid_request_error', message: text },
      request_id: 'r',
    }
    const { up, send } = await unknown(() => json(refusal, 400))
    const seen = await send({ body: message(fields) })
    expect([seen.status, seen.text(), up.requests.length]).toEqual([400, JSON.stringify(refusal), 1])
  })

  it('an upstream that never takes it: at most two calls more, and then none for a while', async () => {
    const nameless = json({ error: { code: '1210', message: 'no' } }, 400)
    const { up, send } = await unknown(() => nameless)
    const body = message({ context_management: {}, thinking: { type: 'adaptive' } })
    expect((await send({ body })).status).toBe(400)
    expect(up.requests).toHaveLength(3)
    await send({ body })
    expect(up.requests).toHaveLength(4)
  })

  it('billing is the account’s', async () => {
    const { up, send } = await unknown(() =>
      failure(400, 'invalid_request_error', 'Your credit balance is too low to access the Anthropic API.'),
    )
    expect((await send({ body: message({ context_management: {} }) })).status).toBe(402)
    expect(up.requests).toHaveLength(1)
  })

  it('a good answer costs nothing', async () => {
    const { up, send } = await unknown(anthropicUpstream())
    expect((await send({ body: message() })).status).toBe(200)
    expect(up.requests).toHaveLength(1)
  })
})
