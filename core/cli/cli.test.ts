import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import * as agproxy from 'agproxy'
import { presets } from 'agproxy/presets'
import { describe, expect, onTestFinished, test } from 'vitest'
import { anthropicUpstream, failure } from '../../test/support/anthropic-upstream.js'
import { startUpstream } from '../../test/support/bad-upstream.js'
import { builtCli, emptyFolder, type Finished, type RunOptions } from '../../test/support/cli.js'
import { stall } from '../../test/support/script.js'
import { runCli } from './main.js'

const cli = builtCli()

/** The same in this process: where nothing but words are at stake, a process for each would only take time. */
async function run(argv: readonly string[], { cwd, env = {} }: RunOptions): Promise<Finished> {
  let out = ''
  let err = ''
  const code = await runCli(argv, {
    cwd,
    env: { XDG_STATE_HOME: emptyFolder(), XDG_CONFIG_HOME: emptyFolder(), ...env },
    out: (text) => (out += text),
    err: (text) => (err += text),
    presets: async () => presets,
    modules: async () => ({ agproxy }),
  })
  return { code, out, err }
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function upstream(handler = anthropicUpstream()) {
  const up = await startUpstream(handler)
  onTestFinished(() => up.close())
  return up
}

const config = (dir: string, text: string, name = 'agproxy.config.ts') => {
  writeFileSync(join(dir, name), text)
  return join(dir, name)
}

describe('start', () => {
  test.each([[['start']], [[]]])(
    '%j prints the URL once it answers, and says that it is offline',
    async (args) => {
      const port = await freePort()
      const running = cli.start([...args, '--port', String(port)], { cwd: emptyFolder() })
      const text = await running.printed('ZAI_API_KEY')
      expect(text).toContain(`listening on http://127.0.0.1:${port} `)
      expect(text).toContain("the offline upstream 'echo' answers")
      expect(text).toContain('set ZAI_API_KEY or AGPROXY_ANTHROPIC_API_KEY')
      const health = await fetch(`http://127.0.0.1:${port}/healthz`)
      expect(await health.text()).toBe('{"status":"ok"}')
      const reply = await fetch(`http://127.0.0.1:${port}/v1/messages`, {
        method: 'POST',
        body: JSON.stringify({
          model: 'claude-sonnet-5',
          max_tokens: 9,
          messages: [{ role: 'user', content: 'hi' }],
        }),
      })
      expect(JSON.stringify(await reply.json())).toContain('offline')
      running.child.kill('SIGTERM')
      expect((await running.finished).code).toBe(0)
    },
  )

  test('on all addresses it says how this machine and others reach it', async () => {
    const running = cli.start(['--host', '0.0.0.0', '-p', '0'], { cwd: emptyFolder() })
    await running.printed('client')
    running.child.kill('SIGTERM')
    const { out } = await running.finished
    const port = /listening on http:\/\/0\.0\.0\.0:(\d+)/.exec(out)![1]
    expect(JSON.parse(out.split('\n')[0]!).client).toBe(`http://127.0.0.1:${port}`)
    const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
    const reachable = addresses.some(({ internal, family }) => !internal && family === 'IPv4')
    expect(new RegExp(`"network":\\["http://\\S+:${port}"`).test(out)).toBe(reachable)
  })

  test.each(['auto', 'json'])('into a pipe, with log.format %s, every line is JSON', async (format) => {
    const dir = emptyFolder()
    config(dir, JSON.stringify({ log: { format }, server: { port: 0 } }), 'agproxy.config.json')
    const running = cli.start([], { cwd: dir })
    await running.printed('no upstream account')
    running.child.kill('SIGTERM')
    const { out, err } = await running.finished
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines[0]).toMatchObject({
      level: 'info',
      msg: expect.stringMatching(/^listening on http:\/\/127\.0\.0\.1:\d+ \(agproxy \d/),
      preset: 'claude-code',
    })
    expect(lines[1]).toMatchObject({ level: 'warn', msg: expect.stringContaining('no upstream account') })
    expect(lines.at(-1).msg).toContain('SIGTERM')
    expect(err).toBe('')
  })

  test("with log.format 'pretty' the first lines are for people, into a pipe too", async () => {
    const dir = emptyFolder()
    config(dir, '{ "log": { "format": "pretty" }, "server": { "port": 0 } }', 'agproxy.config.json')
    const running = cli.start([], { cwd: dir })
    await running.printed('no upstream account')
    running.child.kill('SIGTERM')
    const { out, err } = await running.finished
    expect(out).toMatch(/^agproxy \S+ listening on \S+\n {2}config +\S+\n {2}preset +claude-code\n/)
    expect(err).toMatch(/^agproxy: no upstream account/)
  })

  test('stops with exit code 0 on SIGINT too', async () => {
    const running = cli.start(['-p', '0'], { cwd: emptyFolder() })
    await running.printed('listening on')
    running.child.kill('SIGINT')
    expect((await running.finished).code).toBe(0)
  })

  test('a second signal cuts a request that would not end', async () => {
    const up = await upstream(() => stall())
    const env = { AGPROXY_ANTHROPIC_API_KEY: 'k', AGPROXY_ANTHROPIC_BASE_URL: up.url }
    const port = await freePort()
    const running = cli.start(['-p', String(port)], { cwd: emptyFolder(), env })
    await running.printed('listening on')
    const body = JSON.stringify({ model: 'm', max_tokens: 1, messages: [{ role: 'user', content: 'x' }] })
    const request = fetch(`http://127.0.0.1:${port}/v1/messages`, { method: 'POST', body }).catch(() => 'cut')
    await up.received(1)
    running.child.kill('SIGTERM')
    await running.printed('stopping')
    running.child.kill('SIGTERM')
    expect((await running.finished).code).toBe(0)
    expect(await request).toBe('cut')
  })

  test('a taken port is one message, exit code 1, no stack', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    const { code, out, err } = await cli.run(['--port', String(port)], { cwd: emptyFolder() })
    expect({ code, out, err }).toEqual({
      code: 1,
      out: '',
      err: `agproxy: cannot listen on 127.0.0.1, port ${port}: the port is taken, perhaps by another agproxy; choose another one with --port or server.port\n`,
    })
  })

  test('an address that this machine does not have', async () => {
    const { code, err } = await cli.run(['--host', '203.0.113.7', '--port', '0'], { cwd: emptyFolder() })
    expect(code).toBe(1)
    expect(err).toMatch(
      /^agproxy: cannot listen on 203\.0\.113\.7, port 0: this machine has no such address.*\n$/,
    )
  })

  test('an IPv6 address in brackets is that address, where the client is sent too', async () => {
    const running = cli.start(['--host', '[::1]', '-p', '0'], { cwd: emptyFolder() })
    const out = await running.printed('client')
    const port = /listening on http:\/\/\[::1\]:(\d+) /.exec(out)![1]
    expect(out).toContain(`"client":"http://[::1]:${port}"`)
    expect((await fetch(`http://[::1]:${port}/healthz`)).status).toBe(200)
    await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow()
  })

  test.each([
    ['10.1.2.3/8', '0', "--host: expected one address, not a network, found '10.1.2.3/8'"],
    ['no_such_host.invalid', '0', 'cannot listen on no_such_host.invalid, port 0: '],
    ['127.0.0.1', '6667', 'cannot listen on port 6667: fetch and browsers refuse to call it'],
  ])('host %s and port %s are refused in words, and nothing is opened', async (host, port, message) => {
    const { code, out, err } = await cli.run(['--host', host, '-p', port], { cwd: emptyFolder() })
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toContain(`agproxy: ${message}`)
    expect(err.trim().split('\n')).toHaveLength(1)
  })

  test('a config from outside the repository, with a plugin of its own, is served', async () => {
    const dir = emptyFolder()
    const up = await upstream()
    writeFileSync(join(dir, 'stamp.ts'), "export const text: string = 'stamped'\n")
    config(
      dir,
      `import { defineConfig, definePlugin, z } from 'agproxy'
       import { text } from './stamp'
       const stamp = definePlugin({
         name: 'stamp', phase: 'request',
         options: z.strictObject({ text: z.string().default('hello') }),
         create: ({ options }) => ({ onReply: (reply) => reply.with({ headers: { 'x-stamp': options.text } }) }),
       })
       export default defineConfig({
         server: { port: 0 },
         accounts: [{ upstream: 'anthropic', apiKey: 'k', baseURL: ${JSON.stringify(up.url)} }],
         use: [stamp({ text })],
       })`,
    )
    const running = cli.start([], { cwd: dir })
    const url = /listening on (\S+)/.exec(await running.printed(/listening on \S+\s/))![1]!
    const body = JSON.stringify({ model: 'm', max_tokens: 1, messages: [{ role: 'user', content: 'x' }] })
    const reply = await fetch(`${url}/v1/messages`, { method: 'POST', body })
    expect(reply.headers.get('x-stamp')).toBe('stamped')
    expect(up.requests[0]!.header('x-api-key')).toBe('k')
  })

  test('flags win over the config, which is named with -c', async () => {
    const dir = emptyFolder()
    config(dir, 'server: { port: 1, host: 203.0.113.7 }\nlog: { level: silent }\n', 'gateway.yaml')
    const running = cli.start(
      ['-c', 'gateway.yaml', '--host', '127.0.0.1', '-p', '0', '--preset', 'passthrough'],
      {
        cwd: dir,
      },
    )
    expect(await running.printed('listening on')).toMatch(/listening on http:\/\/127\.0\.0\.1:\d+ /)
    expect(await running.printed('preset')).toContain('passthrough')
  })
})

