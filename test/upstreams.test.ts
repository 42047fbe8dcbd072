import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { loadConfig } from '../core/config/load.js'
import { printConfig } from '../core/config/print.js'
import { resolveConfig } from '../core/config/resolve.js'
import { presets } from '../presets/index.js'
import { upstreamOf } from '../presets/upstreams.js'
import { startTestGateway, type TestConfig } from '../testing.js'
import { geminiFrames } from './providers/wires/gemini.js'
import { ask } from './support/client.js'
import { message } from './support/messages.js'
import { json, streamed } from './support/script.js'
import { stand } from './support/stand.js'

const resolve = (config: object) => resolveConfig(config, { env: {}, presets, upstreamOf })

function problems(upstreams: unknown): string {
  try {
    resolve({ accounts: [], upstreams })
  } catch (error) {
    return (error as Error).message
  }
  return 'nothing'
}

/** A config file in a folder of its own, as a user's. */
async function load(name: string, text: string): Promise<TestConfig> {
  const cwd = mkdtempSync(join(tmpdir(), 'agproxy-upstreams-'))
  onTestFinished(() => rmSync(cwd, { recursive: true }))
  writeFileSync(join(cwd, name), text)
  const { config } = await loadConfig({ cwd, env: {}, file: join(cwd, name), modules: async () => ({}) })
  return config as TestConfig
}

describe('upstreams as data', () => {
  it('five lines of YAML bring a client onto another provider', async () => {
    const { send, up } = await stand(() => streamed(geminiFrames({ text: 'Hello from afar' })), {
      config: (url) =>
        load(
          'agproxy.config.yaml',
          `upstreams:
  - { name: gemini, provider: '@ai-sdk/google', baseURL: '${url}/v1beta', models: { 'claude-*': gemini-3-pro } }
accounts:
  - { upstream: gemini, apiKey: the-key-of-gemini }
`,
        ),
    })
    expect((await send({ body: ask() })).json().content).toEqual([{ type: 'text', text: 'Hello from afar' }])
    expect(up.requests[0]!.url).toBe('/v1beta/models/gemini-3-pro:streamGenerateContent?alt=sse')
    expect(up.requests[0]!.header('x-goog-api-key')).toBe('the-key-of-gemini')
  })

  it('one with a type is Claude on that cloud', async () => {
    const { send, up } = await stand(() => json(message({ text: 'hi' })), {
      config: (url) =>
        load(
          'agproxy.config.yaml',
          `upstreams:
  - { name: aws, type: bedrock, baseURL: '${url}', profile: eu }
accounts:
  - { upstream: aws, apiKey: the-key-of-bedrock }
`,
        ),
    })
    expect((await send({ body: ask() })).status).toBe(200)
    expect(up.requests[0]!.url).toBe('/model/eu.anthropic.claude-sonnet-5/invoke')
    expect(problems([{ name: 'x', type: 'azure' }])).toContain('expected a type of bedrock, vertex, moonshot')
  })

  it('one without a provider is of Anthropic’s own shape', async () => {
    const { send, up } = await stand(() => json(message({ text: 'hi' })), {
      config: (url) =>
        load(
          'agproxy.config.json',
          JSON.stringify({
            upstreams: [{ name: 'work', baseURL: url, keyHeader: 'api-key' }],
            accounts: [{ upstream: 'work', apiKey: 'the-key-of-work' }],
          }),
        ),
    })
    expect((await send({ body: ask() })).status).toBe(200)
    expect(up.requests[0]!.header('api-key')).toBe('the-key-of-work')
  })

  it('are shown by `check` with their origin, settings hidden', () => {
    const text = printConfig(
      resolve({
        accounts: [],
        upstreams: [{ name: 'azure', provider: '@ai-sdk/azure', settings: { resourceName: 'secret-name' } }],
      }),
    )
    expect(text).toContain('azure  (upstream, from upstreams)')
    expect(text).not.toContain('secret-')
  })

  it.each([
    [{}, 'upstreams: expected a list of upstreams, found an object'],
    [['gemini'], 'upstreams.0: expected an upstream as { name, … }, found a string'],
    [[{ provider: 'x' }], 'upstreams.0.name: expected a name, found nothing'],
    [[{ name: 'Gemini', provider: 'x' }], "name 'Gemini' must be lower case letters, digits and dashes"],
    [
      [{ name: 'gemini', provider: 'x', model: {} }],
      'gemini.model (in upstreams): unknown key; allowed are provider, models',
    ],
    [[{ name: 'work' }], 'plugins.work.baseURL: expected a string, found nothing'],
  ])('say what is wrong with %j', (upstreams, words) => {
    expect(problems(upstreams)).toContain(words)
  })

  it('keep the gateway from starting while their package is missing', async () => {
    const config = {
      accounts: [{ upstream: 'gone', apiKey: 'k' }],
      upstreams: [{ name: 'gone', provider: '@ai-sdk/of-no-one' }],
    }
    await expect(startTestGateway(config)).rejects.toThrow(
      "upstream 'gone' could not be set up: the package @ai-sdk/of-no-one is not installed: npm install @ai-sdk/of-no-one",
    )
  })
})
