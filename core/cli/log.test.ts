import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startUpstream } from '../../test/support/bad-upstream.js'
import { builtCli, emptyFolder, type Running } from '../../test/support/cli.js'
import { ask, send } from '../../test/support/client.js'
import { errorData } from '../../test/support/messages.js'
import { json } from '../../test/support/script.js'

const cli = builtCli()

const FIRST_KEY = 'sk-upstream-first-0123456789'
const SECOND_KEY = 'sk-upstream-second-0123456789'
const PROMPT = 'PROMPT-that-is-nobodys-business'

/** With a plugin that logs the account's key, as one under development does: only the logger itself can keep it out. */
const configWith = (url: string, key: string) => `
  import { defineConfig, definePlugin } from 'agproxy'
  const careless = definePlugin({
    name: 'careless', phase: 'attempt', before: 'zai',
    create: ({ logger }) => ({
      onRequest: (call) => logger.warn({ with: call.target?.account.apiKey }, 'calls with ' + call.target?.account.apiKey),
    }),
  })
  export default defineConfig({
    server: { port: 0 },
    accounts: [{ id: 'one', upstream: 'zai', apiKey: ${JSON.stringify(key)}, baseURL: ${JSON.stringify(url)} }],
    plugins: { 'retry-rotate': { maxAttempts: 2 } },
    use: [careless],
  })`

/** An upstream that fails, and quotes the key that it was called with. */
async function quoting() {
  const up = await startUpstream((request) => {
    const key = request.header('x-api-key') ?? request.header('authorization')
    return json(errorData('api_error', `Incorrect API key provided: ${key}`), 500)
  })
  onTestFinished(() => up.close())
  return up
}

interface Line {
  readonly level: string
  readonly msg: string
  readonly id?: string
  readonly plugin?: string
}

/** The log so far; the lines before it are for people. */
async function logged(running: Running): Promise<{ text: string; lines: Line[] }> {
  const text = await running.printed('listening on')
  return { text, lines: [...text.matchAll(/^\{.*\}$/gm)].map(([line]) => JSON.parse(line)) }
}

const named = (lines: readonly Line[], msg: string) => lines.filter((line) => line.msg === msg)

test('the log at level debug: a line a request, why the plugins acted, no key and no prompt, also after a reload', async () => {
  const up = await quoting()
  const dir = emptyFolder()
  const save = (key: string) => writeFileSync(join(dir, 'agproxy.config.ts'), configWith(up.url, key))
  save(FIRST_KEY)
  const running = cli.start(['start', '--log-level', 'debug'], { cwd: dir })
  const url = /listening on (\S+)/.exec(await running.printed(/listening on \S+\n/))![1]!

  const marked = [{ type: 'text', text: PROMPT, cache_control: { type: 'ephemeral' } }]
  const body = ask({ system: marked, messages: [{ role: 'user', content: PROMPT }] })
  for (const requests of [1, 2]) {
    expect((await send(url, { body })).status).toBe(500)
    await expect.poll(async () => named((await logged(running)).lines, 'request').length).toBe(requests)
  }
  save(SECOND_KEY)
  await running.printed('config reloaded')
  expect((await send(url, { body })).status).toBe(500)
  await expect.poll(async () => named((await logged(running)).lines, 'request').length).toBe(3)

  const { text, lines } = await logged(running)
  const requests = named(lines, 'request')
  expect(new Set(requests.map(({ id }) => id)).size).toBe(3)
  for (const { id } of requests) {
    const decisions = lines.filter((line) => line.id === id && line.level === 'debug')
    expect(decisions.map(({ plugin, msg }) => `${plugin}: ${msg}`)).toEqual([
      'cache-control: removed 1',
      'force-stream: asked for a stream',
      'retry-rotate: attempt 1 at one: status 500, other',
      'cache-control: removed 1',
      'force-stream: asked for a stream',
      'retry-rotate: attempt 2 at one: status 500, other',
    ])
  }
  expect(named(lines, 'calls with [secret]')).toHaveLength(6)
  expect(up.requests.map(({ headers }) => JSON.stringify(headers).includes(FIRST_KEY))).toEqual([
    true,
    true,
    true,
    true,
    false,
    false,
  ])
  for (const secret of [FIRST_KEY, SECOND_KEY, PROMPT]) expect(text).not.toContain(secret)

  running.child.kill('SIGTERM')
  const { out, err } = await running.finished
  for (const secret of [FIRST_KEY, SECOND_KEY, PROMPT]) expect(out + err).not.toContain(secret)
})