describe('a broken config', () => {
  test.each(['start', 'check', 'env', 'claude'])(
    '%s tells file and place on stderr and exits with 1',
    async (name) => {
      const dir = emptyFolder()
      const file = config(dir, 'export default { server: { prot: 1 }, plugins: { warmpu: false } }\n')
      const { code, out, err } = await cli.run([name], { cwd: dir, env: { AGPROXY_CONFIG: file } })
      expect({ code, out }).toEqual({ code: 1, out: '' })
      expect(err).toContain(`agproxy: ${file}:\n`)
      expect(err).toMatch(
        /^ {2}server\.prot: unknown key; allowed are host, port, .*; did you mean 'port'\?$/m,
      )
      expect(err).toMatch(
        /^ {2}plugins\.warmpu: unknown plugin; allowed are auth, .*; did you mean 'warmup'\?$/m,
      )
      expect(err).not.toMatch(/^\s+at /m)
    },
  )

  test('syntax errors and missing files', async () => {
    const dir = emptyFolder()
    const file = config(dir, 'export default {\n  a: 1\n  b: 2\n}\n')
    expect((await run([], { cwd: dir })).err).toBe(
      `agproxy: ${file}:\n  syntax error in line 3: Unexpected token, expected ","\n`,
    )
    expect((await run(['-c', 'nope.json'], { cwd: dir })).err).toBe(
      `agproxy: ${join(dir, 'nope.json')}:\n  no such file; check the path given to --config\n`,
    )
  })

  test('an account of an upstream that is not in the chain', async () => {
    const dir = emptyFolder()
    const file = config(dir, "export default { accounts: [{ upstream: 'zia', apiKey: 'sk-secret-key' }] }\n")
    for (const command of ['check', 'start']) {
      const { code, err } = await run([command], { cwd: dir })
      expect(code).toBe(1)
      expect(err).toContain(`${file}:\n  accounts.0.upstream: no upstream 'zia'; did you mean 'zai'?`)
      expect(err).not.toContain('sk-secret')
    }
  })
})

