import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { PluginEntry } from '../contract/plugin.js'
import { ConfigError } from '../errors/config-error.js'
import { definePlugin } from '../plugin/define.js'
import { definePreset } from './define.js'
import { type ResolveContext, resolveConfig } from './resolve.js'

const door = definePlugin({
  name: 'door',
  phase: 'request',
  env: { keys: 'DOOR_KEYS', size: 'DOOR_SIZE', open: 'DOOR_OPEN', note: 'DOOR_NOTE' },
  options: z.strictObject({
    mode: z.enum(['auto', 'off', 'strict']).default('auto'),
    keys: z.array(z.string()).default([]).meta({ secret: true }),
    size: z.number().optional(),
    open: z.boolean().default(false),
    note: z.string().default(''),
    names: z.record(z.string(), z.string()).default({}),
  }),
  create: () => ({}),
})
const bare = definePlugin({ name: 'bare', phase: 'request', create: () => ({}) })
const send = definePlugin({
  name: 'send',
  phase: 'attempt',
  options: z.strictObject({ baseURL: z.url().default('https://example.com') }),
  create: () => ({}),
})
const house = definePreset({
  name: 'claude-code',
  plugins: [door({ note: 'preset' }), bare, send],
  accountsFromEnv: { SEND_KEY: 'send', OTHER_KEY: 'other' },
})

const FILE = '/home/me/agproxy.config.ts'
const resolve = (raw: unknown, context: Partial<ResolveContext> = {}) =>
  resolveConfig(raw, { env: {}, presets: { 'claude-code': house }, file: FILE, ...context })
const failure = (raw: unknown, context: Partial<ResolveContext> = {}): string => {
  try {
    resolve(raw, context)
  } catch (error) {
    if (ConfigError.is(error)) return error.message
    throw error
  }
  throw new Error('no error')
}
const plugin = (raw: unknown, name: string, context: Partial<ResolveContext> = {}) =>
  resolve(raw, context).chain.find((p) => p.definition.name === name)!
const own = (name: string, extra: object = {}): PluginEntry =>
  definePlugin({ name, phase: 'request', create: () => ({}), ...extra })
const chainNames = (raw: unknown, context: Partial<ResolveContext> = {}) =>
  resolve(raw, context).chain.map((p) => p.definition.name)

describe('without a config', () => {
  test('everything has its default', () => {
    const config = resolve(undefined, { file: undefined })
    expect(config.server).toMatchObject({
      host: '127.0.0.1',
      port: 8045,
      bodyLimit: 32 * 1024 * 1024,
      depthLimit: 200,
      valueLimit: 1_000_000,
      messageLimit: 100_000,
      headersTimeout: 60_000,
      requestTimeout: 300_000,
      keepAliveTimeout: 75_000,
      maxConcurrent: 1024,
      queueLimit: 512,
      queueTimeout: 30_000,
      shutdownTimeout: 30_000,
      https: false,
    })
    expect(config.log).toEqual({ level: 'info', format: 'auto' })
    expect(config.state).toEqual({ prefix: 'agproxy:' })
    expect(config).toMatchObject({ file: undefined, presets: ['claude-code'], off: [], accounts: [] })
    expect(config.chain.map((p) => p.definition.name)).toEqual(['door', 'bare', 'send'])
  })

  test('a warning names the variables that would give an account', () => {
    expect(resolve(undefined).warnings).toEqual([
      'no upstream account: set SEND_KEY or OTHER_KEY, or name `accounts` in the config',
    ])
  })
})

