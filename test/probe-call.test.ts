import { describe, expect, it, onTestFinished } from 'vitest'
import { type ProbeResult, tryOut } from '../core/cli/probe.js'
import { resolveConfig } from '../core/config/resolve.js'
import { ollama, openrouter } from '../plugins/index.js'
import { presets } from '../presets/index.js'
import { answer, failure } from './support/anthropic-upstream.js'
import { closedPort, type Handler, startUpstream } from './support/bad-upstream.js'
import { errorData } from './support/messages.js'
import { json, respond, type Script, sse, stall } from './support/script.js'

const KEY = 'sk-account-0123456789'

/** Probes one account at a scripted upstream. */
async function probed(handler: Handler, raw: (url: string) => object, patience?: number) {
  const up = await startUpstream(handler)
  onTestFinished(() => up.close())
  const { results } = await tryOut(resolveConfig(raw(up.url), { env: {}, presets }), true, patience)
  const { ok, text } = results[0] as ProbeResult
  return { ok, text: text.replaceAll(up.url, 'http://HOST').replaceAll(new URL(up.url).host, 'HOST'), up }
}

const at =
  (upstream: string, account: object = {}, more: object = {}) =>
  (url: string) => ({
    preset: 'claude-code',
    accounts: [{ id: 'a', upstream, apiKey: KEY, ...account }],
    plugins: { [upstream]: { baseURL: `${url}/base` } },
    ...more,
  })

const WRONG_URL =
  /the base URL of account 'a' \(\w+\) is wrong: http:\/\/HOST\/base\/v1\/messages does not exist/

describe.each(['zai', 'anthropic'])('a probe of %s', (upstream) => {
  it('is one small call, and good where a message comes back', async () => {
    const { ok, text, up } = await probed((request) => answer({}, request), at(upstream))
    expect([ok, text]).toEqual([true, expect.stringMatching(/^\d+ ms$/)])
    expect(up.requests.map(({ url }) => url)).toEqual(['/base/v1/messages'])
    expect(up.requests[0]!.json()).toMatchObject({
      model: upstream === 'zai' ? 'glm-4.5-air' : 'claude-haiku-4-5',
      max_tokens: 1,
    })
  })

  it.each<[string, Script, RegExp]>([
    ['z.ai’s wrong path', json({ code: 500, msg: '404 NOT_FOUND', success: false }), WRONG_URL],
    ['another wrong path', respond(404, '404 page not found'), WRONG_URL],
    [
      'a web page',
      respond(200, '<html><title>Hi</title></html>', { headers: { 'content-type': 'text/html' } }),
      /web page|text\/html/,
    ],
    [
      'an answer of another API',
      json({ id: 'x', object: 'chat.completion', choices: [{ message: { content: 'hi' } }] }),
      /instead of a/,
    ],
    [
      'an answer of another API, as a stream',
      sse([{ type: '', object: 'chat.completion.chunk', choices: [] }]),
      /./,
    ],
    ['nothing', respond(200, ''), /nothing/],
    ['an error under 200', json(errorData('overloaded_error', 'come back later')), /come back later/],
    [
      'a refused key',
      failure(401, 'authentication_error', `no such key: ${KEY}`),
      /^401 – the key of account 'a' \(\w+\) was refused: no such key: \[key\]\. Correct its apiKey/,
    ],
    [
      'a used-up window',
      json({ error: { code: '1308', message: 'Usage limit reached' } }, 429),
      /^429 – Usage limit reached \(code 1308\)$/,
    ],
    [
      'a redirect',
      respond(301, '', { headers: { location: 'https://elsewhere.example/x' } }),
      /answered with a redirect \(301 to https:\/\/elsewhere\.example\).*correct its baseURL/,
    ],
    ['no words', respond(503, ''), /^503 – the upstream answered with status 503 and no explanation$/],
  ])('fails in the gateway’s own words, after one call: %s', async (_, script, words) => {
    const { ok, text, up } = await probed(() => script, at(upstream))
    expect(text).toMatch(words)
    expect(ok).toBe(false)
    expect(text).not.toContain(KEY)
    expect(up.requests).toHaveLength(1)
  })
})

it('what is no message leads to the option that says where the call went', async () => {
  const page = respond(200, '<html></html>', { headers: { 'content-type': 'text/html' } })
  expect((await probed(() => page, at('anthropic'))).text).toMatch(
    /^200 – the upstream answered with a web page .*; check plugins\.anthropic\.baseURL, now http:\/\/HOST\/base$/,
  )
})

it('a host that refuses, and one that is silent, are told with how long was waited', async () => {
  const port = await closedPort()
  const refused = await probed(
    () => stall(),
    () => at('anthropic')(`http://127.0.0.1:${port}`),
  )
  expect(refused.text).toMatch(/ECONNREFUSED.*nothing listens there/)
  const silent = await probed(() => stall(), at('anthropic'), 100)
  expect(silent.text).toBe('no answer within 0.1 s from http://HOST/base')
})

it('a key from a function is not told either', async () => {
  const refused = failure(401, 'authentication_error', `no such key: ${KEY}`)
  expect((await probed(() => refused, at('anthropic', { apiKey: () => KEY }))).text).not.toContain(KEY)
})

it('why a key function failed is told, without what looks like a secret', async () => {
  const apiKey = () => {
    throw new Error(`vault closed, token=${KEY}`)
  }
  const { ok, text, up } = await probed(() => stall(), at('anthropic', { apiKey }))
  expect([ok, text]).toEqual([
    false,
    "the apiKey function of account 'a' failed: vault closed, token=[masked]",
  ])
  expect(up.requests).toHaveLength(0)
})

describe('the model that a probe asks for', () => {
  const asked = async (raw: (url: string) => object) =>
    (await probed((request) => answer({}, request), raw)).up.requests[0]!.json().model

  it.each<[string, unknown, string]>([
    ['a map of the account', { 'claude-haiku-*': 'qwen/qwen3-coder' }, 'qwen/qwen3-coder'],
    ['a map without haiku', { 'claude-opus-*': 'big/model' }, 'big/model'],
    ['a list of patterns', ['claude-sonnet-*'], 'claude-sonnet-4-5'],
    ['a list of names', ['deepseek/r2', 'x/*'], 'deepseek/r2'],
    ['a list of a pattern that no usual name fits', ['vendor/*'], 'vendor/'],
    ['no models', undefined, 'claude-haiku-4-5'],
  ])('is one that the account serves: %s', async (_, models, model) => {
    const raw = (url: string) => ({
      preset: 'claude-code',
      use: [openrouter],
      accounts: [
        {
          id: 'or',
          upstream: 'openrouter',
          apiKey: KEY,
          baseURL: url,
          ...(models !== undefined && { models }),
        },
      ],
    })
    expect(await asked(raw)).toBe(model)
  })

  it.each<[string, string[] | undefined, Record<string, string>, string]>([
    ['by the account’s list', ['local-*'], { 'local-*': 'qwen3-coder' }, 'qwen3-coder'],
    ['without a list', undefined, { 'claude-*': 'qwen3-coder' }, 'qwen3-coder'],
    ['named in the map', undefined, { mine: 'qwen3-coder' }, 'qwen3-coder'],
  ])('goes through the map of the upstream: %s', async (_, models, map, model) => {
    const raw = (url: string) => ({
      preset: 'claude-code',
      use: [ollama({ models: map })],
      accounts: [{ id: 'l', upstream: 'ollama', baseURL: url, ...(models && { models }) }],
    })
    expect(await asked(raw)).toBe(model)
  })
})
