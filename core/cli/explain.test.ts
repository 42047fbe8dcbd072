import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as agproxy from 'agproxy'
import * as plugins from 'agproxy/plugins'
import { presets } from 'agproxy/presets'
import { describe, expect, it } from 'vitest'
import { emptyFolder } from '../../test/support/cli.js'
import { ask } from '../../test/support/client.js'
import { messageEvents } from '../../test/support/messages.js'
import { sse } from '../../test/support/script.js'
import { stand, zaiPair } from '../../test/support/stand.js'
import { runCli } from './main.js'

const KEY = 'admin-key-1234'

async function cli(cwd: string, argv: readonly string[], env: NodeJS.ProcessEnv = {}) {
  let out = ''
  let err = ''
  const code = await runCli(argv, {
    cwd,
    env: { XDG_STATE_HOME: cwd, XDG_CONFIG_HOME: cwd, ...env },
    out: (text) => (out += text),
    err: (text) => (err += text),
    presets: async () => presets,
    modules: async () => ({ agproxy, 'agproxy/plugins': plugins }),
  })
  return { code, out, err }
}

/** A folder with a request in it. */
function folder(body: object) {
  const dir = emptyFolder()
  writeFileSync(join(dir, 'request.json'), JSON.stringify(body))
  return dir
}

const env = { ZAI_API_KEY: 'zai-secret-key-1,zai-secret-key-2' }
const request = ask({
  messages: [
    { role: 'user', content: [{ type: 'text', text: 'hello there', cache_control: { type: 'ephemeral' } }] },
    { role: 'user', content: 'and more' },
  ],
})

describe('agproxy explain', () => {
  it('shows plugin by plugin what becomes of a request, where it would go and why, and sends nothing', async () => {
    const { code, out, err } = await cli(folder(request), ['explain', 'request.json'], env)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/^role-merge/m)
    expect(out).toMatch(/^ {2}- messages\[1\]/m)
    expect(out).toMatch(/^POST https:\/\/api\.z\.ai\/api\/anthropic\/v1\/messages$/m)
    expect(out).toMatch(/^ {2}x-api-key: ••••$/m)
    expect(out).toMatch(
      /^account zai-[12] \(zai\): the less loaded of its tier; not zai-[12] \(not drawn\)$/m,
    )
    expect(out).toMatch(/^estimate \d+ input tokens$/m)
    expect(out).not.toContain('secret-key')
  })

  it('as JSON, for a request with headers, at the account that is asked for', async () => {
    const whole = { headers: { 'Anthropic-Beta': 'a-beta' }, query: '?beta=true', body: request }
    const { out } = await cli(folder(whole), ['explain', 'request.json', '--account', 'zai-2', '--json'], env)
    expect(JSON.parse(out)).toMatchObject({
      request: { url: expect.stringContaining('?beta=true'), headers: { 'anthropic-beta': 'a-beta' } },
      account: { id: 'zai-2', choice: { reason: 'preferred' } },
      estimatedTokens: expect.any(Number),
    })
    expect(out).not.toContain('secret-key')
  })

  it('says what a plugin answers by itself', async () => {
    const warmup = ask({ max_tokens: 1, messages: [{ role: 'user', content: 'quota' }] })
    const { out, code } = await cli(folder(warmup), ['explain', 'request.json'], {})
    expect(code).toBe(0)
    expect(out).toMatch(/no plugin changed anything|answered without a call/)
  })

  it('says why a plugin failed: no log has the details', async () => {
    const dir = folder(request)
    const plugin =
      "definePlugin({ name: 'own', phase: 'request', create: () => ({ onRequest: (call) => void call.body.messages.push({}) }) })"
    writeFileSync(
      join(dir, 'agproxy.config.mjs'),
      `import { definePlugin } from 'agproxy'\nexport default { use: [${plugin}] }`,
    )
    const { out, code } = await cli(dir, ['explain', 'request.json', '--config', 'agproxy.config.mjs'], env)
    expect(code).toBe(1)
    expect(out).toMatch(
      /500 plugin 'own' failed in onRequest: Cannot add property .*it never changes in place, return call\.set/,
    )
    expect(out).not.toContain('the gateway')
  })

  it.each([
    ['no request', [], 2, /name the request/],
    ['no such file', ['other.json'], 1, /cannot read 'other.json' \(ENOENT\)/],
  ])('%s is told in one line', async (_what, args, status, words) => {
    const { code, err } = await cli(folder(request), ['explain', ...args], env)
    expect([code, err.trim().split('\n').length]).toEqual([status, 1])
    expect(err).toMatch(words)
  })
})

describe('of the running gateway', () => {
  async function running(reads: number[]) {
    const usage = (read: number) => ({
      input_tokens: 1,
      output_tokens: 1,
      cache_read_input_tokens: read,
      cache_creation_input_tokens: 5_000,
    })
    const made = await stand((_request, n) => sse(messageEvents({ text: 'ok', usage: usage(reads[n]!) })), {
      config: (url) => ({ ...zaiPair(url), server: { adminKey: KEY }, trace: {} }),
    })
    const there = { AGPROXY_PORT: new URL(made.url).port, AGPROXY_ADMIN_KEY: KEY }
    const served = (n: number) =>
      expect
        .poll(() => made.gateway.requests('messages').length, { timeout: 10_000 })
        .toBe(n)
        .then(() => made.gateway.requests('messages')[n - 1]!.id as string)
    return { ...made, env: there, served }
  }

  it('explain ID tells what happened', async () => {
    const { send, env: there, served } = await running([0])
    await send({ body: request, headers: { 'x-claude-code-session-id': 's' } })
    const { out, code } = await cli(emptyFolder(), ['explain', await served(1)], there)
    expect(code).toBe(0)
    expect(out).toMatch(/200, complete, claude-sonnet-5 \(as glm-/)
    expect(out).toMatch(/^attempt 1 first \(zai\): 200, /m)
    expect(out).toMatch(/alone in the first tier with room/)
    expect(out).toMatch(/^cache first$/m)
    expect(out).not.toContain('hello there')
  })

  it('cache tells by session what was paid again, and why', async () => {
    const { send, env: there, served } = await running([0, 0])
    const headers = { 'x-claude-code-session-id': 's' }
    for (const system of ['one', 'two']) await send({ body: { ...request, system }, headers })
    await served(2)
    const { out } = await cli(emptyFolder(), ['cache'], there)
    expect(out).toMatch(
      /^s {2}2 requests, 0 % of 10002 tokens from the cache, 1 miss, 5000 tokens paid again \(\$0\.\d{4}\)$/m,
    )
    expect(out).toMatch(/prefix: system changed; 5000 tokens paid again \(\$0\.\d{4}\)$/m)
    expect((await cli(emptyFolder(), ['cache', '--json'], there)).out).toContain('"verdict": "prefix"')
  })

  it('an ID that it does not know is an error', async () => {
    const { env: there } = await running([])
    const { code, err } = await cli(emptyFolder(), ['explain', 'req_none'], there)
    expect([code, err]).toEqual([1, expect.stringContaining("no request 'req_none'")])
  })
})