describe('what wins', () => {
  test('a flag over the config, the config over the environment, the environment over the default', () => {
    const env = { AGPROXY_HOST: 'env-host', AGPROXY_PORT: '1111' }
    expect(resolve({}, { env }).server).toMatchObject({ host: 'env-host', port: 1111 })
    const config = { server: { host: 'config-host', port: 2222 }, log: { level: 'warn' } }
    expect(resolve(config, { env }).server).toMatchObject({ host: 'config-host', port: 2222 })
    const flagged = resolve(config, { env, flags: { port: '3333', logLevel: 'debug' } })
    expect(flagged.server).toMatchObject({ host: 'config-host', port: 3333 })
    expect(flagged.log.level).toBe('debug')
    expect(flagged.origins.server).toMatchObject({ host: 'config', port: 'flag', bodyLimit: 'default' })
    expect(resolve({}, { env }).origins.server).toMatchObject({ host: 'env', port: 'env' })
  })

  test('a plugin: defaults, preset, environment, config, key by key', () => {
    expect(plugin({}, 'door')).toMatchObject({
      options: { mode: 'auto', note: 'preset' },
      origins: { mode: 'default', note: 'preset' },
      from: 'claude-code',
    })
    const env = { DOOR_NOTE: 'env', DOOR_KEYS: 'a, b,,c' }
    expect(plugin({}, 'door', { env })).toMatchObject({
      options: { note: 'env', keys: ['a', 'b', 'c'] },
      origins: { note: 'env', keys: 'env' },
    })
    expect(plugin({ plugins: { door: { note: 'config' } } }, 'door', { env })).toMatchObject({
      options: { note: 'config', keys: ['a', 'b', 'c'] },
      origins: { note: 'config', keys: 'env' },
    })
  })

  test('options replace defaults whole, they are not merged deeper', () => {
    const preset = definePreset({ name: 'p', plugins: [door({ names: { a: '1', b: '2' } })] })
    expect(plugin({ preset, plugins: { door: { names: { c: '3' } } } }, 'door').options).toMatchObject({
      names: { c: '3' },
    })
  })

  test('an own plugin: what `use` says wins over the environment, `plugins` over both', () => {
    const env = { DOOR_NOTE: 'env', DOOR_SIZE: '7' }
    const raw = {
      preset: definePreset({ name: 'p', plugins: [bare] }),
      use: [door({ note: 'use', open: true })],
    }
    expect(plugin(raw, 'door', { env })).toMatchObject({
      options: { note: 'use', size: 7, open: true },
      origins: { note: 'config', size: 'env', open: 'config' },
      from: 'use',
    })
    expect(plugin({ ...raw, plugins: { door: { note: 'plugins' } } }, 'door', { env }).options).toMatchObject(
      {
        note: 'plugins',
        open: true,
      },
    )
  })

  test('variables become what the option wants, and an empty one counts as unset', () => {
    const env = { DOOR_SIZE: '12', DOOR_OPEN: 'true', DOOR_KEYS: '' }
    expect(plugin({}, 'door', { env }).options).toMatchObject({ size: 12, open: true, keys: [] })
    expect(plugin({}, 'door', { env }).origins).toMatchObject({ keys: 'default' })
    expect(resolve({}, { env: { AGPROXY_PORT: '' } }).server.port).toBe(8045)
  })

  test('a value that is undefined was not given', () => {
    const raw = { server: { port: undefined }, plugins: { door: { note: undefined } } }
    const env = { AGPROXY_PORT: '99', DOOR_NOTE: 'env' }
    expect(resolve(raw, { env }).server.port).toBe(99)
    expect(plugin(raw, 'door', { env }).options).toMatchObject({ note: 'env' })
  })

  test('REDIS_URL is where state goes, unless the config says', () => {
    const env = { REDIS_URL: 'redis://one' }
    expect(resolve({}, { env }).state.url).toBe('redis://one')
    expect(resolve({ state: { url: 'redis://two' } }, { env }).state.url).toBe('redis://two')
  })
})

