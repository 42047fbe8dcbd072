import { presets } from 'agproxy/presets'
import { expect, it } from 'vitest'
import { anthropicUpstream, failure } from '../../test/support/anthropic-upstream.js'
import { emptyFolder } from '../../test/support/cli.js'
import { ask } from '../../test/support/client.js'
import { stand } from '../../test/support/stand.js'
import { runCli } from './main.js'

const KEY = 'admin-key-1234'

async function running() {
  const refusing = anthropicUpstream((request) =>
    JSON.stringify(request.json()).includes('"system"')
      ? failure(400, 'invalid_request_error', "role 'system' is not supported on this model")
      : anthropicUpstream()(request, 0),
  )
  const there = await stand(refusing, {
    config: (baseURL) => ({
      preset: 'claude-code',
      accounts: [{ id: 'one', upstream: 'anthropic', apiKey: 'sk-upstream-1' }],
      plugins: { anthropic: { baseURL } },
      server: { adminKey: KEY },
    }),
  })
  const system = {
    messages: [
      { role: 'user', content: 'hi' },
      { role: 'system', content: 'x' },
    ],
  }
  expect((await there.send({ body: ask({ ...system, model: 'claude-new-1' }) })).status).toBe(200)
  return { AGPROXY_PORT: new URL(there.url).port, AGPROXY_ADMIN_KEY: KEY }
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

it('agproxy upstreams shows what each takes, from where, and what was learned', async () => {
  const env = await running()
  const { code, out } = await cli(['upstreams'], env)
  expect(code).toBe(0)
  expect(out).toMatch(/^zai\n {2}cacheControl false +all models +https:\S+ \(2026-11, assumed\)$/m)
  expect(out).toMatch(
    /^ {2}learned\n {4}systemMessages false +claude-new-1 +refused: role system inside messages; until 20\S+$/m,
  )
  const json = JSON.parse((await cli(['upstreams', '--json'], env)).out)
  expect(json.upstreams.find(({ name }: { name: string }) => name === 'anthropic').learned).toHaveLength(1)
})

it('agproxy check tells it too, where a gateway runs', async () => {
  const env = await running()
  const { out } = await cli(['check'], env)
  expect(out).toMatch(
    /^learned about anthropic\n {2}systemMessages false +claude-new-1 +refused: role system/m,
  )
  expect((await cli(['check'], { ...env, AGPROXY_ADMIN_KEY: undefined })).out).not.toContain('learned about')
})

it('forget NAME forgets it', async () => {
  const env = await running()
  expect(await cli(['upstreams', 'forget', 'anthropic'], env)).toMatchObject({
    code: 0,
    out: 'anthropic: 1 lesson forgotten, tried anew with the next request\n',
  })
  expect((await cli(['upstreams', 'forget', 'anthropic'], env)).out).toBe(
    'nothing was learned about anthropic\n',
  )
  expect(await cli(['upstreams', 'forget', 'antropic'], env)).toMatchObject({
    code: 1,
    err: expect.stringContaining("no upstream 'antropic'; did you mean 'anthropic'?"),
  })
  expect((await cli(['upstreams', 'forget'], env)).err).toContain('name the upstream')
  expect((await cli(['upstreams', 'drop'], env)).err).toContain("upstreams does not know 'drop'")
})
