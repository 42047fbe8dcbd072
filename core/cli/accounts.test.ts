import { presets } from 'agproxy/presets'
import { describe, expect, it, onTestFinished } from 'vitest'
import { anthropicUpstream, failure } from '../../test/support/anthropic-upstream.js'
import { closedPort, startUpstream } from '../../test/support/bad-upstream.js'
import { emptyFolder } from '../../test/support/cli.js'
import { ask } from '../../test/support/client.js'
import { head, json, reset, respond, write } from '../../test/support/script.js'
import { stand, zaiPair } from '../../test/support/stand.js'
import { runCli } from './main.js'

const KEY = 'admin-key-1234'

async function running() {
  const there = await stand(
    anthropicUpstream(() => failure(429, 'rate_limit_error', 'slow down', { 'retry-after': '40' })),
    { config: (url) => ({ ...zaiPair(url), server: { adminKey: KEY } }) },
  )
  const { port } = new URL(there.url)
  return { ...there, env: { AGPROXY_PORT: port, AGPROXY_ADMIN_KEY: KEY } }
}

async function cli(argv: readonly string[], env: NodeJS.ProcessEnv) {
  let out = ''
  let err = ''
  const code = await runCli(argv, {
    cwd: emptyFolder(),
    env: { XDG_STATE_HOME: emptyFolder(), ...env },
    out: (text) => (out += text),
    err: (text) => (err += text),
    presets: async () => presets,
    modules: async () => ({}),
  })
  return { code, out, err }
}

describe('agproxy accounts', () => {
  it('shows each account of the running gateway and why it is in cooldown', async () => {
    const { gateway, env, send } = await running()
    const { accounts: pool } = gateway
    await send({ body: ask() })
    pool.coolDown(pool.all()[1]!, Number.POSITIVE_INFINITY, 'billing')
    pool.coolDown(pool.all()[1]!, 3 * 3_600_000, 'window-used-up', 'claude-opus-5')
    expect(await cli(['accounts'], env)).toEqual({
      code: 0,
      err: '',
      out:
        'first   zai  0 in flight  in cooldown, 40 s left (rate limit)\n' +
        'second  zai  0 in flight  in cooldown until the config changes (billing)\n' +
        '                          claude-opus-5: in cooldown, 3 h 0 min left (window used up)\n',
    })
  })

  it('clear ID clears the cooldowns of one', async () => {
    const { gateway, env, send } = await running()
    await send({ body: ask() })
    expect(await cli(['accounts', 'clear', 'first'], env)).toMatchObject({
      code: 0,
      out: 'first: 1 cooldown cleared\n',
    })
    expect(await cli(['accounts', 'clear', 'first'], env)).toMatchObject({
      code: 0,
      out: 'first had no cooldowns\n',
    })
    expect(gateway.accounts.status()[0]).toMatchObject({ cooldownMs: 0 })
  })

  it.each([
    ['an unknown id', ['clear', 'third'], {}, /no account 'third'; there are first, second/],
    ['no id', ['clear'], {}, /name the account: agproxy accounts clear ID/],
    ['an unknown word', ['drop'], {}, /accounts does not know 'drop'/],
    ['a word too many', ['clear', 'a', 'b'], {}, /does not know what to do with 'b'/],
    ['the wrong key', [], { AGPROXY_ADMIN_KEY: 'wrong-key' }, /send the admin key/],
    ['no key', [], { AGPROXY_ADMIN_KEY: '' }, /set AGPROXY_ADMIN_KEY or server.adminKey/],
  ])('%s is told in one line', async (name, args, env, words) => {
    const there = await running()
    const { code, err } = await cli(['accounts', ...args], { ...there.env, ...env })
    // A word that can't be meant is 2, what the gateway refuses is 1.
    expect(code).toBe(['no id', 'an unknown word', 'a word too many'].includes(name) ? 2 : 1)
    expect(err).toMatch(words)
    expect(err.trim().split('\n')).toHaveLength(1)
  })

  it.each([
    ['a page for every path', respond(200, '<html></html>', { headers: { 'content-type': 'text/html' } })],
    ['no such path', json({ error: { message: 'not found' } }, 404)],
    ['a list', json([])],
  ])('what answers with %s is no gateway, and is told so', async (_, script) => {
    const up = await startUpstream(() => script)
    onTestFinished(() => up.close())
    const { port } = new URL(up.url)
    const { code, err } = await cli(['accounts', '--port', port], { AGPROXY_ADMIN_KEY: KEY })
    expect(code).toBe(1)
    expect(err).toMatch(
      /^agproxy: what answers at http:\/\/127\.0\.0\.1:\d+ is no gateway of agproxy \(status \d+\); .*\n$/,
    )
  })

  it('what breaks off in its answer may be a gateway', async () => {
    const script = [head(200, { 'content-length': '100' }), write('{"accounts":'), reset()]
    const up = await startUpstream(() => script)
    onTestFinished(() => up.close())
    const { port } = new URL(up.url)
    const { code, err } = await cli(['accounts', '--port', port], { AGPROXY_ADMIN_KEY: KEY })
    expect([code, err]).toEqual([1, `agproxy: ${up.url} ended the connection before it answered\n`])
  })

  it('says where it looked when no gateway runs', async () => {
    const port = String(await closedPort())
    const { code, err } = await cli(['accounts', '--port', port], { AGPROXY_ADMIN_KEY: KEY })
    expect([code, err]).toEqual([
      1,
      `agproxy: no gateway answers at http://127.0.0.1:${port}; agproxy start -d starts one, --host and --port name another\n`,
    ])
  })
})