describe('plugins on and off', () => {
  test('false leaves a plugin out, true and options leave it in', () => {
    const config = resolve({ plugins: { door: false, bare: true, send: {} } })
    expect(config.chain.map((p) => p.definition.name)).toEqual(['bare', 'send'])
    expect(config.off).toEqual(['door'])
  })

  test('a plugin that is off still marks a place for others', () => {
    const raw = {
      plugins: { bare: false },
      use: [own('mine', { before: 'bare' }), own('late', { after: 'bare' })],
    }
    expect(chainNames(raw)).toEqual(['door', 'mine', 'late', 'send'])
  })

  test('falsy entries of `use` are skipped', () => {
    expect(chainNames({ use: [false, null, undefined, own('mine')] })).toEqual([
      'door',
      'bare',
      'mine',
      'send',
    ])
  })

  test('what requires a plugin that is off is an error', () => {
    expect(failure({ plugins: { bare: false }, use: [own('mine', { requires: 'bare' })] })).toBe(
      `${FILE}:\n  'mine' requires 'bare', which is switched off`,
    )
  })

  test('an own plugin can not take the name of another', () => {
    expect(failure({ use: [own('door')] })).toBe(
      `${FILE}:\n  the name 'door' is taken twice; choose another name for your own`,
    )
  })

  test('own plugins that contradict one another are told the cycle', () => {
    const use = [own('one', { after: 'two' }), own('two', { after: 'one' })]
    const message = failure({ use })
    expect(message).toContain("'one' must come after 'two'")
    expect(message).toContain("these can't all hold: ")
    expect(message).toContain("'two' says after 'one'")
  })
})

describe('presets', () => {
  const extra = definePreset({
    name: 'extra',
    plugins: [own('first', { before: 'door' }), own('bare', { after: 'door' }), own('more')],
    accountsFromEnv: { EXTRA_KEY: 'extra' },
  })
  test('of several, a later plugin replaces the earlier one in place, and new ones are placed', () => {
    const config = resolve({ preset: ['claude-code', extra] })
    expect(config.chain.map((p) => `${p.definition.name} ${p.from}`)).toEqual([
      'first extra',
      'door claude-code',
      'bare extra',
      'more extra',
      'send claude-code',
    ])
    expect(config.presets).toEqual(['claude-code', 'extra'])
  })

  test('a later preset says anew with which options a plugin runs', () => {
    const strict = definePreset({ name: 'strict', plugins: [door({ mode: 'strict' })] })
    expect(plugin({ preset: ['claude-code', strict] }, 'door').options).toMatchObject({
      mode: 'strict',
      note: '',
    })
  })

  test('the flag replaces what the config says', () => {
    const small = definePreset({ name: 'small', plugins: [send] })
    const presets = { 'claude-code': house, small }
    const config = resolve({ preset: 'claude-code' }, { presets, flags: { preset: 'small' } })
    expect(config.presets).toEqual(['small'])
    expect(failure({}, { presets, flags: { preset: 'smal' } })).toBe(
      "--preset: unknown preset 'smal'; known are claude-code, small; did you mean 'small'?",
    )
  })

  test('an unknown name and a thing that is no preset', () => {
    expect(failure({ preset: 'claude-cod' })).toBe(
      `${FILE}:\n  preset: unknown preset 'claude-cod'; known are claude-code; did you mean 'claude-code'?`,
    )
    expect(failure({ preset: ['claude-code', 7, { name: 'x' }] })).toBe(
      `${FILE}:\n  preset.1: expected a preset's name or what definePreset returns, found 7\n` +
        "  preset.2: expected a preset's name or what definePreset returns, found an object",
    )
    expect(failure({ preset: 'toString' })).toContain("unknown preset 'toString'")
  })

  test("accounts come from every preset's variables", () => {
    const config = resolve({ preset: ['claude-code', extra] }, { env: { EXTRA_KEY: 'e', SEND_KEY: 's' } })
    expect(config.accounts.map((a) => a.id)).toEqual(['send-1', 'extra-1'])
  })
})

