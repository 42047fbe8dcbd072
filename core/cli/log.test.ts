import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
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
  const url = /listening on (\S+)/.exec(await running.printed(/listening on \S+\s/))![1]!

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
      'cache-control: removed 1 of 1',
      'force-stream: asked for a stream',
      'retry-rotate: attempt 1 at one: status 500, other',
      'cache-control: removed 1 of 1',
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

describe('a log that nothing reads', () => {
  /** A request whose line in the log is long. */
  const long = (url: string, i: number) =>
    send(url, { method: 'GET', path: `/${i}/${'x'.repeat(8_000)}` }).then(({ status }) => status)
  const REQUESTS = 400

  async function blocked() {
    const running = cli.start(['start', '--port', '0'], { cwd: emptyFolder() })
    const url = /listening on (\S+)/.exec(await running.printed(/listening on \S+\s/))![1]!
    running.child.stdout!.pause()
    for (let i = 0; i < REQUESTS; i++) expect(await long(url, i)).toBe(404)
    return { running, url }
  }

  test('does not stop the gateway, and says how many lines it lost once it is read again', async () => {
    const { running, url } = await blocked()
    running.child.stdout!.resume()
    await running.printed(/\d+ lines of the log were dropped/)
    expect(await long(url, REQUESTS)).toBe(404)
    const text = await running.printed(`"/${REQUESTS}/`)
    const lines = [...text.matchAll(/^\{.*\}$/gm)].map(([line]) => JSON.parse(line))
    const dropped = Number(/(\d+) lines of the log were dropped/.exec(text)![1])
    expect(dropped).toBeGreaterThan(50)
    expect(named(lines, 'request')).toHaveLength(REQUESTS + 1 - dropped)
  })

  test('does not keep it from stopping', async () => {
    const { running } = await blocked()
    const started = performance.now()
    const exited = once(running.child, 'exit')
    running.child.kill('SIGTERM')
    expect((await exited)[0]).toBe(0)
    expect(performance.now() - started).toBeLessThan(5_000)
  })
})

test('the last lines are there after a stop and after a crash', async () => {
  const dir = emptyFolder()
  writeFileSync(
    join(dir, 'agproxy.config.mjs'),
    `import { defineConfig, definePlugin } from 'agproxy'
    const crash = definePlugin({ name: 'crash', phase: 'request', routes: 'all', create: ({ logger }) => ({
      onHeaders(head) {
        if (head.path !== '/crash') return
        logger.info('the last line')
        process.exit(3)
      },
    }) })
    export default defineConfig({ server: { port: 0 }, use: [crash] })`,
  )
  for (const end of ['/crash', 'SIGTERM']) {
    const running = cli.start(['start'], { cwd: dir })
    const url = /listening on (\S+)/.exec(await running.printed(/listening on \S+\s/))![1]!
    await send(url, { method: 'GET', path: '/before' })
    if (end === 'SIGTERM') running.child.kill(end)
    else await send(url, { path: end }).catch(() => {})
    const { code, out } = await running.finished
    expect(out).toContain('"path":"/before"')
    expect([code, out]).toEqual(
      end === 'SIGTERM'
        ? [0, expect.stringContaining('SIGTERM: stopping')]
        : [3, expect.stringContaining('the last line')],
    )
  }
})
