import { expect, test } from 'vitest'
import { presets } from '../../presets/index.js'
import { tryOut } from '../cli/probe.js'
import { resolveConfig } from '../config/resolve.js'
import type { Plugin } from '../contract/plugin.js'
import { wholeBodyDecoders } from './body-decoders.js'

const found = (plugin: Plugin, routes: readonly 'messages'[] | readonly 'models'[] = ['messages']) =>
  wholeBodyDecoders([{ name: 'mine', routes, plugin }])

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

test('nor one that sees no messages, and one that never ends holds nobody up', async () => {
  expect(await found({ onRequest: (call) => void JSON.stringify(call.body) }, ['models'])).toEqual([])
  expect(await found({ handle: () => new Promise(() => {}) })).toEqual([])
})

test.each(Object.keys(presets))('no plugin of the preset %s is one', async (preset) => {
  expect(await tryOut(resolveConfig({ preset }, { env: {}, presets }), false)).toMatchObject({
    results: [],
    decoders: [],
  })
})