describe('accounts', () => {
  test('from the environment: one for each key, in order of preference', () => {
    const config = resolve({}, { env: { OTHER_KEY: 'o', SEND_KEY: 'one, two' } })
    expect(config.accounts).toEqual([
      { id: 'send-1', upstream: 'send', apiKey: 'one' },
      { id: 'send-2', upstream: 'send', apiKey: 'two' },
      { id: 'other-1', upstream: 'other', apiKey: 'o' },
    ])
    expect(config).toMatchObject({ accountsFrom: 'env', warnings: [] })
  })

  test('those of the environment count only where the config names none', () => {
    const env = { SEND_KEY: 'one' }
    expect(resolve({ accounts: [{ upstream: 'other', apiKey: 'k' }] }, { env }).accounts).toEqual([
      { id: 'other-1', upstream: 'other', apiKey: 'k' },
    ])
    expect(resolve({ accounts: [] }, { env }).accounts).toEqual([])
  })

  test('the environment gives none for an upstream whose plugin is off', () => {
    const env = { SEND_KEY: 'one', OTHER_KEY: 'o' }
    expect(resolve({ plugins: { send: false } }, { env }).accounts.map((a) => a.id)).toEqual(['other-1'])
  })

  test('missing ids are numbered by upstream, around those that are taken', () => {
    const raw = { accounts: [{ upstream: 'send' }, { id: 'send-2', upstream: 'send' }, { upstream: 'send' }] }
    expect(resolve(raw).accounts.map((a) => a.id)).toEqual(['send-1', 'send-2', 'send-3'])
  })

  test('an id can be taken once', () => {
    const raw = {
      accounts: [
        { id: 'a', upstream: 'send' },
        { id: 'a', upstream: 'other' },
      ],
    }
    expect(failure(raw)).toBe(
      `${FILE}:\n  accounts.1.id: 'a' is the id of accounts.0 too; ids must be unique`,
    )
  })

  test.each([
    [undefined, 'undefined'],
    ['', 'empty'],
    [' ', 'empty'],
    ['"\u200b"', 'empty'],
    [null, 'null'],
  ])('with a key that is %j an account is left out, with a warning', (apiKey, word) => {
    const raw = {
      accounts: [
        { id: 'glm', upstream: 'send', apiKey },
        { id: 'own', upstream: 'send', apiKey: 'k' },
      ],
    }
    const config = resolve(raw)
    expect(config.accounts.map((a) => a.id)).toEqual(['own'])
    expect(config.warnings).toEqual([
      `accounts.0 ('glm') is left out: its apiKey is ${word}; set the environment variable that the config takes ` +
        'it from, or leave `apiKey` out if the upstream needs none',
    ])
  })

  test('where all are left out, no other variable is proposed: it would change nothing', () => {
    const { warnings } = resolve({ accounts: [{ upstream: 'send', apiKey: undefined }] })
    expect(warnings).toEqual([
      expect.stringContaining("accounts.0 ('send') is left out"),
      'no upstream account: all that the config names are left out',
    ])
  })

  test.each([
    ['"sk-abc"', 'sk-abc', 'quotes'],
    ["  'sk-abc'\n", 'sk-abc', 'quotes'],
    ['“sk-abc”', 'sk-abc', 'quotes'],
    ['sk-abc\u200b', 'sk-abc', 'a zero-width space (U+200B)'],
    ['\ufeffsk-abc', 'sk-abc', 'a byte order mark (U+FEFF)'],
    ['\u00a0sk-abc\r\n', 'sk-abc', 'a no-break space (U+00A0)'],
    ['sk-abc\u2060\u200d', 'sk-abc', 'a word joiner (U+2060)'],
    [' \tsk-abc\r\n', 'sk-abc', undefined],
  ])('what is not seen around a key %j is taken off, and named', (apiKey, key, removed) => {
    const config = resolve({ accounts: [{ id: 'a', upstream: 'send', apiKey }] })
    expect(config.accounts[0]!.apiKey).toBe(key)
    const where = "accounts.0.apiKey ('a')"
    expect(config.warnings).toEqual(removed ? [`${where}: taken off its ends: ${removed}`] : [])

    const fromEnv = resolve({}, { env: { SEND_KEY: `${apiKey},${apiKey}` } })
    expect(fromEnv.accounts.map((account) => account.apiKey)).toEqual([key, key])
    const warning = `SEND_KEY (environment): taken off the ends of a key: ${removed}`
    expect(fromEnv.warnings).toEqual(removed ? [warning] : [])
  })

  test('quotes around all keys of a variable are taken off', () => {
    const config = resolve({}, { env: { SEND_KEY: '"one, two"' } })
    expect(config.accounts.map((account) => account.apiKey)).toEqual(['one', 'two'])
    expect(config.warnings).toEqual(['SEND_KEY (environment): taken off the ends of a key: quotes'])
  })

  test.each([
    ['sk-a\u200bbc', 'a zero-width space (U+200B) after its first 4 characters'],
    ['sk-abc\nsk-def', 'a line end (U+000A) after its first 6 characters'],
    ['sk-abc\r\nsk-def', 'a line end (U+000D) after its first 6 characters'],
    ['sk-abc，sk-def', 'a full-width comma (U+FF0C) after its first 6 characters'],
    ['Bearer sk-abc', 'a space (U+0020) after its first 6 characters'],
    ['sk-\u0000abc', 'a control character (U+0000) after its first 3 characters'],
    ['ключ', 'a character outside of ASCII (U+043A) at its start'],
    ['sk-ключ', 'a character outside of ASCII (U+043A) after its first 3 characters'],
    ['"sk-abc', 'a quote at one end'],
    ['sk-abc’', 'a curly quote (U+2019) after its first 6 characters'],
  ])('a key %j that no header can carry is refused, and what is in it named', (apiKey, fault) => {
    expect(failure({ accounts: [{ upstream: 'send', apiKey }] })).toBe(
      `${FILE}:\n  accounts.0.apiKey: expected a key of printable ASCII, without ${fault}, found a string`,
    )
    expect(failure({ server: { adminKey: apiKey } })).toContain(
      `server.adminKey: expected a key of printable ASCII, without ${fault}`,
    )
    expect(failure({}, { env: { OTHER_KEY: apiKey } })).toBe(
      `OTHER_KEY (environment): expected keys of printable ASCII, separated by commas, found ${fault}`,
    )
    expect(failure({}, { env: { OTHER_KEY: `sk-good, ${apiKey}` } })).toContain(`key 2 has ${fault}`)
  })

  test('an account without the key `apiKey` needs none', () => {
    expect(resolve({ accounts: [{ id: 'local', upstream: 'send' }] })).toMatchObject({
      accounts: [{ id: 'local', upstream: 'send' }],
      warnings: [],
    })
  })

  test('a key from a file loses its newline, and a function stays one', () => {
    const apiKey = () => 'k'
    const raw = {
      accounts: [
        { upstream: 'send', apiKey: 'key\n' },
        { upstream: 'send', apiKey },
      ],
    }
    expect(resolve(raw).accounts.map((a) => a.apiKey)).toEqual(['key', apiKey])
  })

  test('problems say where, and never show a key', () => {
    const raw = {
      accounts: [
        'sk-secret',
        { upstream: 'send', apiKey: 'sk-secret with spaces' },
        { upstream: 'send', apikey: 'sk-secret' },
        { id: 'x', apiKey: 42 },
        { upstream: 'send', weight: 0, models: 'glm', baseURL: 'ftp://x' },
      ],
    }
    expect(failure(raw)).toBe(
      [
        `${FILE}:`,
        '  accounts.0: expected an account, found a string',
        '  accounts.1.apiKey: expected a key of printable ASCII, without a space (U+0020) after its first 9 characters, found a string',
        '  accounts.2.apikey: unknown key; allowed are id, upstream, apiKey, email, priority, weight, models, ' +
          "maxConcurrent, plan, baseURL; did you mean 'apiKey'?",
        '  accounts.3.upstream: expected a string, found nothing',
        '  accounts.3.apiKey: expected a string or a function that returns the key, found a number',
        '  accounts.4.weight: expected more than 0, found 0',
        "  accounts.4.models: expected a list or an object, found 'glm'",
        "  accounts.4.baseURL: expected an http(s) URL without credentials, found 'ftp://x'",
      ].join('\n'),
    )
    expect(failure({ accounts: 'sk-secret' })).toBe(
      `${FILE}:\n  accounts: expected a list of accounts, found a string`,
    )
  })
})

