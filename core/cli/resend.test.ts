import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as agproxy from 'agproxy'
import * as plugins from 'agproxy/plugins'
import { presets } from 'agproxy/presets'
import { describe, expect, it, onTestFinished } from 'vitest'
import { anthropicUpstream } from '../../test/support/anthropic-upstream.js'
import { startUpstream } from '../../test/support/bad-upstream.js'
import { emptyFolder } from '../../test/support/cli.js'
import { ask } from '../../test/support/client.js'
import { stand } from '../../test/support/stand.js'
import { answerText } from '../exchange/answer-text.js'
import { runCli } from './main.js'
import { register } from './registry.js'
import { sideBySide } from './resend-text.js'

const KEY = 'admin-key-1234'

/** A gateway with two upstreams, and the command line with the same config. */
async function pair(trace: object) {
  const second = await startUpstream(
    anthropicUpstream({ text: 'from the second', usage: { input_tokens: 2_000, output_tokens: 10 } }),
  )
  onTestFinished(() => second.close())
  const config = (url: string) => ({
    preset: 'claude-code' as const,
    server: { adminKey: KEY },
    accounts: [
      { id: 'glm', upstream: 'zai' as const, apiKey: 'sk-upstream-1' },
      { id: 'own', upstream: 'anthropic' as const, apiKey: 'sk-upstream-2', priority: 5 },
    ],
    plugins: { zai: { baseURL: url }, anthropic: { baseURL: second.url } },
    trace,
  })
  const made = await stand(anthropicUpstream({ text: 'from the first' }), { config })
  const cwd = emptyFolder()
  writeFileSync(join(cwd, 'agproxy.config.json'), JSON.stringify(config(made.up.url)))
  const named = { AGPROXY_PORT: new URL(made.url).port, AGPROXY_CONFIG: 'agproxy.config.json' }
  const run = (...argv: string[]) => runWith(named, ...argv)
  const runWith = async (env: Record<string, string>, ...argv: string[]) => {
    let out = ''
    let err = ''
    const code = await runCli(['resend', ...argv], {
      cwd,
      env: {
        XDG_STATE_HOME: cwd,
        XDG_CONFIG_HOME: join(cwd, 'own'),
        ...env,
      },
      out: (text) => (out += text),
      err: (text) => (err += text),
      presets: async () => presets,
      modules: async () => ({ agproxy, 'agproxy/plugins': plugins }),
    })
    return { code, out, err }
  }
  const served = async (body: object) => {
    const seen = await made.send({ body, headers: { 'anthropic-beta': 'a-beta', 'x-secret': 'canary' } })
    await expect.poll(() => made.gateway.requests('messages').length, { timeout: 10_000 }).toBe(1)
    return String(seen.headers['request-id'])
  }
  return { ...made, second, run, runWith, cwd, served }
}

describe('agproxy resend', () => {
  it('sends the same request elsewhere, and shows both side by side', async () => {
    const { served, run, second } = await pair({ bodies: true })
    const metadata = { user_id: 'canary-user' }
    const id = await served(ask({ stream: true, model: 'claude-opus-4-5', metadata }))
    const { code, out, err } = await run(id, '--upstream', 'anthropic')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/^upstream +zai \(glm\) +anthropic \(own\)$/m)
    expect(out).toMatch(/^input +[\d,]+ +2,000$/m)
    expect(out).toMatch(/^cost +\S+ +\$0\.0103$/m)
    expect(out).toMatch(/^answer +from the first +from the second$/m)
    const [request] = second.requests
    expect(request!.json()).toMatchObject({ stream: true, messages: [{ content: 'hi' }] })
    expect(JSON.stringify(request!.headers)).toContain('a-beta')
    expect(JSON.stringify([request!.headers, request!.json(), out])).not.toContain('canary')
  })

  it('with another model, as JSON', async () => {
    const { served, run, up } = await pair({ bodies: true })
    const id = await served(ask())
    const { out } = await run(id, '--model', 'glm-4.5-air', '--json')
    expect(JSON.parse(out)).toMatchObject({
      before: { upstream: 'zai', status: 200, text: 'from the first' },
      now: { upstream: 'zai', model: 'glm-4.5-air', status: 200, text: 'from the first' },
    })
    expect(up.requests.at(-1)!.json()).toMatchObject({ model: 'glm-4.5-air' })
  })

  it('is the gateway’s that served it, wherever it is run: in its list, and with its accounts', async () => {
    const { served, runWith, cwd, url, send } = await pair({ bodies: true })
    const id = await served(ask())
    const gateway = {
      ...{ url, config: join(cwd, 'agproxy.config.json'), startedAt: '2026-01-01T00:00:00Z' },
      ...{ log: null, by: 'start' as const, models: [], version: '0' },
    }
    const { remove } = register({ XDG_STATE_HOME: cwd }, gateway, expect.unreachable)
    onTestFinished(remove)
    const { code, out, err } = await runWith({ AGPROXY_ADMIN_KEY: KEY }, id, '--upstream', 'anthropic')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/^upstream +zai \(glm\) +anthropic \(own\)$/m)
    const headers = { authorization: `Bearer ${KEY}` }
    const list = await send({ method: 'GET', path: '/_agproxy/api/requests', headers })
    expect(list.json()).toMatchObject({
      requests: [{ requestClass: 'resend', upstream: 'anthropic' }, { upstream: 'zai' }],
    })
  })

  it('says what it needs', async () => {
    const { served, run } = await pair({})
    const id = await served(ask())
    expect((await run(id, '--model', 'x')).err).toContain('trace: { bodies: true }')
    expect(await run(id)).toMatchObject({ code: 2, err: expect.stringContaining('--upstream NAME') })
    expect(await run('file.json', '--model', 'x')).toMatchObject({ code: 2 })
  })
})

it('an answer is text and tools, whole or cut, and nothing that a terminal would obey', () => {
  const stream = [
    { type: 'content_block_delta', delta: { type: 'text_delta', text: 'I look\u001b[2J' } },
    { type: 'content_block_start', content_block: { type: 'tool_use', name: 'Bash', input: {} } },
    { type: 'content_block_delta', delta: { type: 'input_json_delta', partial_json: '{"command":' } },
  ]
  const frames = stream.map((data) => `event: x\ndata: ${JSON.stringify(data)}\n\n`).join('')
  const text = answerText(`${frames}data: {"typ`)
  expect(text).toBe('I look\u001b[2J\n[Bash {"command":')
  expect(answerText('{"error":{"type":"api_error","message":"no"}}')).toBe('api_error: no')
  const shown = sideBySide({ text }, { text: 'word '.repeat(30) }, 80)
  expect(shown).not.toContain('\u001b')
  for (const line of shown.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
})
