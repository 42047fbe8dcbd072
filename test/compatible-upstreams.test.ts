import { describe, expect, it, onTestFinished } from 'vitest'
import { tryOut } from '../core/cli/probe.js'
import { printConfig } from '../core/config/print.js'
import { resolveConfig } from '../core/config/resolve.js'
import type { PluginEntry } from '../core/contract/plugin.js'
import { anthropicCompatible } from '../plugins/anthropic-compatible/index.js'
import { deepseek, ollama } from '../plugins/anthropic-compatible/ready-made.js'
import { zai } from '../plugins/zai/index.js'
import { presets } from '../presets/index.js'
import type { TestConfig } from './harness/gateway.js'
import { answer } from './support/anthropic-upstream.js'
import { type Handler, startUpstream } from './support/bad-upstream.js'
import { ask } from './support/client.js'
import { stand } from './support/stand.js'

const ok: Handler = (request) => answer({}, request)
const resolve = (config: TestConfig) => resolveConfig(config, { env: {}, presets })

describe('agproxy check', () => {
  it('shows the options with their origins, and of extra headers the names alone', () => {
    const text = printConfig(
      resolve({
        accounts: [],
        use: [
          anthropicCompatible({ name: 'box', baseURL: 'http://x', headers: { 'x-org': 'secret-of-acme' } }),
        ],
        plugins: { box: { needsKey: false } },
      }),
    )
    const [, chain] = /box {2}\(upstream, from use\)\n([\s\S]*?)\n\n/.exec(text)!
    expect(chain!.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['baseURL', 'http://x', 'config'],
      ['keyHeader', 'x-api-key', 'default'],
      ['needsKey', 'false', 'config'],
      ['headers', '{ x-org: ••••acme }', 'config'],
      ['models', '{}', 'default'],
      ['accepts', '{}', 'default'],
      ['contextWindows', '{}', 'default'],
      ['listsModels', 'false', 'default'],
    ])
    expect(text).not.toContain('secret-of')
  })

  it('--probe calls each account', async () => {
    const up = await startUpstream(ok)
    onTestFinished(() => up.close())
    const config = resolve({
      accounts: [{ id: 'one', upstream: 'box', apiKey: 'sk-box' }],
      use: [anthropicCompatible({ name: 'box', baseURL: up.url, models: { '*': 'mine' } })],
    })
    expect((await tryOut(config, true)).results).toMatchObject([{ id: 'one', upstream: 'box', ok: true }])
    expect(up.requests[0]!.json().model).toBe('mine')
  })
})

describe('what is refused, and how', () => {
  const at = (options: object) => anthropicCompatible({ name: 'box', baseURL: 'http://x', ...options })
  const problem = (...use: PluginEntry[]) => {
    try {
      resolve({ accounts: [], use })
    } catch (error) {
      return (error as Error).message
    }
    return 'nothing'
  }

  it.each([
    [
      { baseURL: 'x.example' },
      "box.baseURL (in use): must be an http(s) URL without credentials, found 'x.example'",
    ],
    [{ baseURL: undefined }, 'plugins.box.baseURL: expected a string, found nothing'],
    [
      { keyHeader: 'x key' },
      "box.keyHeader (in use): must be 'x-api-key', 'bearer' or the name of a header, found 'x key'",
    ],
    [
      { keyHeader: 'Host' },
      "box.keyHeader (in use): must be 'x-api-key', 'bearer' or the name of a header, found 'Host'",
    ],
    [{ headers: { 'x y': 'z' } }, "box.headers (in use): 'x y' is no header that can be set"],
    [
      { headers: { 'Content-Length': '1' } },
      "box.headers (in use): 'Content-Length' is no header that can be set",
    ],
    [
      { headers: { 'x-y': 'sk-1\nsk-2' } },
      'box.headers (in use).x-y: expected printable ASCII, found a string',
    ],
    [
      { accept: {} },
      "box.accept (in use): unknown key; allowed are baseURL, keyHeader, needsKey, headers, models, accepts, contextWindows, listsModels; did you mean 'accepts'?",
    ],
    [{ accepts: { cache: true } }, 'box.accepts (in use).cache: unknown key; allowed are cacheControl, '],
    [{ models: { a: '' } }, "box.models (in use).a: expected at least 1 character, found ''"],
  ])('options %j', (options, message) => {
    expect(problem(at(options))).toContain(message)
  })

  it.each(['Box', 'my box', '', undefined, '-x'])('the name %j', (name) => {
    expect(() => anthropicCompatible({ name: name as string, baseURL: 'http://x' })).toThrow(
      'must be lower case letters, digits and dashes',
    )
  })

  it('a name that is taken, by another instance or by a plugin of the preset', () => {
    expect(problem(at({}), at({}))).toContain(
      "the name 'box' is taken twice; choose another name for your own",
    )
    expect(problem(ollama, ollama({ models: { '*': 'x' } }))).toContain("the name 'ollama' is taken twice")
    expect(problem(ollama({ name: 'zai' }))).toContain("the name 'zai' is taken twice")
  })

  it('an account of an instance that is not there, with the nearest name', async () => {
    await expect(
      stand(ok, { config: () => ({ accounts: [{ upstream: 'bok', apiKey: 'x' }], use: [at({})] }) }),
    ).rejects.toThrow("accounts.0.upstream: no upstream 'bok'; did you mean 'box'?")
  })
})

describe('a ready-made entry', () => {
  const optionsOf = (name: string, use: readonly PluginEntry[], plugins = {}) =>
    resolve({ accounts: [], use, plugins }).chain.find((p) => p.definition.name === name)!

  it('stands in `use` as it is, or with options that replace its data', () => {
    expect(optionsOf('deepseek', [deepseek]).options).toMatchObject({
      baseURL: 'https://api.deepseek.com/anthropic',
      models: { 'claude-opus*': 'deepseek-v4-pro', 'claude*': 'deepseek-flash' },
      accepts: {},
    })
    const own = optionsOf('deepseek', [deepseek({ models: { '*': 'x' }, accepts: { countTokens: true } })])
    expect(own.options).toMatchObject({
      baseURL: 'https://api.deepseek.com/anthropic',
      models: { '*': 'x' },
      accepts: { countTokens: true },
    })
    expect(own.origins).toMatchObject({ baseURL: 'default', models: 'config' })
  })

  it('makes a further instance under a name of its own', async () => {
    const use = [ollama, ollama({ name: 'gpu-box', baseURL: 'http://gpu-box:11434' })]
    expect(optionsOf('gpu-box', use).options).toMatchObject({
      baseURL: 'http://gpu-box:11434',
      needsKey: false,
    })
    expect(optionsOf('ollama', use).options).toMatchObject({ baseURL: 'http://localhost:11434' })
    expect(ollama.definition.name).toBe('ollama')
  })

  it('a local server serves with an account that has no key', async () => {
    const { up, send } = await stand(ok, {
      config: (url) => ({
        accounts: [{ id: 'here', upstream: 'ollama' }],
        use: [ollama({ baseURL: url, models: { 'claude-*': 'qwen3-coder' } })],
      }),
    })
    expect((await send({ body: ask() })).headers['x-account-email']).toBe('here')
    expect(up.requests[0]!.json().model).toBe('qwen3-coder')
  })

  it('stands in a preset too', () => {
    const preset = { name: 'mine', plugins: [zai, ollama] }
    expect(
      resolveConfig({ preset, accounts: [] }, { env: {}, presets }).chain.map((p) => p.definition.name),
    ).toEqual(['zai', 'ollama'])
  })
})
