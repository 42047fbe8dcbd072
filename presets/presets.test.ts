import { fileURLToPath } from 'node:url'
import * as agproxy from 'agproxy'
import * as plugins from 'agproxy/plugins'
import { expect, test } from 'vitest'
import { loadConfig } from '../core/config/load.js'
import { resolveConfig } from '../core/config/resolve.js'
import { presets } from './index.js'

const names = (preset: string) =>
  resolveConfig({ preset }, { env: {}, presets }).chain.map((plugin) => plugin.definition.name)

test('claude-code: the chain in an order that its rules allow', () => {
  const chain = names('claude-code')
  const fixed = [
    'auth',
    'warmup',
    'count-tokens',
    'models',
    'retry-rotate',
    'thinking',
    'cache-control',
    'role-merge',
    'force-stream',
    'zai',
    'anthropic',
    'echo',
  ]
  expect(chain.filter((name) => fixed.includes(name))).toEqual(fixed)
})

test('passthrough is keys, rotation and Anthropic, and nothing that rewrites', () => {
  expect(names('passthrough')).toEqual(['auth', 'retry-rotate', 'anthropic'])
})

test('each preset goes by the name under which it can be named', () => {
  for (const [name, preset] of Object.entries(presets)) expect(preset.name).toBe(name)
})

test('every plugin of a preset can be had from agproxy/plugins', () => {
  const exported = Object.values(plugins).map((factory) => (factory as { definition?: unknown }).definition)
  for (const preset of Object.values(presets)) {
    for (const factory of preset.plugins) expect(exported).toContain(factory.definition)
  }
})

test('what the environment gives', () => {
  const env = {
    AGPROXY_API_KEY: 'one,two',
    ZAI_API_KEY: 'z1,z2',
    ZAI_BASE_URL: 'https://zai.example',
    AGPROXY_ANTHROPIC_API_KEY: 'a',
    AGPROXY_ANTHROPIC_BASE_URL: 'https://anthropic.example',
    ANTHROPIC_API_KEY: 'the-clients-own',
  }
  const config = resolveConfig(undefined, { env, presets })
  const options = (name: string) => config.chain.find((p) => p.definition.name === name)!.options
  expect(config.accounts.map(({ id, apiKey }) => [id, apiKey])).toEqual([
    ['zai-1', 'z1'],
    ['zai-2', 'z2'],
    ['anthropic-1', 'a'],
  ])
  expect(options('auth')).toMatchObject({ keys: ['one', 'two'] })
  expect(options('zai')).toMatchObject({ baseURL: 'https://zai.example' })
  expect(options('anthropic')).toMatchObject({ baseURL: 'https://anthropic.example' })
  expect(JSON.stringify(config)).not.toContain('the-clients-own')
})

test("this repository's own config works with nothing in the environment", async () => {
  const cwd = fileURLToPath(new URL('..', import.meta.url))
  const { file, config } = await loadConfig({
    cwd,
    env: {},
    project: true,
    modules: async () => ({ agproxy }),
  })
  expect(file).toMatch(/agproxy\.config\.ts$/)
  expect(resolveConfig(config, { env: {}, presets, file })).toMatchObject({
    server: { host: '127.0.0.1', port: 8045 },
    accounts: [],
    presets: ['claude-code'],
  })
  expect(resolveConfig(config, { env: { AGPROXY_PORT: '9' }, presets }).server.port).toBe(9)
})
