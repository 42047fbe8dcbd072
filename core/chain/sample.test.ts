import { expect, test } from 'vitest'
import { presets } from '../../presets/index.js'
import { tryOut } from '../cli/probe.js'
import { resolveConfig } from '../config/resolve.js'
import type { Plugin } from '../contract/plugin.js'
import type { Link } from './link.js'
import { trySamples } from './sample.js'

const found = (plugin: Plugin, routes: readonly 'messages'[] | readonly 'models'[] = ['messages']) =>
  trySamples([{ name: 'mine', routes, plugin }]).then(({ decoders }) => decoders)

test.each<[string, Plugin]>([
  [
    'makes a new body of the old one',
    { onRequest: (call) => call.with({ body: { ...call.body, max_tokens: 1 } }) },
  ],
  ['walks through all messages', { onRequest: (call) => void call.body.messages.map((m) => m.content) }],
  ['does so in handle', { handle: (call, next) => next(call.with({ body: { ...call.body } })) }],
  [
    'fails after that',
    {
      onRequest(call) {
        JSON.stringify(call.body)
        throw new Error('no')
      },
    },
  ],
])('a plugin that %s is found', async (_what, plugin) => {
  expect(await found(plugin)).toEqual(['mine'])
})

test.each<[string, Plugin]>([
  ['looks at the last message', { onRequest: (call) => void call.body.messages.at(-1)?.content }],
  ['sets a field', { onRequest: (call) => call.set({ max_tokens: 1 }) }],
  ['looks at the tree', { onRequest: (call) => void call.tree.get('messages')?.items().length }],
  ['only passes on', { handle: (call, next) => next(call) }],
  ['fails', { onRequest: () => Promise.reject(new Error('no')) }],
])('one that %s is not', async (_what, plugin) => {
  expect(await found(plugin)).toEqual([])
})

test('nor one that sees no messages', async () => {
  expect(await found({ onRequest: (call) => void JSON.stringify(call.body) }, ['models'])).toEqual([])
})

test.each(Object.keys(presets))('no plugin of the preset %s is one', async (preset) => {
  expect(await tryOut(resolveConfig({ preset }, { env: {}, presets }), false)).toMatchObject({
    results: [],
    decoders: [],
    failures: [],
  })
})

const failuresOf = async (plugin: Plugin, link: Partial<Link> = {}) =>
  (await trySamples([{ name: 'mine', routes: ['messages'], plugin, ...link }])).failures

const never = () => new Promise<never>(() => {})
test.each<[string, Plugin]>([
  ['onHeaders', { onHeaders: never }],
  ['onRequest', { onRequest: never }],
  ['handle', { handle: never }],
  ['onReply', { onReply: never }],
  ['onFinish', { onFinish: never }],
])('a plugin whose %s does not end is reported, and holds nothing up', async (hook, plugin) => {
  expect(await failuresOf(plugin)).toEqual([
    { plugin: 'mine', hook, message: 'the hook did not end within 1 s' },
  ])
})

test('only a plugin of the phase attempt sees a target', async () => {
  const plugin: Plugin = { onRequest: (call) => void call.target!.accepts }
  expect(await failuresOf(plugin, { phase: 'attempt' })).toEqual([])
  expect(await failuresOf(plugin, { phase: 'request' })).toMatchObject([
    { hook: 'onRequest', message: expect.stringMatching(/accepts/) },
  ])
})

test('a plugin that sees the counting of tokens alone is tried too', async () => {
  const plugin: Plugin = { onRequest: (call) => JSON.parse(`{${call.route}`) }
  expect(await failuresOf(plugin, { routes: ['count-tokens'] })).toMatchObject([{ hook: 'onRequest' }])
})

test.each<[string, Plugin, string, RegExp]>([
  [
    'returns a body',
    { onRequest: (call) => ({ ...call.body }) as never },
    'onRequest',
    /a Call.*and returned the body of a request/,
  ],
  [
    'returns a message',
    { handle: async () => ({ type: 'message', content: [] }) as never },
    'handle',
    /a Reply, and returned the body of a message/,
  ],
  [
    'changes a body in place',
    { onRequest: (call) => void Object.assign(call.body, { max_tokens: 1 }) },
    'onRequest',
    /call\.set/,
  ],
  [
    'changes headers in place',
    { onRequest: (call) => void Object.assign(call.headers, { 'x-mine': '1' }) },
    'onRequest',
    /call\.with\(\{ headers \}\)/,
  ],
  [
    'changes an event in place',
    {
      onEvent(event) {
        const { delta } = event.data as { delta?: { text?: string } }
        if (delta?.text) delta.text = '[redacted]'
        return event
      },
    },
    'onEvent',
    /event\.with/,
  ],
  [
    'returns the data of an event',
    { onEvent: (event) => ({ ...event.data }) as never },
    'onEvent',
    /event\.with\(data\) or StreamEvent\.of\(data\)/,
  ],
  [
    'throws when the request is over',
    {
      onFinish() {
        throw new Error('no disk')
      },
    },
    'onFinish',
    /^no disk$/,
  ],
  [
    'throws at a step',
    {
      onStep() {
        throw new Error('no trace')
      },
    },
    'onStep',
    /^no trace$/,
  ],
  [
    'has an async onEvent',
    { onEvent: (async (event: unknown) => event) as never },
    'onEvent',
    /synchronous, and returned a promise/,
  ],
  [
    'throws at a stream',
    { onEvent: (event) => void (event.type === 'message_stop' && JSON.parse('{')) },
    'onEvent',
    /JSON/,
  ],
  [
    'throws at a message',
    {
      onReply: (reply) => {
        if (!reply.isEventStream) throw new Error('no stream')
      },
    },
    'onReply',
    /^no stream$/,
  ],
  [
    'fails with its headers',
    { onHeaders: () => Promise.reject(new Error('no key')) },
    'onHeaders',
    /^no key$/,
  ],
])('a plugin that %s is reported', async (_what, plugin, hook, message) => {
  expect(await failuresOf(plugin)).toEqual([
    { plugin: 'mine', hook, message: expect.stringMatching(message) },
  ])
})

test('an error that a plugin means for the client is no failure', async () => {
  const { GatewayError } = await import('../errors/gateway-errors.js')
  expect(
    await failuresOf({
      onRequest() {
        throw new GatewayError('permission_error', 'not today')
      },
    }),
  ).toEqual([])
})
