import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { presets } from 'agproxy/presets'
import { describe, expect, it } from 'vitest'
import { builtCli, emptyFolder } from '../../test/support/cli.js'
import { resolveConfig } from '../config/resolve.js'
import { stateFolder } from '../state/folder.js'
import { keptAdminKey, withAdminKey } from './admin-key.js'

const cli = builtCli()
const ROUTE = '/_agproxy/api/accounts'

const resolved = (server: object = {}) => resolveConfig({ server }, { env: {}, presets })
const folder = () => ({ XDG_STATE_HOME: emptyFolder() })
const fileOf = (env: NodeJS.ProcessEnv) => join(stateFolder(env), 'admin-key')

async function started(args: readonly string[], env: NodeJS.ProcessEnv) {
  const cwd = emptyFolder()
  const running = cli.start(['start', '-p', '0', ...args], { cwd, env })
  const text = await running.printed(/listening on http:\S+\s/, 30_000)
  const url = /listening on (http:\S+)/.exec(text)![1]!
  return { running, url, port: new URL(url).port, cwd }
}

const ask = (url: string, key: string, headers = {}) =>
  fetch(url + ROUTE, { headers: { 'x-api-key': key, ...headers } }).then((response) => response.status)

describe('the admin key on a loopback address', () => {
  it('is made at the first start, for this user alone, and the commands read it', async () => {
    const env = folder()
    const { url, port, cwd, running } = await started([], env)
    const key = readFileSync(fileOf(env), 'utf8').trim()
    expect(key).toMatch(/^[\w-]{43}$/)
    if (process.platform !== 'win32') {
      expect(statSync(fileOf(env)).mode & 0o777).toBe(0o600)
      expect(statSync(stateFolder(env)).mode & 0o777).toBe(0o700)
    }
    expect([await ask(url, key), await ask(url, `${key}x`)]).toEqual([200, 401])
    expect(await cli.run(['accounts', '-p', port], { cwd, env })).toMatchObject({
      code: 0,
      out: expect.stringContaining('echo'),
    })
    running.child.kill('SIGTERM')
    expect(JSON.stringify(await running.finished)).not.toContain(key)
  })

  it('is one for all workers and gateways of the user, however many start at once', async () => {
    const env = folder()
    const gateways = await Promise.all([started(['--workers', '2'], env), started([], env)])
    const key = keptAdminKey(env)!
    for (const { url } of gateways)
      for (let i = 0; i < 4; i++) expect(await ask(url, key, { connection: 'close' })).toBe(200)
  }, 60_000)

  it('lets no web page in that has learned it', async () => {
    const env = folder()
    const { url } = await started([], env)
    expect(await ask(url, keptAdminKey(env)!, { origin: 'https://evil.example' })).toBe(403)
  })

  it('is made once: the next start has it again', () => {
    const env = folder()
    const [first, second] = [1, 2].map(() => withAdminKey(resolved(), env).server.adminKey)
    expect(first).toMatch(/^[\w-]{43}$/)
    expect(second).toBe(first)
  })

  it.each([
    ['empty', '', 0o600],
    ['no key', 'hello\n', 0o600],
    ['readable by others', `${'k'.repeat(43)}\n`, 0o644],
  ])('is made anew where the file is %s', (_what, text, mode) => {
    const env = folder()
    mkdirSync(stateFolder(env))
    writeFileSync(fileOf(env), text)
    chmodSync(fileOf(env), mode)
    expect(keptAdminKey(env)).toBeUndefined()
    const { adminKey } = withAdminKey(resolved(), env).server
    expect(adminKey).not.toBe(text.trim())
    expect(keptAdminKey(env)).toBe(adminKey)
  })

  it('is not made where the config has one, or other machines can reach the gateway', () => {
    const env = folder()
    expect(withAdminKey(resolved({ adminKey: 'my-own-key' }), env).server.adminKey).toBe('my-own-key')
    expect(withAdminKey(resolved({ host: '0.0.0.0' }), env).server.adminKey).toBeUndefined()
    expect(keptAdminKey(env)).toBeUndefined()
  })

  it('that cannot be kept leaves the routes closed, with a warning', () => {
    const env = { XDG_STATE_HOME: join(emptyFolder(), 'file') }
    writeFileSync(env.XDG_STATE_HOME, '')
    const { server, warnings } = withAdminKey(resolved(), env)
    expect(server.adminKey).toBeUndefined()
    expect(warnings.at(-1)).toMatch(/no admin key could be kept in .*set AGPROXY_ADMIN_KEY/)
  })
})

describe('the state folder', () => {
  it.each([
    ['$XDG_STATE_HOME', { XDG_STATE_HOME: '/xdg', HOME: '/home/me' }, 'linux', '/xdg/agproxy'],
    [
      'a relative $XDG_STATE_HOME',
      { XDG_STATE_HOME: 'xdg', HOME: '/home/me' },
      'linux',
      '/home/me/.local/state/agproxy',
    ],
    ['a home folder', { HOME: '/home/me' }, 'darwin', '/home/me/.local/state/agproxy'],
    ['%LOCALAPPDATA%', { LOCALAPPDATA: '/local', HOME: '/home/me' }, 'win32', '/local/agproxy'],
  ] as const)('is below %s', (_what, env, platform, path) => {
    expect(stateFolder(env, platform)).toBe(path)
  })
})
