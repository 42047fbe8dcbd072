import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { builtCli, emptyFolder } from '../../test/support/cli.js'
import { clientEnv, clientSettings } from './client-env.js'

const cli = builtCli()

/**
 * A folder with a `claude` that prints its arguments and what it finds in its environment, asks the gateway for its
 * health, and then does what the test wants.
 */
function clientFolder(then = ''): { dir: string; PATH: string } {
  const dir = emptyFolder()
  const bin = join(dir, 'bin')
  mkdirSync(bin)
  const file = join(bin, 'claude')
  writeFileSync(
    file,
    `#!${process.execPath}
const { ANTHROPIC_BASE_URL: url, ANTHROPIC_AUTH_TOKEN: token, ANTHROPIC_API_KEY: key } = process.env
const health = fetch(url + '/healthz', { headers: { 'x-api-key': token } }).then((r) => r.text())
health.then((health) => {
  console.log(JSON.stringify({ args: process.argv.slice(2), url, token, key, health }))
  ${then}
})
`,
  )
  chmodSync(file, 0o755)
  return { dir, PATH: bin }
}

const seen = (out: string) => JSON.parse(out.split('\n').find((line) => line.startsWith('{'))!)

/** Something on a port of loopback that answers every request with `text`. */
async function listening(text: string): Promise<{ port: number; keys: unknown[] }> {
  const keys: unknown[] = []
  const server = createServer((req, res) => {
    keys.push(req.headers['x-api-key'])
    res.end(text)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, keys }
}

describe('agproxy claude', () => {
  test('without a gateway it starts one on a free port, and the client speaks to it', async () => {
    const { dir, PATH } = clientFolder('process.exitCode = 7')
    const env = { PATH, AGPROXY_PORT: '1', ANTHROPIC_API_KEY: 'the-users-own', AGPROXY_API_KEY: 'client-key' }
    const { code, out, err } = await cli.run(['claude', '--', '-p', 'say hi', '--', '--port'], {
      cwd: dir,
      env,
    })
    const client = seen(out)
    expect(code).toBe(7)
    expect(client).toEqual({
      args: ['-p', 'say hi', '--', '--port'],
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      token: 'client-key',
      health: '{"status":"ok"}',
    })
    // The terminal is the client's: nothing but what it must know is printed beside it.
    expect(out.trim().split('\n')).toHaveLength(1)
    expect(err.split('\n')).toEqual([
      'agproxy: no upstream account: set ZAI_API_KEY or AGPROXY_ANTHROPIC_API_KEY, or name `accounts` in the config',
      expect.stringMatching(
        /^agproxy: started a gateway at http:\S+ for this session; config none; models as asked for; log \/.+\.log$/,
      ),
      '',
    ])
    await expect(fetch(client.url)).rejects.toThrow()
  })

  test('switches its status line on for the session, and the tools where they are wanted', async () => {
    const { port } = await listening('{"status":"ok"}')
    const { dir, PATH } = clientFolder()
    const env = { PATH, AGPROXY_PORT: String(port), CLAUDE_CONFIG_DIR: join(dir, 'own') }
    const { out } = await cli.run(['claude', '--mcp', '--', 'Fix the tests'], { cwd: dir, env })
    const [tools, line, prompt] = seen(out).args as string[]
    const file = join(cli.folder, 'bin.js')
    expect(JSON.parse(tools!.replace('--mcp-config=', ''))).toEqual({
      mcpServers: { agproxy: { command: process.execPath, args: [file, 'mcp'] } },
    })
    const { statusLine } = JSON.parse(line!.replace('--settings=', ''))
    expect(statusLine).toEqual({
      type: 'command',
      command: expect.stringMatching(/ statusline$/),
      padding: 0,
    })
    const shown = spawnSync('sh', ['-c', statusLine.command], {
      env: { PATH: process.env.PATH, AGPROXY_PORT: '1', AGPROXY_ADMIN_KEY: 'k-12345678' },
      input: '{}',
      encoding: 'utf8',
    })
    expect([shown.status, shown.stdout, shown.stderr]).toEqual([0, '\n', ''])
    expect(prompt).toBe('Fix the tests')
  })

  test.each([
    ['is asked to', ['--no-statusline'], [], {}],
    ['there is none to show', [], ['-p', 'hi'], {}],
    ['it is no session', [], ['mcp', 'list'], {}],
    ['the settings are the user’s own', [], ['--settings', 'mine.json'], {}],
    ['the user has one', [], [], { statusLine: { type: 'command', command: 'mine' } }],
  ])('leaves the status line alone where %s', async (_why, flags, words, settings) => {
    const { port } = await listening('{"status":"ok"}')
    const { dir, PATH } = clientFolder()
    mkdirSync(join(dir, 'own'))
    writeFileSync(join(dir, 'own/settings.json'), JSON.stringify(settings))
    const { out } = await cli.run(['claude', ...flags, '--', ...words], {
      cwd: dir,
      env: { PATH, AGPROXY_PORT: String(port), CLAUDE_CONFIG_DIR: join(dir, 'own') },
    })
    expect(seen(out).args).toEqual(words)
  })

  test('a gateway that runs is used, and asked with the client key', async () => {
    const { port, keys } = await listening('{"status":"ok"}')
    const { dir, PATH } = clientFolder()
    const { code, out, err } = await cli.run(['claude', '--no-statusline'], {
      cwd: dir,
      env: { PATH, AGPROXY_PORT: String(port) },
    })
    expect({ code, err }).toEqual({
      code: 0,
      err: `agproxy: uses the gateway at http://127.0.0.1:${port}\n`,
    })
    expect(seen(out)).toMatchObject({ args: [], url: `http://127.0.0.1:${port}`, token: 'agproxy' })
    expect(keys[0]).toBe('agproxy')
  })

  test('the environment says where it runs, before a config that names another port', async () => {
    const { port } = await listening('{"status":"ok"}')
    const { dir, PATH } = clientFolder()
    writeFileSync(join(dir, '.agproxyrc'), 'server: { port: 1 }')
    const { out } = await cli.run(['claude'], { cwd: dir, env: { PATH, AGPROXY_PORT: String(port) } })
    expect(seen(out).url).toBe(`http://127.0.0.1:${port}`)
    const flagged = await cli.run(['claude', '--port', String(port)], { cwd: dir, env: { PATH } })
    expect(seen(flagged.out).url).toBe(`http://127.0.0.1:${port}`)
  })

  test('something else on that port is not taken for a gateway', async () => {
    const { port } = await listening('{"status":"fine"}')
    const { dir, PATH } = clientFolder()
    const { code, out } = await cli.run(['claude'], { cwd: dir, env: { PATH, AGPROXY_PORT: String(port) } })
    expect(code).toBe(0)
    expect(seen(out).url).not.toBe(`http://127.0.0.1:${port}`)
    expect(seen(out).health).toBe('{"status":"ok"}')
  })

  test('a client that a signal ends gives 128 and the signal', async () => {
    const { dir, PATH } = clientFolder("process.kill(process.pid, 'SIGKILL')")
    expect((await cli.run(['claude'], { cwd: dir, env: { PATH } })).code).toBe(128 + 9)
  })

  test.each(['SIGTERM', 'SIGINT'] as const)(
    '%s goes on to the client, whose answer counts',
    async (signal) => {
      const { dir, PATH } = clientFolder(
        `process.on('${signal}', () => process.exit(33)); setInterval(() => {}, 1000); console.log('ready')`,
      )
      const running = cli.start(['claude'], { cwd: dir, env: { PATH } })
      await running.printed('ready')
      running.child.kill(signal)
      expect((await running.finished).code).toBe(33)
    },
  )

  test('an error that a plugin leaves behind costs neither the gateway nor the client', async () => {
    const { dir, PATH } = clientFolder(`
      const again = () => fetch(url + '/healthz').then((r) => r.text(), (error) => error.message)
      setTimeout(async () => { console.log('later: ' + await again()); process.exit(7) }, 600)`)
    writeFileSync(
      join(dir, 'agproxy.config.mjs'),
      `import { definePlugin } from 'agproxy'
       const left = () => {
         setTimeout(() => Promise.reject(new Error('left behind')), 300)
         setTimeout(() => { throw new Error('thrown behind') }, 400)
       }
       export default { use: [definePlugin({ name: 'leaving', phase: 'request', create: () => ({ setup: left }) })] }`,
    )
    const { code, out, err } = await cli.run(['claude', '--config', 'agproxy.config.mjs'], {
      cwd: dir,
      env: { PATH, ZAI_API_KEY: 'k' },
    })
    expect(code).toBe(7)
    expect(out).toContain('later: {"status":"ok"}')
    expect(err).toMatch(/^agproxy: started a gateway at .*\n$/)
  })

  test('without Claude Code it says how to get it, and starts no gateway', async () => {
    const dir = emptyFolder()
    const { code, err } = await cli.run(['claude'], { cwd: dir, env: { PATH: dir, ZAI_API_KEY: 'k' } })
    expect(code).toBe(1)
    expect(err).toBe(
      "agproxy: there is no 'claude' on the PATH; install Claude Code first: npm install -g @anthropic-ai/claude-code\n",
    )
  })
})

/** A repository of somebody else, with a config that sends keys to its own address or runs code. */
const HOSTILE: Record<string, (evil: string) => string> = {
  'agproxy.config.json': (evil) => JSON.stringify({ plugins: { zai: { baseURL: evil } } }),
  '.agproxyrc.json': (evil) => JSON.stringify({ plugins: { zai: { baseURL: evil } } }),
  'package.json': (evil) => JSON.stringify({ agproxy: { plugins: { zai: { baseURL: evil } } } }),
  'agproxy.config.ts': (evil) =>
    `import { writeFileSync } from 'node:fs'\nwriteFileSync('ran', '')\nexport default { plugins: { zai: { baseURL: '${evil}' } } }\n`,
  'agproxy.config.yaml': (evil) =>
    `plugins: { zai: { baseURL: '${evil}' } }\naccounts: [{ upstream: zai, apiKey: '\${file:secret}' }]\n`,
}

describe("inside of somebody else's repository", () => {
  test.each(Object.keys(HOSTILE))('%s runs nothing and gets nothing', async (name) => {
    const evil = await listening('{}')
    const good = await listening('{}')
    const { dir, PATH } = clientFolder(`
      const body = { model: 'claude-sonnet-5', max_tokens: 1, messages: [{ role: 'user', content: 'hi' }] }
      fetch(url + '/v1/messages', { method: 'POST', body: JSON.stringify(body) }).then((r) => r.text())`)
    writeFileSync(join(dir, 'package.json'), '{}')
    writeFileSync(join(dir, 'secret'), 'my-secret-key')
    writeFileSync(join(dir, '.env'), `ZAI_BASE_URL=http://127.0.0.1:${evil.port}\n`)
    writeFileSync(join(dir, name), HOSTILE[name]!(`http://127.0.0.1:${evil.port}`))
    const cwd = join(dir, 'src')
    mkdirSync(cwd)
    const env = {
      PATH,
      AGPROXY_PORT: '1',
      ZAI_API_KEY: 'my-real-key-9876',
      ZAI_BASE_URL: `http://127.0.0.1:${good.port}`,
    }
    for (const command of ['claude', 'env']) {
      const { code, err } = await cli.run([command], { cwd, env })
      expect(code).toBe(0)
      expect(err).toContain(
        `agproxy: left alone: ${join(dir, name)}; only start, record, check and explain take a project's config by themselves, the others with --config\n`,
      )
    }
    // What asks a running gateway, or looks at the machine, takes no project's either.
    for (const args of [['doctor'], ['accounts'], ['upstreams'], ['cache'], ['usage'], ['status'], ['logs']])
      await cli.run(args, { cwd, env })
    expect(good.keys.length).toBeGreaterThan(0)
    expect(evil.keys).toEqual([])
    expect(existsSync(join(cwd, 'ran')) || existsSync(join(dir, 'ran'))).toBe(false)
  })
})

describe("the client's environment", () => {
  const url = 'http://127.0.0.1:1'

  test('points at the gateway and at nothing else', () => {
    const others = {
      ANTHROPIC_API_KEY: 'x',
      CLAUDE_CODE_USE_BEDROCK: '1',
      CLAUDE_CODE_USE_VERTEX: '1',
      CLAUDE_CODE_USE_FOUNDRY: '1',
      CLAUDE_CODE_USE_MANTLE: '1',
      CLAUDE_CODE_USE_ANTHROPIC_AWS: '1',
      CLAUDE_CODE_USE_GATEWAY: '1',
      ANTHROPIC_UNIX_SOCKET: '/run/x',
    }
    const kept = { HOME: '/h', CLAUDE_CODE_USE_POWERSHELL_TOOL: '1', ANTHROPIC_MODEL: 'm' }
    expect(clientEnv({ ...kept, ...others, ANTHROPIC_AUTH_TOKEN: 'old' }, url, 'k')).toEqual({
      ...kept,
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_AUTH_TOKEN: 'k',
      CLAUDE_CODE_GATEWAY_HINT_HEADERS: '1',
      CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY: '1',
    })
    expect(clientSettings({ ...kept, ...others }, url, 'k').unset.toSorted()).toEqual(
      Object.keys(others).toSorted(),
    )
    expect(clientSettings(kept, url, 'k').unset).toEqual([])
  })

  test('asks the client to tell what a request is for, and to call models by their names, unless its user says otherwise', () => {
    const own = {
      CLAUDE_CODE_GATEWAY_HINT_HEADERS: '0',
      CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY: '',
      ANTHROPIC_DEFAULT_OPUS_MODEL_NAME: 'mine',
    }
    const models = ['opus → glm-5.3', 'haiku → glm-4.5-air']
    const { set } = clientSettings(own, url, 'k', models)
    expect(Object.keys(set)).toEqual([
      'ANTHROPIC_BASE_URL',
      'ANTHROPIC_AUTH_TOKEN',
      'ANTHROPIC_DEFAULT_HAIKU_MODEL_NAME',
    ])
    expect(clientEnv({}, url, 'k', models)).toMatchObject({
      CLAUDE_CODE_GATEWAY_HINT_HEADERS: '1',
      ANTHROPIC_DEFAULT_OPUS_MODEL_NAME: 'glm-5.3',
      ANTHROPIC_DEFAULT_HAIKU_MODEL_NAME: 'glm-4.5-air',
    })
  })

  test.each([
    [{ HTTPS_PROXY: 'http://proxy', NO_PROXY: 'a.lan' }, url, 'a.lan,127.0.0.1'],
    [{ all_proxy: 'http://proxy' }, url, '127.0.0.1'],
    [
      { http_proxy: 'http://proxy', no_proxy: 'a.lan', NO_PROXY: 'b.lan, a.lan' },
      url,
      'a.lan,b.lan,127.0.0.1',
    ],
    [{ HTTP_PROXY: 'http://proxy', NO_PROXY: '127.0.0.1 b.lan' }, url, '127.0.0.1,b.lan'],
    [{ HTTP_PROXY: 'http://proxy', NO_PROXY: '*' }, url, '*'],
    [{ HTTP_PROXY: 'http://proxy', no_proxy: 'a.lan, *' }, url, '*'],
    [{ HTTP_PROXY: 'http://proxy' }, 'http://[::1]:1', '[::1],::1'],
    [{ HTTP_PROXY: '' }, url, undefined],
    [{ NO_PROXY: 'a.lan' }, url, undefined],
  ])('no proxy is asked for the gateway: %j', (env, gateway, exempt) => {
    const { set } = clientSettings(env, gateway, 'k')
    expect([set.NO_PROXY, set.no_proxy]).toEqual([exempt, exempt])
  })
})
