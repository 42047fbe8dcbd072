import { expect, test } from 'vitest'
import { z } from 'zod'
import { definePlugin } from '../plugin/define.js'
import { changedKeys } from './changes.js'
import { resolveConfig } from './resolve.js'

const door = definePlugin({
  name: 'door',
  phase: 'request',
  options: z.strictObject({
    mode: z.string().default('a'),
    keys: z.array(z.string()).default([]).meta({ secret: true }),
  }),
  create: () => ({}),
})
const bare = definePlugin({ name: 'bare', phase: 'request', create: () => ({}) })
const late = definePlugin({ name: 'late', phase: 'request', create: () => ({}) })
const presets = {
  'claude-code': { name: 'claude-code', plugins: [door, bare] },
  other: { name: 'other', plugins: [bare, door] },
}
const resolve = (raw: object) => resolveConfig(raw, { env: {}, presets })
const account = (id: string, apiKey: unknown = 'sk-one') => ({ id, upstream: 'x', apiKey })

test.each<[object, object, string[]]>([
  [{}, {}, []],
  [{ server: { host: '::1', bodyLimit: '1mb' } }, { server: { bodyLimit: 1024 ** 2, host: '[::1]' } }, []],
  [{}, { server: { bodyLimit: '1mb', maxConcurrent: 1 } }, ['server.bodyLimit', 'server.maxConcurrent']],
  [
    { server: { https: { cert: 'a', key: 'b' } } },
    { server: { https: { cert: 'a', key: 'c' } } },
    ['server.https'],
  ],
  [{ log: { level: 'info' } }, { log: { level: 'debug' } }, ['log.level']],
  [{ state: { url: 'redis://a:secret@b' } }, {}, ['state.url']],
  [{ accounts: [account('a')] }, { accounts: [account('a', 'sk-two')] }, ['accounts.a.apiKey']],
  [{ accounts: [account('a')] }, { accounts: [account('b')] }, ['accounts.a (left out)', 'accounts.b (new)']],
  [
    { accounts: [account('a'), account('b')] },
    { accounts: [account('b'), account('a'), account('c')] },
    ['accounts.c (new)', 'the order of accounts'],
  ],
  [{ accounts: [account('a', () => 'x')] }, { accounts: [account('a', () => 'x')] }, []],
  [{ accounts: [account('a', () => 'x')] }, { accounts: [account('a', () => 'y')] }, ['accounts.a.apiKey']],
  [{}, { plugins: { door: { keys: ['sk-secret'] } } }, ['plugins.door.keys']],
  [{}, { plugins: { bare: false } }, ['plugins.bare (left out)']],
  [{}, { use: [late] }, ['plugins.late (new)']],
  [{}, { preset: 'other' }, ['preset', 'the order of plugins']],
])('from %j to %j', (before, next, keys) => {
  expect(changedKeys(resolve(before), resolve(next))).toEqual(keys)
})