describe('the command line itself', () => {
  const refused = async (args: string[], expected = 2) => {
    const { code, out, err } = await run(args, { cwd: emptyFolder() })
    expect({ code, out }).toEqual({ code: expected, out: '' })
    return err
  }

  test('what it does not know is refused, with the nearest name', async () => {
    expect(await refused(['strat'])).toMatch(
      /^agproxy: unknown command 'strat'; did you mean 'start'; there are start, claude, /,
    )
    expect(await refused(['--prot', '1'])).toBe(
      "agproxy: unknown flag --prot for start; did you mean '--port'; it takes --config, --host, --port, --preset, --log-level, --verbose, --detach, --workers\n",
    )
    expect(await refused(['check', '--prob'])).toContain(
      "unknown flag --prob for check; did you mean '--probe'",
    )
    expect(await refused(['env', '-x'])).toContain('unknown flag -x for env')
    expect(await refused(['claude', '--print'])).toContain('arguments for the client stand after --')
    expect(await refused(['start', 'now'])).toBe("agproxy: start does not know what to do with 'now'\n")
    expect(await refused(['start', '--', 'x'])).toBe('agproxy: start takes nothing after --\n')
    expect(await refused(['start', '--port'])).toBe('agproxy: --port needs a value\n')
    expect(await refused(['check', '--probe=yes'])).toBe('agproxy: --probe takes no value\n')
    expect(await refused(['--port', 'http'], 1)).toBe("agproxy: --port: expected a number, found 'http'\n")
    expect(await refused(['--preset', 'claud'], 1)).toContain("--preset: unknown preset 'claud'")
    expect(await refused(['--log-level', 'loud'], 1)).toContain("--log-level: expected 'silent', 'error'")
  })

  test('--version and --help', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
    expect(await cli.run(['--version'], { cwd: emptyFolder() })).toEqual({
      code: 0,
      out: `${version}\n`,
      err: '',
    })
    const help = await cli.run(['--help'], { cwd: emptyFolder() })
    for (const name of ['start', 'check', 'init', 'env', 'claude']) expect(help.out).toContain(name)
    expect(help.out).not.toContain('\u001b')
    const own = (await run(['start', '--help'], { cwd: emptyFolder() })).out
    expect(own).toContain('--log-level')
    expect((await run(['help', 'start'], { cwd: emptyFolder() })).out).toBe(own)
  })
})

