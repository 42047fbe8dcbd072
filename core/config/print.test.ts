import { expect, test } from 'vitest'
import { z } from 'zod'
import { definePlugin } from '../plugin/define.js'
import { definePreset } from './define.js'
import { maskKey, printConfig } from './print.js'
import { resolveConfig } from './resolve.js'

const door = definePlugin({
  name: 'door',
  phase: 'request',
  options: z.strictObject({
    mode: z.enum(['auto', 'off']).default('auto'),
    keys: z.array(z.string()).default([]).meta({ secret: true }),
    token: z.string().meta({ secret: true }).optional(),
    names: z.record(z.string(), z.string()).default({}),
    url: z.string().default('https://x'),
  }),
  create: () => ({}),
})
const bare = definePlugin({ name: 'bare', phase: 'request', create: () => ({}) })
const own = definePlugin({ name: 'own', phase: 'attempt', create: () => ({}) })
const presets = { 'claude-code': definePreset({ name: 'claude-code', plugins: [door, bare] }) }
const print = (raw: unknown, env: NodeJS.ProcessEnv = {}) =>
  printConfig(resolveConfig(raw, { file: '/home/me/agproxy.config.ts', env, presets }))

test('prints chain, options, accounts and server with where each came from', () => {
  const text = print(
    {
      server: { host: '::1', bodyLimit: '1kb' },
      accounts: [
        {
          id: 'glm',
          upstream: 'zai',
          apiKey: 'sk-0123456789abcd',
          email: 'me@example.com',
          models: ['a', 'b*'],
        },
        { id: 'fn', upstream: 'zai', apiKey: () => 'k' },
        { id: 'local', upstream: 'echo' },
        { upstream: 'zai', apiKey: undefined },
      ],
      plugins: { door: { names: { a: 'b' } }, bare: false },
      use: [own],
    },
    { AGPROXY_PORT: '9' },
  )
  const [, before, server, after] = /^([\s\S]*?\n\n)server\n([\s\S]*?)\n\n([\s\S]*)$/.exec(text)!
  expect(before).toBe('config  /home/me/agproxy.config.ts\npreset  claude-code\n\n')
  expect(server!.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual(
    expect.arrayContaining([
      ['host', '::1', 'config'],
      ['port', '9', 'env'],
      ['bodyLimit', '1024', 'config'],
      ['maxConcurrent', '1024', 'default'],
    ]),
  )
  expect(after).toBe(`log
  level   info  default
  format  auto  default

state
  prefix  agproxy:  default

transport
  keepWarm     true    default
  sessionIdle  600000  default

accounts (from config)
  glm    zai   key ••••abcd    email me@example.com  models [a, b*]
  fn     zai   key a function
  local  echo  no key

chain
   1. door  (phase request, from preset claude-code)
        mode   auto       default
        keys   []         default
        names  { a: b }   config
        url    https://x  default
   2. own  (phase attempt, from use)

off
  bare

warnings
  accounts.3 ('zai') is left out: its apiKey is undefined; set the environment variable that the config takes it from, or leave \`apiKey\` out if the upstream needs none
`)
})

test('no secret is printed', () => {
  const text = print(
    {
      server: { https: { cert: 'a.pem', key: 'PRIVATE-KEY-TEXT', passphrase: 'hunter2' } },
      state: { url: 'redis://user:hunter2@host:6379' },
      accounts: [{ upstream: 'zai', apiKey: 'short-key' }],
      plugins: {
        door: { keys: ['client-key-1234', 'tiny'], token: 'hunter2', url: 'https://me:hunter2@host' },
      },
    },
    {},
  )
  for (const secret of ['PRIVATE-KEY', 'hunter2', 'short-key', 'client-key', 'tiny']) {
    expect(text).not.toContain(secret)
  }
  expect(text).toContain('[••••1234, ••••]')
  expect(text).toContain('redis://••••@host:6379')
  expect(text).toContain('https://••••@host')
})

test('a key in the place of an id or an upstream is not printed', () => {
  const text = print({
    accounts: [{ upstream: 'Sk-Hunter2' }, { id: 'sk-hunter2-hunter2', upstream: 'zai' }],
  })
  expect(text).not.toMatch(/hunter2/i)
  expect(text).toMatch(/^ {2}•••• {2}•••• {2}no key\n {2}•••• {2}zai {3}no key$/m)
})

test.each([
  ['redis://me:hun@ter2@host:1/0', 'redis://••••@host:1/0'],
  ['redis://hunter2@host:1', 'redis://••••@host:1'],
  ['redis://me:hun/ter2@host:1', 'redis://••••'],
  ['redis://hun/ter2@host:1', 'redis://••••'],
  ['redis://me:hun ter2@host:1', 'redis://••••@host:1'],
  ['redis://host:1/0?password=hunter2', 'redis://host:1/0?••••'],
  ['redis://host:1/0?password=hun@ter2', 'redis://••••'],
  ['redis://me:hun#ter2@host:1', 'redis://••••'],
  ['redis://host:1/0', 'redis://host:1/0'],
])('of %s nothing is printed that may be a secret', (url, shown) => {
  for (const text of [
    print({}, { REDIS_URL: url }),
    print({ state: { url } }),
    print({ plugins: { door: { url } } }),
    print({ plugins: { door: { names: { other: url } } } }),
  ]) {
    expect(text).not.toMatch(/hun|ter2/)
    expect(text.replaceAll(/ +/g, ' ')).toMatch(
      new RegExp(`[ :] ?${shown.replaceAll(/[?/.]/g, '\\$&')}[ \n]`),
    )
  }
})

test.each(['https://api.example/v1?api_key=hunter2', 'https://me:hun@ter2@api.example/v1'])(
  'of a base URL %s neither query nor password is printed',
  (url) => {
    const text = print({
      plugins: { door: { url } },
      accounts: [{ upstream: 'zai', baseURL: url.replace(/me.*@/, '') }],
    })
    expect(text).not.toMatch(/hun|ter2/)
    expect(text).toContain('api.example/v1')
  },
)

test('without file and accounts it says so', () => {
  const text = printConfig(resolveConfig(undefined, { env: {}, presets }))
  expect(text).toContain('config  none found, defaults in force')
  expect(text).toContain('accounts\n  none')
})

test('of a key the last four characters are shown when it is long enough', () => {
  expect(maskKey('0123456789a')).toBe('••••')
  expect(maskKey('0123456789ab')).toBe('••••89ab')
})
