import { expect, test } from 'vitest'
import { messageReply } from '../../testing.js'
import { definePreset } from '../config/define.js'
import { resolveConfig } from '../config/resolve.js'
import type { Upstream } from '../contract/call.js'
import { definePlugin, defineUpstream } from '../plugin/define.js'
import { tryOut } from './probe.js'

/** A config whose upstreams answer a probe as they are told. */
function configOf(probes: Record<string, Upstream['probe']>, disposed: string[] = []) {
  const plugins = Object.entries(probes).map(([name, probe]) =>
    defineUpstream({
      name,
      send: () => messageReply(),
      ...(probe && { probe }),
      dispose: () => void disposed.push(name),
    }),
  )
  const preset = definePreset({ name: 'test', plugins })
  const accounts = Object.keys(probes).map((upstream) => ({ upstream, apiKey: `key-of-${upstream}` }))
  return { preset, accounts }
}

const resolve = (raw: object) => resolveConfig(raw, { env: {}, presets: {} })

test('each account is called once with its key, and what went wrong is told without it', async () => {
  const seen: unknown[] = []
  const disposed: string[] = []
  const raw = configOf(
    {
      fine: async (account) => void seen.push(account.apiKey),
      broken: async () => {
        throw new Error('refused the key key-of-broken\nand more')
      },
      deaf: () => new Promise(() => {}),
      mute: undefined,
    },
    disposed,
  )
  const { results } = await tryOut(resolve(raw), true, 50)
  expect(results).toEqual([
    { id: 'fine-1', upstream: 'fine', ok: true, text: expect.stringMatching(/^\d+ ms$/) },
    { id: 'broken-1', upstream: 'broken', ok: false, text: 'refused the key [secret]' },
    { id: 'deaf-1', upstream: 'deaf', ok: false, text: 'no answer within 0.05 s' },
    { id: 'mute-1', upstream: 'mute', ok: true, text: expect.stringMatching(/^\d+ ms$/) },
  ])
  expect(seen).toEqual(['key-of-fine'])
  expect(disposed).toEqual(['mute', 'deaf', 'broken', 'fine'])
})

test('an account whose upstream is switched off is not called', async () => {
  const raw = configOf({ fine: async () => {}, idle: async () => {} })
  const { results } = await tryOut(resolve({ ...raw, plugins: { idle: false } }), true)
  expect(results[1]).toEqual({
    id: 'idle-1',
    upstream: 'idle',
    ok: true,
    text: 'not called, its upstream is switched off',
  })
})

test('without being asked it calls nobody, but sets the plugins up', async () => {
  const raw = configOf({
    fine: async () => {
      throw new Error('called')
    },
  })
  expect(await tryOut(resolve(raw), false)).toMatchObject({ results: [], decoders: [], failures: [] })
  const failing = definePlugin({
    name: 'failing',
    phase: 'request',
    create: () => ({
      setup() {
        throw new Error('no disk')
      },
    }),
  })
  await expect(tryOut(resolve({ ...raw, use: [failing] }), false)).rejects.toThrow('no disk')
})

test('routes of plugins and of the operator are found', async () => {
  const notes = definePlugin({
    name: 'notes',
    phase: 'request',
    create: () => ({
      endpoints: [{ method: 'GET', path: '/notes/:id', access: 'client', handle: () => messageReply() }],
    }),
  })
  const { endpoints } = await tryOut(
    resolve({ preset: definePreset({ name: 'test', plugins: [notes] }) }),
    false,
  )
  expect(endpoints).toEqual(
    expect.arrayContaining([
      ['GET /_agproxy/api/accounts', 'admin', 'the gateway'],
      ['DELETE /_agproxy/api/accounts/{id}/cooldowns', 'admin', 'the gateway'],
      ['GET /notes/{id}', 'client', 'plugin notes'],
    ]),
  )
})
