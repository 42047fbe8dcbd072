import { existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { anthropicUpstream } from '../../test/support/anthropic-upstream.js'
import { startUpstream } from '../../test/support/bad-upstream.js'
import { builtCli, emptyFolder } from '../../test/support/cli.js'
import { ask, send } from '../../test/support/client.js'
import { LogLines } from './log-lines.js'

const cli = builtCli()

/** A user with folders of their own: what one test leaves running, no other finds. */
function user(more: NodeJS.ProcessEnv = {}) {
  const cwd = emptyFolder()
  const XDG_STATE_HOME = emptyFolder()
  const env = { XDG_STATE_HOME, ...more }
  const run = (...args: string[]) => cli.run(args, { cwd, env })
  const registry = join(XDG_STATE_HOME, 'agproxy', 'gateways')
  const pids = () =>
    existsSync(registry) ? readdirSync(registry).map((name) => Number.parseInt(name, 10)) : []
  onTestFinished(() => {
    for (const pid of pids()) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // it has ended
      }
    }
  })
  const detached = async (...args: string[]) => {
    const { code, out, err } = await run('start', '--detach', '-p', '0', ...args)
    expect({ code, err }).toEqual({ code: 0, err: expect.any(String) })
    return { out, url: /listening on (\S+)/.exec(out)![1]!, pid: Number(/pid +(\d+)/.exec(out)![1]) }
  }
  return { cwd, env, run, detached, pids, start: (...args: string[]) => cli.start(args, { cwd, env }) }
}

describe('a gateway in the background', () => {
  test('starts, is found by the other commands wherever they run, logs to a file, and stops', async () => {
    const { run, detached } = user({ ZAI_API_KEY: 'k-0123456789', ZAI_BASE_URL: 'http://127.0.0.1:9' })
    const { url, pid, out } = await detached('-v')
    expect(out).toMatch(/\n {2}log +\S+\/agproxy\/logs\/0\.log \(agproxy logs -f\)\n/)
    await send(url, { body: ask() })

    const status = await run('status')
    expect([status.code, status.err]).toEqual([0, ''])
    expect(status.out).toContain(`${url}\n`)
    expect(status.out).toMatch(new RegExp(`pid +${pid}, for \\d+ s\n`))
    expect(status.out).toMatch(/models +opus → glm-\S+, sonnet → glm-\S+, haiku → glm-/)
    expect(JSON.parse((await run('status', '--json')).out)).toMatchObject([
      { url, pid, by: 'start', answers: true },
    ])

    expect((await run('accounts')).out).toMatch(/^zai-1 {2}zai /)
    expect((await run('env')).out).toContain(`export ANTHROPIC_BASE_URL=${url}\n`)
    const logs = await run('logs')
    expect(logs.err).toBe('')
    expect(logs.out).toMatch(/^\d\d:\d\d:\d\d claude-\S+ → glm-\S+ {2}zai-1 {2}502 .*ECONNREFUSED/m)
    expect(logs.out).not.toContain('k-0123456789')
    expect(JSON.parse((await run('logs', '--json', '-n', '1')).out.trim())).toHaveProperty('level')

    expect(await run('stop')).toEqual({ code: 0, out: `${url} (pid ${pid}) has stopped\n`, err: '' })
    expect(await run('status')).toMatchObject({
      code: 1,
      out: expect.stringContaining('no gateway of this user runs'),
    })
    await expect(fetch(url)).rejects.toThrow()
    const last = await run('logs')
    expect(last.err).toContain("no gateway with a log runs; this is the last one's")
    expect(last.out).toContain('SIGTERM: stopping')
  })

  test('logs -f goes on with what comes', async () => {
    const { detached, start } = user()
    const { url } = await detached()
    const following = start('logs', '-f')
    await send(url, { body: { ...ask(), model: 'claude-first' } })
    await following.printed('claude-first')
    await send(url, { body: { ...ask(), model: 'claude-second' } })
    await following.printed('claude-second')
    following.child.kill()
  })

  test('what keeps it from starting is told where it was asked for', async () => {
    const { cwd, run, detached } = user()
    const { url, pid } = await detached()
    const port = new URL(url).port
    for (const flags of [['-d'], []]) {
      const { code, err } = await run('start', ...flags, '--port', port)
      expect([code, err.trim().split('\n').at(-1)]).toEqual([
        1,
        `agproxy: ${url} is served by pid ${pid} already (config none); agproxy stop ${port} ends it`,
      ])
    }

    const plugin = `definePlugin({ name: 'late', phase: 'request', create: () => ({ setup() { throw new Error('no disk') } }) })`
    writeFileSync(
      join(cwd, 'agproxy.config.ts'),
      `import { definePlugin } from 'agproxy'\nexport default { use: [${plugin}] }\n`,
    )
    const failed = await run('start', '-d', '-p', '0')
    expect([failed.code, failed.out]).toEqual([1, ''])
    expect(failed.err).toMatch(/^agproxy: .*plugin 'late'.*no disk\n$/)
  })

  test('of several one is named by its port; one that was killed is forgotten', async () => {
    const { run, detached, pids } = user()
    const [one, two] = [await detached(), await detached()]
    const refused = await run('stop')
    expect(refused.code).toBe(1)
    expect(refused.err).toContain(`several gateways run; name one by its port: ${new URL(two.url).port} (pid`)
    expect((await run('stop', new URL(one.url).port)).out).toContain(
      `${one.url} (pid ${one.pid}) has stopped`,
    )
    process.kill(two.pid, 'SIGKILL')
    await expect.poll(async () => (await run('status')).out).toContain('no gateway of this user runs')
    expect(pids()).toEqual([])
    expect((await run('stop')).err).toContain('no gateway of this user runs')
  })

  test('workers are one gateway, whose log holds them all', async () => {
    const { run, detached } = user()
    const { url, pid } = await detached('--workers', '2')
    for (let i = 0; i < 6; i++) await send(url, { body: ask() })
    expect(JSON.parse((await run('status', '--json')).out)).toMatchObject([{ pid, url }])
    await expect
      .poll(async () => (await run('logs', '--json')).out.match(/"worker":\d.*"msg":"request"/g)?.length)
      .toBe(6)
    expect((await run('stop')).code).toBe(0)
  })
})

