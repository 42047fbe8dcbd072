import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as agproxy from 'agproxy'
import * as plugins from 'agproxy/plugins'
import { presets } from 'agproxy/presets'
import { expect, it, onTestFinished } from 'vitest'
import { runCli } from '../../core/cli/main.js'
import { definePlugin } from '../../core/index.js'
import { anthropicUpstream } from '../support/anthropic-upstream.js'
import { startUpstream } from '../support/bad-upstream.js'
import { emptyFolder } from '../support/cli.js'
import { ask } from '../support/client.js'
import { messageEvents } from '../support/messages.js'
import { sse } from '../support/script.js'
import { stand } from '../support/stand.js'

const page = readFileSync(fileURLToPath(new URL('../../docs/what-happened.md', import.meta.url)), 'utf8')

/** Puts the time into the system prompt, as in the case of the page. */
const clock = definePlugin({
  name: 'clock',
  phase: 'attempt',
  create: () => {
    let n = 0
    return { onRequest: (call) => call.set({ system: `the ${++n}th call` }) }
  },
})

/** What each command of the page prints, there and here. */
const SHOWN: Readonly<Record<string, readonly RegExp[]>> = {
  cache: [
    /^\S+ {2}\d+ requests, \d+ % of \d+ tokens from the cache, 1 miss, \d+ tokens paid again \(\$[\d.]+\)$/m,
    /^ {2}2026-\S+ {2}req_\w+ {2}prefix: system(\[0\])? changed, by clock; \d+ tokens paid again \(\$[\d.]+\)$/m,
  ],
  'explain ID': [
    /^req_\w+ 2026-\S+ {2}200, complete, claude-\S+ \(as glm-\S+\), [\d.]+ ms$/m,
    /^clock\n {2}- system: .*\n {2}\+ system: /m,
    /^attempt 1 glm-1 \(zai\): 200, [\d.]+ ms\n {2}the session is at home there$/m,
    /^ {2}started [\d.]+, .*lastByte [\d.]+ ms$/m,
    /^ {2}\d+ input, 0 from the cache, \d+ output tokens$/m,
    /^cost \$[\d.]+; \$[\d.]+ by the name that the client asked for$/m,
    /^cache prefix: system(\[0\])? changed, by clock; \d+ tokens paid again/m,
  ],
  'explain request.json': [
    /^stream-guard\n {2}- limits: .*\n {2}\+ limits: .*$/m,
    /^POST \S+\/v1\/messages\S*\n {2}\d+ bytes, model glm-\S+$/m,
    /^ {2}x-api-key: ••••$/m,
    /^account glm-1 \(zai\): alone in the first tier with room$/m,
    /^estimate \d+ input tokens$/m,
  ],
  'resend ID --upstream anthropic': [
    /^ +then +now$/m,
    /^upstream +zai \(glm-1\) +anthropic \(own\)$/m,
    /^first content +[\d.]+ m?s +[\d.]+ m?s$/m,
    /^cost +\$[\d.]+ +\$[\d.]+$/m,
    /^answer +\S.* {2,}\S/m,
  ],
  'usage --by session --since 24h': [
    /^session +requests +failed +input +output +cache read +cache write +cost +as asked$/m,
    /^\S+ +\d+ +0 +\S+ +\S+ +\S+ +\S+ +\$[\d.]+ +\$[\d.]+$/m,
  ],
}

it('the case of the page is one that happens, and its commands print what it shows', async () => {
  const usage = (read: number, made: number) => ({
    input_tokens: 100,
    output_tokens: 20,
    cache_read_input_tokens: read,
    cache_creation_input_tokens: made,
  })
  const other = await startUpstream(
    anthropicUpstream(() => sse(messageEvents({ text: 'since', usage: usage(0, 0) }))),
  )
  onTestFinished(() => other.close())
  const cwd = emptyFolder()
  const config = (url: string) => ({
    preset: 'claude-code' as const,
    server: { adminKey: 'admin-key-1234' },
    accounts: [
      { id: 'glm-1', upstream: 'zai' as const, apiKey: 'sk-upstream-1' },
      { id: 'own', upstream: 'anthropic' as const, apiKey: 'sk-upstream-2', priority: 5 },
    ],
    plugins: {
      zai: { baseURL: url, models: { 'claude-*': 'glm-4.7' } },
      anthropic: { baseURL: other.url },
    },
    trace: { bodies: true },
    ledger: { enabled: true, file: join(cwd, 'ledger.db') },
  })
  const answers = anthropicUpstream((_request, n) =>
    sse(messageEvents({ text: 'because', usage: n === 0 ? usage(0, 5_000) : usage(0, 6_000) })),
  )
  const { send, gateway, up, url } = await stand(answers, {
    config: (to) => ({ ...config(to), use: [clock()] }) as never,
  })
  const long = { role: 'user', content: 'why does the test fail? '.repeat(50) }
  const turn = { role: 'assistant', content: 'It fails.' }
  const body = (messages: object[]) =>
    ask({ stream: true, model: 'claude-sonnet-4-5', system: 'You are helpful.', messages })
  const headers = { 'x-claude-code-session-id': 'session-1' }
  for (const [n, messages] of [[long], [long, turn, { role: 'user', content: 'and why?' }]].entries()) {
    await send({ body: body(messages), headers })
    await expect.poll(() => gateway.requests('messages').length, { timeout: 10_000 }).toBe(n + 1)
  }
  writeFileSync(join(cwd, 'request.json'), JSON.stringify(body([long])))
  writeFileSync(join(cwd, 'agproxy.config.json'), JSON.stringify(config(up.url)))
  const id = String(gateway.requests('messages')[1]!.id)
  const usageRows = async () =>
    (
      await send({
        method: 'GET',
        path: '/_agproxy/api/usage',
        headers: { authorization: 'Bearer admin-key-1234' },
      })
    ).json<{ total: { requests: number } }>().total.requests
  await expect.poll(usageRows, { timeout: 10_000 }).toBe(2)

  for (const [command, shapes] of Object.entries(SHOWN)) {
    let out = ''
    let err = ''
    const argv = command.replace('ID', id).split(' ')
    const code = await runCli(
      [...argv, ...(argv[0] === 'explain' ? [] : ['--config', 'agproxy.config.json'])],
      {
        cwd,
        env: { XDG_STATE_HOME: cwd, XDG_CONFIG_HOME: cwd, AGPROXY_PORT: new URL(url).port },
        out: (text) => (out += text),
        err: (text) => (err += text),
        presets: async () => presets,
        modules: async () => ({ agproxy, 'agproxy/plugins': plugins }),
      },
    )
    expect({ command, code, err }).toEqual({ command, code: 0, err: '' })
    const block = page
      .split('```')
      .find((text) => text.startsWith(`\n$ agproxy ${command.replace('ID', 'req_')}`.split(' --')[0]!))
    expect(block, `a block of agproxy ${command}`).toBeDefined()
    for (const shape of shapes) {
      expect(out, command).toMatch(shape)
      expect(block, command).toMatch(shape)
    }
  }
}, 60_000)