describe('problems', () => {
  test('all of them are told at once, each with its path, what was found and what is allowed', () => {
    const raw = {
      presets: 'claude-code',
      server: { prot: 1, port: '80', host: '', bodyLimit: '100 megs', headersTimeout: 1.5, https: 'yes' },
      log: { level: 'inf' },
      state: { prefix: 5 },
      plugins: {
        dor: true,
        door: { mode: 'strct', size: 'big', names: { a: 1 } },
        bare: { any: 1 },
        send: 'x',
      },
    }
    const message = failure(raw)
    const misspelt = /^ {2}server\.prot: unknown key; allowed are host, port, .*; did you mean 'port'\?$/m
    expect(message).toMatch(misspelt)
    const others = message.split('\n').filter((line) => !misspelt.test(line))
    expect(others.sort()).toEqual(
      [
        `${FILE}:`,
        "  presets: unknown key; allowed are preset, server, accounts, plugins, trace, record, ledger, budgets, metrics, use, upstreams, services, prices, state, transport, log; did you mean 'preset'?",
        "  plugins.dor: unknown plugin; allowed are door, bare, send; did you mean 'door'?",
        "  plugins.door.mode: expected 'auto', 'off' or 'strict', found 'strct'; did you mean 'strict'?",
        "  plugins.door.size: expected a number, found 'big'",
        '  plugins.door.names.a: expected a string, found 1',
        '  plugins.bare.any: unknown key; none is allowed here',
        '  plugins.send: expected options, true or false, found a string',
        "  server.port: expected a number, found '80'",
        "  server.host: expected at least 1 character, found ''",
        "  server.bodyLimit: expected bytes, or a size such as '100mb', found '100 megs'",
        '  server.headersTimeout: expected whole milliseconds, found 1.5',
        '  server.https: expected true or false or an object, found a string',
        "  log.level: expected 'silent', 'error', 'warn', 'info' or 'debug', found 'inf'; did you mean 'info'?",
        '  state.prefix: expected a string, found 5',
      ].sort(),
    )
  })

  test('nothing that may be a secret is shown', () => {
    const raw = {
      plugins: { door: { keys: 'sk-secret-1', note: 7 } },
      server: { https: { key: 5, passphrase: ['sk-secret-2'] } },
    }
    const message = failure(raw)
    expect(message).toContain('plugins.door.keys: expected a list, found a string')
    expect(message).toContain('server.https.passphrase: expected a string, found a list')
    expect(message).not.toContain('sk-secret')
    expect(failure({ plugins: { door: 'sk-secret' } })).not.toContain('sk-secret')
    expect(failure({ plugins: { door: { keys: [1, 'sk-secret'] } } })).not.toContain('sk-secret')
    expect(failure({ plugins: 'sk-secret', use: 'sk-secret' })).not.toContain('sk-secret')
  })

  test.each([
    ['htp//x:hunter2@host'],
    ['https://x:hunter2@host/p'],
    ['redis:/x:hunter2@host'],
    ['x:hun@ter2@host'],
    ['redis://x:hun/ter2@host'],
    ['redis://x:hun@ter2@host:1'],
    ['redis://hun/ter2@host'],
    ['redis://x:hun ter2@host'],
    ['redis://x:hun#ter2@host'],
    ['https://host/p?api_key=hunter2'],
    ['https://host/p?api_key=hun@ter2'],
    ['https://host/p#hunter2'],
    ['see https://x:hunter2@host'],
  ])('%s in the place of a value: no part of the secret is shown', (text) => {
    for (const raw of [
      { plugins: { send: { baseURL: text } } },
      { accounts: [{ upstream: 'send', baseURL: text }] },
      { state: { url: text, prefix: 1 } },
      { server: { host: text } },
      { log: { level: text } },
      { preset: text },
    ]) {
      expect(failure({ ...raw, plugins: { ...raw.plugins, bare: { none: 1 } } })).not.toMatch(/hun|ter2/)
    }
  })

  test.each([
    'sk-ant-api03-Ab',
    'sk_live_4242',
    '0123456789abcdef0123456789abcdef.Abcdefgh12345678',
    'AIzaSyA1234567890abcdefgh',
  ])('a key %s in a wrong place is not shown', (key) => {
    for (const raw of [
      { plugins: { send: key } },
      { plugins: { door: { mode: key, open: key, names: key, size: key } } },
      { plugins: { send: { baseURL: key } } },
      { server: key },
      { server: { port: key } },
      { log: { level: key } },
      { preset: key },
      { accounts: [key, { upstream: 'send', weight: key, models: key }] },
      { use: [door(key as never)] },
    ]) {
      expect(failure(raw)).not.toContain(key.slice(3, 12))
    }
  })

  test('sections that are no objects', () => {
    expect(failure({ server: 8045, log: [], state: 'x', plugins: [], use: {} })).toBe(
      [
        `${FILE}:`,
        '  use: expected a list of plugins, found an object',
        '  plugins: expected an object, found a list',
        '  server: expected an object, found a number',
        '  log: expected an object, found a list',
        '  state: expected an object, found a string',
      ].join('\n'),
    )
    expect(failure([])).toBe(`${FILE}:\n  expected a config object, found a list`)
  })

  test('entries of `use` that are no plugins, and their wrong options, are named by their place', () => {
    expect(failure({ use: [{ name: 'x' }, () => ({})] })).toBe(
      `${FILE}:\n  use.0: expected a plugin (what definePlugin returns), found an object\n` +
        '  use.1: expected a plugin (what definePlugin returns), found a function',
    )
    const preset = definePreset({ name: 'p', plugins: [door({ size: 'x' } as never)] })
    expect(failure({ preset })).toBe(`${FILE}:\n  door.size (in preset 'p'): expected a number, found 'x'`)
    expect(
      failure({ preset: definePreset({ name: 'p', plugins: [bare] }), use: [door({ mode: 'x' as never })] }),
    ).toBe(`${FILE}:\n  door.mode (in use): expected 'auto', 'off' or 'strict', found 'x'`)
  })

  test('flags and variables are named as such, and the file only when it has a part in it', () => {
    expect(failure({}, { flags: { port: '80x', logLevel: 'debgu' }, env: { DOOR_SIZE: 'big' } })).toBe(
      [
        "  DOOR_SIZE (environment): expected a number, found 'big'",
        "  --port: expected a number, found '80x'",
        "  --log-level: expected 'silent', 'error', 'warn', 'info' or 'debug', found 'debgu'; did you mean 'debug'?",
      ].join('\n'),
    )
    expect(failure({}, { env: { AGPROXY_PORT: '70000' } })).toBe(
      'AGPROXY_PORT (environment): expected at most 65535, found 70000',
    )
    expect(failure({ log: { level: 1 } }, { flags: { port: 'x' } })).toContain(`${FILE}:`)
  })

  test.each([
    [
      'a value of the file under a flag',
      { server: { port: 'many' } },
      { flags: { port: '1' } },
      `${FILE}:\n  server.port: expected a number, found 'many'`,
    ],
    [
      'a level of the file under a flag',
      { log: { level: 'loud' } },
      { flags: { logLevel: 'info' } },
      'log.level: expected',
    ],
    [
      'a preset of the file under a flag',
      { preset: 'mine' },
      { flags: { preset: 'claude-code' } },
      "preset: unknown preset 'mine'",
    ],
    [
      'a variable under the file',
      { server: { port: 1 } },
      { env: { AGPROXY_PORT: 'junk' } },
      'AGPROXY_PORT (environment): expected a number',
    ],
    [
      "a plugin's variable under its options",
      { plugins: { door: { size: 1 } } },
      { env: { DOOR_SIZE: 'big' } },
      "DOOR_SIZE (environment): expected a number, found 'big'",
    ],
    [
      'an option in `use` under one in `plugins`',
      {
        preset: definePreset({ name: 'p', plugins: [bare] }),
        use: [door({ mode: 'x' as never })],
        plugins: { door: { mode: 'off' } },
      },
      {},
      "door.mode (in use): expected 'auto', 'off' or 'strict', found 'x'",
    ],
  ])('%s is an error though something else wins', (_name, raw, context, message) => {
    expect(failure(raw, context)).toContain(message)
  })

  test('a fault under another is told beside it, and a value that fits its own layer is none', () => {
    expect(failure({ server: { port: 'many' } }, { flags: { port: 'few' } })).toBe(
      `${FILE}:\n  server.port: expected a number, found 'many'\n  --port: expected a number, found 'few'`,
    )
    const range = definePlugin({
      name: 'range',
      phase: 'request',
      options: z
        .strictObject({ from: z.number(), to: z.number() })
        .refine(({ from, to }) => from < to, { path: ['to'], message: 'expected more than from' }),
      create: () => ({}),
    })
    const preset = definePreset({ name: 'p', plugins: [range({ from: 1, to: 2 })] })
    expect(plugin({ preset, plugins: { range: { from: 8, to: 9 } } }, 'range').options).toEqual({
      from: 8,
      to: 9,
    })
  })

  test.each([
    ['{ "__proto__": { "server": { "port": 9 } } }', '__proto__: unknown key'],
    ['{ "server": { "__proto__": { "port": 9 } } }', 'server.__proto__: unknown key'],
    ['{ "log": { "__proto__": { "level": "debug" } } }', 'log.__proto__: unknown key'],
    ['{ "state": { "__proto__": { "prefix": "x" } } }', 'state.__proto__: unknown key'],
    ['{ "plugins": { "__proto__": { "door": false } } }', 'plugins.__proto__: unknown plugin'],
    ['{ "plugins": { "door": { "__proto__": { "mode": "off" } } } }', 'plugins.door.__proto__: unknown key'],
    [
      '{ "accounts": [{ "upstream": "send", "__proto__": { "apiKey": "k" } }] }',
      'accounts.0.__proto__: unknown key',
    ],
  ])('%s is refused like any other unknown key', (text, message) => {
    expect(failure(JSON.parse(text))).toContain(message)
  })
})