test('a gateway in the foreground is found too, and says that its log is where it was started', async () => {
  const { run, start } = user()
  const running = start('start', '-p', '0')
  const url = /listening on (\S+)/.exec(await running.printed(/listening on \S+\s/))![1]!
  await expect.poll(async () => (await run('status')).out).toContain(url)
  expect((await run('accounts')).code).toBe(0)
  running.child.kill('SIGTERM')
  await running.finished
  expect((await run('status')).code).toBe(1)
  expect((await run('logs')).err).toContain('there is no log')
})

describe('agproxy claude', () => {
  /** A client that stays until its stdin is closed, and sends a message whenever a line comes. */
  function client(folder: string): string {
    const bin = emptyFolder()
    writeFileSync(
      join(bin, 'claude'),
      `#!${process.execPath}
const url = process.env.ANTHROPIC_BASE_URL
console.log('client at ' + url)
process.stdin.on('data', async () => {
  const body = JSON.stringify({ model: 'claude-opus-5', max_tokens: 1, messages: [{ role: 'user', content: 'hi' }] })
  console.log('sent ' + (await fetch(url + '/v1/messages', { method: 'POST', body })).status)
})
process.stdin.on('end', () => process.exit(0))
`,
      { mode: 0o755 },
    )
    return `${bin}:${folder}`
  }

  async function session(text: string) {
    const up = await startUpstream(anthropicUpstream())
    onTestFinished(() => up.close())
    const PATH = client('/usr/bin')
    const there = user({ PATH, ZAI_API_KEY: 'k', ZAI_BASE_URL: up.url })
    const config = join(emptyFolder(), 'mine.yaml')
    writeFileSync(config, text)
    const models = () => up.requests.map((request) => JSON.parse(request.body.toString()).model)
    return { ...there, up, config, models }
  }

  test('its own gateway reloads on a save and on SIGHUP, logs to a file, and is found by accounts', async () => {
    const { start, run, config, models } = await session('plugins: { zai: { opus: glm-a } }')
    const running = start('claude', '--config', config)
    const printed = await running.printed('client at')
    expect(printed).toMatch(
      /^agproxy: started a gateway at http:\S+ for this session; config \S+mine\.yaml; models opus → glm-a, .*; log (\S+)\n/m,
    )
    running.child.stdin!.write('go\n')
    await running.printed('sent 200')
    writeFileSync(config, 'plugins: { zai: { opus: glm-b } }')
    await expect.poll(async () => (await run('logs')).out).toContain('config reloaded')
    running.child.stdin!.write('go\n')
    await expect.poll(models).toEqual(['glm-a', 'glm-b'])
    expect((await run('status')).out).toMatch(/for one session of Claude Code[\s\S]*opus → glm-b/)
    expect((await run('accounts')).out).toMatch(/^zai-1 {2}zai /)
    running.child.kill('SIGHUP')
    await expect.poll(async () => (await run('logs')).out).toContain('no setting changed')
    running.child.stdin!.end()
    expect((await running.finished).code).toBe(0)
    expect((await run('status')).code).toBe(1)
    expect((await run('logs')).out).toContain('opus-5 → glm-b')
  })

  test('a named config is obeyed beside a gateway with another one, and used where it is the same', async () => {
    const { start, run, config, detached, models } = await session('plugins: { zai: { opus: glm-named } }')
    const { url } = await detached()
    const plain = start('claude')
    await plain.printed(`agproxy: uses the gateway at ${url}; config none; models opus → glm-`)
    plain.child.stdin!.end()
    await plain.finished

    const named = start('claude', '--config', config)
    await named.printed(
      `agproxy: the gateway at ${url} has config none, so this session gets one of its own\n`,
    )
    await named.printed('client at')
    named.child.stdin!.write('go\n')
    await named.printed('sent 200')
    expect(models()).toEqual(['glm-named'])

    // A gateway that ends with another session is not used.
    const second = start('claude')
    await second.printed(`uses the gateway at ${url}`)
    for (const each of [named, second]) {
      each.child.stdin!.end()
      await each.finished
    }
    await run('stop')
    const same = await detached('--config', config)
    const again = start('claude', '--config', config)
    await again.printed(`agproxy: uses the gateway at ${same.url}; config ${config}`)
    again.child.stdin!.end()
    await again.finished
  })
})

test('a log that is put aside is read on from its beginning', () => {
  const path = join(emptyFolder(), 'a.log')
  writeFileSync(path, 'one\ntwo\nthr')
  const lines = new LogLines(path)
  expect(lines.last(1)).toEqual(['two\n'])
  writeFileSync(path, 'ee\n', { flag: 'a' })
  renameSync(path, `${path}.1`)
  writeFileSync(path, 'four\n')
  expect(lines.more()).toEqual(['three\n', 'four\n'])
  expect(lines.more()).toEqual([])
})