describe('check', () => {
  test('prints the chain with options and origins, and no secret', async () => {
    const dir = emptyFolder()
    config(dir, "export default { plugins: { auth: { mode: 'strict' }, warmup: false } }\n")
    const env = {
      ZAI_API_KEY: 'zai-secret-1111',
      AGPROXY_API_KEY: 'client-secret-2222',
      AGPROXY_PORT: '9000',
    }
    const { code, out, err } = await run(['check'], { cwd: dir, env })
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/^ {2}port +9000 +env$/m)
    expect(out).toMatch(/^ +1\. auth {2}\(phase request, from preset claude-code\)\n +mode +strict +config$/m)
    expect(out).toMatch(/^ +keys +\[••••2222\] +env$/m)
    expect(out).toMatch(/^ {2}zai-1 {2}zai {2}key ••••1111$/m)
    expect(out).toMatch(/^off\n {2}.*\bwarmup\b/m)
    expect(out).not.toMatch(/bodyLimit|^endpoints/m)
    expect(out).not.toContain('secret')

    const all = await run(['check', '--all'], { cwd: dir, env })
    expect(all.out).toMatch(/^ {2}bodyLimit +33554432 +default$/m)
    expect(all.out).toMatch(
      /^endpoints\n(?: {2}.*\n)*? {2}GET \/_agproxy\/api\/accounts +admin +the gateway$/m,
    )

    const answer = await run(['check', '--json'], { cwd: dir, env })
    const found = JSON.parse(answer.out)
    expect(found).toMatchObject({
      ok: true,
      server: { port: 9000 },
      origins: { server: { port: 'env' } },
      accounts: [{ id: 'zai-1', upstream: 'zai', apiKey: '••••1111' }],
      warnings: [],
      probes: null,
    })
    expect(found.chain[0]).toMatchObject({ name: 'auth', options: { mode: 'strict', keys: ['••••2222'] } })
    expect(answer.out).not.toContain('secret')
  })

  test('names plugins that have whole bodies decoded', async () => {
    const dir = emptyFolder()
    const plugin = (name: string, hook: string) =>
      `definePlugin({ name: '${name}', phase: 'request', create: () => ({ ${hook} }) })`
    config(
      dir,
      `import { definePlugin } from 'agproxy'
export default { use: [
  ${plugin('greedy', 'onRequest: (call) => call.with({ body: { ...call.body, max_tokens: 1 } })')},
  ${plugin('frugal', 'onRequest: (call) => call.set({ max_tokens: 1 })')},
] }`,
    )
    const { code, out } = await run(['check'], { cwd: dir })
    expect(code).toBe(0)
    expect(out).toMatch(
      /\nslow\n {2}greedy has every request's whole body decoded.*\n\nok, 1 warning above\n$/,
    )
    expect(out).not.toMatch(/frugal has/)
  })

  test('--probe calls every account once and fails when one fails', async () => {
    const good = await upstream()
    const bad = await upstream(() => failure(401, 'authentication_error', 'invalid key sk-secret-key'))
    const dir = emptyFolder()
    const account = (id: string, url: string, apiKey = 'sk-secret-key') => ({
      id,
      upstream: 'anthropic',
      apiKey,
      baseURL: url,
    })
    const accounts = [account('good', good.url), account('bad', bad.url)]
    config(dir, JSON.stringify({ accounts }), '.agproxyrc.json')
    const both = await run(['check', '--probe'], { cwd: dir })
    expect(both.code).toBe(1)
    expect(both.out).toMatch(/^ {2}ok {6}good \(anthropic\): \d+ ms$/m)
    expect(both.out).toMatch(/^ {2}failed {2}bad \(anthropic\): 401 .*invalid key/m)
    expect(both.out + both.err).not.toContain('sk-secret')
    expect([good.requests.length, bad.requests.length]).toEqual([1, 1])

    config(dir, JSON.stringify({ accounts: accounts.slice(0, 1) }), '.agproxyrc.json')
    expect((await run(['check', '--probe'], { cwd: dir })).code).toBe(0)
    expect((await run(['check'], { cwd: dir })).code).toBe(0)
    expect(good.requests.length).toBe(2)
  })
})

