import { presets } from 'agproxy/presets'
import { expect, it } from 'vitest'
import { anthropicUpstream } from '../../test/support/anthropic-upstream.js'
import { emptyFolder } from '../../test/support/cli.js'
import { stand, zaiPair } from '../../test/support/stand.js'
import { openerOf } from './browser.js'
import { runCli } from './main.js'

const KEY = 'admin/key+1234'

async function ui(env: NodeJS.ProcessEnv, ...flags: string[]) {
  const { url } = await stand(anthropicUpstream(), {
    config: (up) => ({ ...zaiPair(up), server: { adminKey: KEY } }),
  })
  let out = ''
  const code = await runCli(['ui', ...flags], {
    cwd: emptyFolder(),
    env: {
      XDG_STATE_HOME: emptyFolder(),
      AGPROXY_PORT: new URL(url).port,
      AGPROXY_ADMIN_KEY: KEY,
      ...env,
    },
    out: (text) => (out += text),
    err: (text) => (out += text),
    presets: async () => presets,
    modules: async () => ({}),
  })
  return { code, out, url }
}

it('prints the page’s URL with the key in its fragment where there is no browser, or none is wanted', async () => {
  for (const [env, flag] of [
    [{}, []],
    [{ DISPLAY: ':0', PATH: emptyFolder() }, ['--no-open']],
    [{ DISPLAY: ':0', PATH: emptyFolder() }, []],
  ] as const) {
    const { code, out, url } = await ui(env, ...flag)
    expect({ code, out }).toEqual({ code: 0, out: `${url}/_agproxy/#key=admin%2Fkey%2B1234\n` })
  }
})

it('refuses a key that is not the gateway’s, in the gateway’s words', async () => {
  const { code, out } = await ui({ AGPROXY_ADMIN_KEY: 'another' })
  expect(code).toBe(1)
  expect(out).toMatch(/send the admin key/)
  expect(out).not.toContain('another')
})

it.each([
  ['darwin', {}, 'open'],
  ['win32', {}, 'powershell'],
  ['linux', { WAYLAND_DISPLAY: 'wayland-0' }, 'xdg-open'],
  ['linux', {}, undefined],
  ['darwin', { SSH_CONNECTION: 'from afar' }, undefined],
] as const)('on %s with %j it asks %s', (platform, env, command) => {
  expect(openerOf('http://127.0.0.1:1/#k', env, platform)?.[0]).toBe(command)
})