describe('plugins that are off until they are wanted', () => {
  const metrics = definePlugin({
    name: 'metrics',
    phase: 'request',
    optIn: true,
    env: { note: 'METRICS_NOTE' },
    options: z.strictObject({ public: z.boolean().default(false), note: z.string().default('') }),
    create: () => ({}),
  })
  const presets = { 'claude-code': definePreset({ name: 'claude-code', plugins: [door, metrics] }) }
  const on = (raw: unknown, env = {}) => chainNames(raw, { presets, env }).includes('metrics')

  test.each([
    ['nothing names it', {}, {}, false],
    ['plugins', { plugins: { metrics: true } }, {}, true],
    ['its short form', { metrics: { public: true } }, {}, true],
    ['its variable', {}, { METRICS_NOTE: 'x' }, true],
    ['an empty variable', {}, { METRICS_NOTE: '' }, false],
    ['false', { metrics: false }, { METRICS_NOTE: 'x' }, false],
  ])('%s', (_name, raw, env, expected) => {
    expect(on(raw, env)).toBe(expected)
  })

  test('in `use` it is on, and a preset that gives options means it', () => {
    expect(chainNames({ use: [metrics] }).includes('metrics')).toBe(true)
    const own = definePreset({ name: 'own', plugins: [metrics({ public: true })] })
    expect(chainNames({ preset: own })).toEqual(['metrics'])
  })

  test('a short form is told by its own path', () => {
    expect(failure({ metrics: { pubic: true } }, { presets })).toMatch(/^ {2}metrics\.pubic: unknown key/m)
    expect(failure({ metrics: true, plugins: { metrics: true } }, { presets })).toMatch(
      /^ {2}metrics: is set here and in plugins\.metrics; keep one/m,
    )
    expect(failure({ ledger: true }, { presets })).toMatch(
      /^ {2}ledger: unknown plugin; .*stands for plugins\.ledger/m,
    )
  })
})