describe('init', () => {
  test('writes a config that loads, and does not write twice', async () => {
    const dir = emptyFolder()
    expect(await run(['init'], { cwd: dir })).toEqual({
      code: 0,
      out: expect.stringMatching(
        /^Wrote agproxy\.config\.ts\.\nNext: .* check, then ZAI_API_KEY=… .* start; .* claude\n$/,
      ),
      err: '',
    })
    expect((await run(['check'], { cwd: dir })).code).toBe(0)
    const before = readFileSync(join(dir, 'agproxy.config.ts'), 'utf8')
    const again = await run(['init'], { cwd: dir })
    expect(again).toEqual({
      code: 1,
      out: '',
      err: 'agproxy: agproxy.config.ts is there already; nothing was written\n',
    })
    expect(readFileSync(join(dir, 'agproxy.config.ts'), 'utf8')).toBe(before)
  })

  test.each([
    ['.agproxyrc', ''],
    ['agproxy.config.cjs', ''],
    ['package.json', '{ "agproxy": {} }'],
    ['package.json', '\ufeff{ "agproxy": {} }'],
  ])('refuses beside %s', async (name, text) => {
    const dir = emptyFolder()
    config(dir, text, name)
    const { code, err } = await run(['init'], { cwd: dir })
    expect(code).toBe(1)
    expect(err).toContain(`${name}`)
    expect(existsSync(join(dir, 'agproxy.config.ts'))).toBe(false)
  })
})

