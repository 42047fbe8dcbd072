import { spawnSync } from 'node:child_process'
import fs, { mkdirSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import * as agproxy from 'agproxy'
import { presets } from 'agproxy/presets'
import { describe, expect, onTestFinished, test } from 'vitest'
import { emptyFolder } from '../../test/support/cli.js'
import { startGateway } from '../server/start.js'
import { type CliContext, loadResolved } from './context.js'
import { reloadOnChange } from './reload.js'

interface Options {
  /** Its name decides on the format. */
  readonly file?: string
  /** As without `--config`. */
  readonly search?: boolean
  readonly env?: NodeJS.ProcessEnv
  /** Is called with the file that was read, each time. */
  readonly loaded?: (file: string | undefined) => void
}

/** A gateway in this process that follows a config in a folder of its own. */
async function following(
  text: string,
  { file: name = '.agproxyrc.json', search, env = {}, loaded = () => {} }: Options = {},
) {
  const dir = emptyFolder()
  const path = (other = name) => join(dir, other)
  const save = (content: string, other = name) => writeFileSync(path(other), content)
  save('{}', 'package.json')
  save(text)
  const context: CliContext = {
    cwd: dir,
    env,
    out: () => {},
    err: () => {},
    presets: async () => presets,
    modules: async () => ({ agproxy }),
  }
  const load = async () => {
    const found = await loadResolved({ port: '0', ...(!search && { config: path() }) }, context, 'project')
    loaded(found.file)
    return found
  }
  const logs: string[] = []
  const note = (level: string) => (first: object | string, text?: string) =>
    void logs.push(`${level}: ${typeof first === 'string' ? first : text}`)
  const logger = {
    debug: note('debug'),
    info: note('info'),
    warn: note('warn'),
    error: note('error'),
    child: () => logger,
  }
  const config = await load()
  const running = await startGateway({ config, logger: logger as never })
  let hup = () => {}
  const unwatch = reloadOnChange(running, config.file, load, {
    onReload: (listener) => {
      hup = listener
    },
  })
  onTestFinished(async () => {
    unwatch()
    await running.close(0)
  })
  const told = (text: RegExp | string) => logs.filter((line) => line.match(text))
  return {
    dir,
    path,
    save,
    logs,
    hup: () => hup(),
    inForce: () => running.gateway.running.config,
    told,
    /** Resolves once a line like this was logged so many times. */
    tells: (text: RegExp | string, times = 1) =>
      expect.poll(() => told(text).length, { interval: 20 }).toBe(times),
  }
}

const level = (level: string) => JSON.stringify({ log: { level } })

describe('a saved config', () => {
  test('is in force once it is said so, with the names of what changed and none of their values', async () => {
    const { save, inForce, tells, logs } = await following(level('warn'))
    const accounts = [{ id: 'glm', upstream: 'zai', apiKey: 'sk-secret-one' }]
    save(JSON.stringify({ log: { level: 'info' }, accounts, plugins: { warmup: { text: 'hush' } } }))
    await tells('config reloaded')
    expect(inForce().log.level).toBe('info')
    expect(logs).toContain(
      'info: config reloaded: changed are log.level, accounts.glm (new), plugins.warmup.text; running requests finish on the old one',
    )
    save(JSON.stringify({ log: { level: 'info' }, accounts: [{ ...accounts[0], apiKey: 'sk-secret-two' }] }))
    await tells('changed are accounts.glm.apiKey, plugins.warmup.text;')
    expect(logs.join('\n')).not.toMatch(/secret|hush/)
  })

  test('says its warnings again', async () => {
    const { save, tells, logs } = await following(level('warn'), { env: { ZAI_API_KEY: 'sk-one' } })
    save('{ "accounts": [] }')
    await tells('config reloaded')
    await tells(/^warn: no upstream account: set ZAI_API_KEY/)
    save('{ "server": { "host": "127.0.0.9" } }')
    await tells('config reloaded', 2)
    expect(logs.at(-1)).toContain('server.host changes with the next start')
  })

  test('without a change in its bytes is no reload, and without one in its settings says so', async () => {
    const { save, hup, tells, told } = await following(level('warn'))
    save(level('warn'))
    await sleep(400)
    expect(told('config')).toEqual([])
    save(`${level('warn')}\n`)
    await tells('config reloaded: no setting changed')
    hup()
    await tells('config reloaded: no setting changed', 2)
  })

  test.each([0, 300])('in two steps is read when it is whole (%i ms after the start)', async (ms) => {
    const { save, inForce, tells, told } = await following(level('warn'))
    if (ms > 0) await sleep(ms)
    save('')
    await sleep(40)
    save(level('error'))
    await tells('config reloaded: changed is log.level')
    expect(inForce().log.level).toBe('error')
    expect(told('not reloaded')).toEqual([])
  })

  test('that cannot be used is told once, and the same one again after another is not lost', async () => {
    const { save, inForce, tells } = await following(level('warn'))
    save('{ "log": ')
    await tells('config not reloaded, the old one stays in force')
    expect(inForce().log.level).toBe('warn')
    save(level('warn'))
    await tells('config reloaded: no setting changed')
  })

  test.each([
    ['agproxy.config.mjs', (value: string) => `export default { log: { level: '${value}' } }`],
    ['agproxy.config.cjs', (value: string) => `module.exports = { log: { level: '${value}' } }`],
    ['agproxy.config.ts', (value: string) => `export default { log: { level: '${value}' as const } }`],
    ['.agproxyrc.yaml', (value: string) => `\ufefflog:\n  level: ${value}\n`],
  ])('%s that imports nothing of agproxy is read anew', async (file, text) => {
    const { save, inForce, tells } = await following(text('warn'), { file })
    for (const [i, value] of (['info', 'error', 'debug'] as const).entries()) {
      save(text(value))
      await tells('config reloaded: changed is log.level', i + 1)
      expect(inForce().log.level).toBe(value)
    }
  })

  test('that imports another file is followed through it, from then on', async () => {
    const { dir, save, inForce, tells } = await following('export default {}', { file: 'agproxy.config.mjs' })
    mkdirSync(join(dir, 'team'))
    save("export const level = 'warn'", 'team/level.mjs')
    save("import { level } from './team/level.mjs'\nexport default { log: { level } }")
    await tells('config reloaded')
    save("export const level = 'error'", 'team/level.mjs')
    await tells('config reloaded', 2)
    expect(inForce().log.level).toBe('error')
    save("export const level = 'error' // the same", 'team/level.mjs')
    await tells('config reloaded: changed is team/level.mjs; running requests finish on the old one')
  })
})

describe('a config that is gone', () => {
  test.each([true, false])('is no reload, and told once (found by searching: %s)', async (search) => {
    const { path, save, inForce, tells, told, hup } = await following(level('warn'), { search })
    unlinkSync(path())
    await tells(
      /^warn: config not reloaded: .*\.agproxyrc\.json is gone; what was loaded from it stays in force/,
    )
    expect(inForce().log.level).toBe('warn')
    hup()
    await tells(/^error: config not reloaded, the old one stays in force:\n/)
    expect(told('config reloaded')).toEqual([])
    expect(inForce().file).toBe(path())
    save(level('debug'))
    await tells('config reloaded: changed is log.level')
  })

  test('and comes back as it was is told, and nothing else happens', async () => {
    const { path, tells, told } = await following(level('warn'))
    renameSync(path(), path('aside'))
    await tells('is gone')
    renameSync(path('aside'), path())
    await tells('info: the config file is back as it was')
    expect(told('config reloaded')).toEqual([])
  })

  test('and was searched for may be another one by SIGHUP, which is followed then', async () => {
    const { path, save, inForce, tells, hup } = await following(level('warn'), { search: true })
    renameSync(path(), path('.agproxyrc.yaml'))
    await tells('is gone')
    save(level('error'), '.agproxyrc.yaml')
    hup()
    await tells(/config reloaded: changed are the file \(.*\.agproxyrc\.yaml\), log\.level/)
    expect(inForce().file).toBe(path('.agproxyrc.yaml'))
    save(level('debug'), '.agproxyrc.yaml')
    await tells('config reloaded: changed is log.level')
  })

  test('by another one that is saved again while it is read for the first time: what was saved last is in force', async () => {
    let again = () => {}
    const { path, save, inForce, hup } = await following(level('warn'), {
      search: true,
      loaded: (file) => file?.endsWith('.yaml') && again(),
    })
    again = () => {
      again = () => {}
      save(level('debug'), '.agproxyrc.yaml')
    }
    renameSync(path(), path('.agproxyrc.yaml'))
    hup()
    await expect.poll(() => inForce().log.level).toBe('debug')
  })
})

test('another config that could not be used is not followed in place of the one in force', async () => {
  let again = () => {}
  const { path, save, inForce, tells, hup } = await following(level('warn'), {
    search: true,
    loaded: (file) => file?.endsWith('.yaml') && again(),
  })
  again = () => save(level('nonsense'), '.agproxyrc.yaml')
  renameSync(path(), path('.agproxyrc.yaml'))
  hup()
  await tells(/^error: config not reloaded, the old one stays in force:\n/)
  unlinkSync(path('.agproxyrc.yaml'))
  save(level('error'))
  await expect.poll(() => inForce().log.level).toBe('error')
})

describe('a config that would end the gateway', () => {
  test('by a pipe in its place is told of, and the old one stays in force', async () => {
    const { path, save, inForce, tells } = await following(level('warn'))
    unlinkSync(path())
    spawnSync('mkfifo', [path()])
    await tells(
      /config not reloaded, the old one stays in force:\n.*:\n {2}is a named pipe \(FIFO\), not a file/,
    )
    expect(inForce().log.level).toBe('warn')
    unlinkSync(path())
    save(level('debug'))
    await tells('config reloaded: changed is log.level')
  })

  test.each([
    ['at its top level', 'process.exit(7)'],
    ['after a pause', 'await 1\nprocess.exit()'],
    ['through a module', "import { exit } from 'node:process'\nexit(0)"],
    [
      'in a plugin that is made',
      "import { definePlugin } from 'agproxy'\nexport default { use: [definePlugin({ name: 'x', phase: 'request', create: () => process.exit(1) })] }",
    ],
  ])('by process.exit %s is told of too', async (_name, code) => {
    const { exit } = process
    const config = 'export default { log: { level: "warn" } }'
    const { save, inForce, tells } = await following(config, { file: 'agproxy.config.mjs' })
    save(code.includes('export default') ? code : `${code}\n${config}`)
    await tells(/config not reloaded, the old one stays in force:\n(.|\n)*process\.exit was called/)
    expect(inForce().log.level).toBe('warn')
    expect(process.exit).toBe(exit)
    save('export default { log: { level: "error" } }')
    await tells('config reloaded')
  })
})

test('a folder that cannot be watched ends neither the start nor the reloads', async () => {
  const real = fs.watch
  fs.watch = (() => {
    throw Object.assign(new Error('EMFILE: too many open files, watch'), { code: 'EMFILE' })
  }) as never
  syncBuiltinESMExports()
  onTestFinished(() => {
    fs.watch = real
    syncBuiltinESMExports()
  })
  const { save, inForce, tells, hup } = await following(level('warn'))
  await tells(
    /^warn: the config cannot be watched \(EMFILE: .*\); its files are looked at every 2 s instead; SIGHUP/,
  )
  save(level('error'))
  await tells('config reloaded')
  expect(inForce().log.level).toBe('error')
  save(level('info'))
  hup()
  await expect.poll(() => inForce().log.level).toBe('info')
})