/** Shell profiles have the command, so this is no failure. */
const NOBODY = /^agproxy: no gateway answers at http:\/\/\S+ with this key; .* start -d starts one/

describe('env', () => {
  const lines = async (env: NodeJS.ProcessEnv, args: string[] = [], text?: string) => {
    const dir = emptyFolder()
    if (text) config(dir, text)
    const { code, out, err } = await run(['env', ...args], { cwd: dir, env })
    const isHere = !/gateway\.lan/.test(out)
    expect({ code, err }).toEqual({ code: 0, err: isHere ? expect.stringMatching(NOBODY) : '' })
    return out.split('\n').slice(0, -1)
  }

  test('points at the gateway as it would start here', async () => {
    expect(await lines({})).toEqual([
      'export ANTHROPIC_BASE_URL=http://127.0.0.1:8045',
      'export ANTHROPIC_AUTH_TOKEN=agproxy',
      'export CLAUDE_CODE_GATEWAY_HINT_HEADERS=1',
      'export CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY=1',
    ])
    expect(await lines({ AGPROXY_PORT: '9', AGPROXY_HOST: '::1', AGPROXY_API_KEY: 'one,two' })).toEqual([
      'export ANTHROPIC_BASE_URL=http://[::1]:9',
      'export ANTHROPIC_AUTH_TOKEN=one',
      'export CLAUDE_CODE_GATEWAY_HINT_HEADERS=1',
      'export CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY=1',
    ])
    expect(await lines({}, ['--host', '0.0.0.0', '-p', '10'])).toContain(
      'export ANTHROPIC_BASE_URL=http://127.0.0.1:10',
    )
    const https = 'export default { server: { host: "gateway.lan", https: true } }'
    expect(await lines({ AGPROXY_CONFIG: 'agproxy.config.ts' }, [], https)).toContain(
      'export ANTHROPIC_BASE_URL=https://gateway.lan:8045',
    )
  })

  test('exempts the gateway from a proxy, and takes away what would keep the client from it', async () => {
    const env = {
      HTTPS_PROXY: 'http://proxy:1',
      NO_PROXY: 'a.lan',
      ANTHROPIC_API_KEY: 'sk-own',
      CLAUDE_CODE_USE_VERTEX: '1',
    }
    expect(await lines(env)).toEqual([
      'export ANTHROPIC_BASE_URL=http://127.0.0.1:8045',
      'export ANTHROPIC_AUTH_TOKEN=agproxy',
      'export NO_PROXY=a.lan,127.0.0.1',
      'export no_proxy=a.lan,127.0.0.1',
      'export CLAUDE_CODE_GATEWAY_HINT_HEADERS=1',
      'export CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY=1',
      'unset ANTHROPIC_API_KEY',
      'unset CLAUDE_CODE_USE_VERTEX',
    ])
  })

  test('for the shell that is named', async () => {
    expect(await lines({}, ['--shell', 'powershell'])).toEqual([
      "$env:ANTHROPIC_BASE_URL = 'http://127.0.0.1:8045'",
      "$env:ANTHROPIC_AUTH_TOKEN = 'agproxy'",
      "$env:CLAUDE_CODE_GATEWAY_HINT_HEADERS = '1'",
      "$env:CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY = '1'",
    ])
    const { code, err } = await run(['env', '--shell', 'tcsh'], { cwd: emptyFolder() })
    expect(code).toBe(2)
    expect(err).toMatch(/^agproxy: --shell: no shell 'tcsh'; known are sh, bash, .*\n$/)
  })

  test('a key is quoted for the shell where it must be', async () => {
    expect(await lines({ AGPROXY_API_KEY: `it's $HOME` })).toContain(
      `export ANTHROPIC_AUTH_TOKEN='it'\\''s $HOME'`,
    )
  })
})
