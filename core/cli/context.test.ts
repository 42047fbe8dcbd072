import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { presets } from 'agproxy/presets'
import { afterEach, expect, it, onTestFinished, vi } from 'vitest'
import { emptyFolder } from '../../test/support/cli.js'
import { loadResolved } from './context.js'
import { register } from './registry.js'

afterEach(() => vi.useRealTimers())

it('a config that never finishes loading is an error after a minute', async () => {
  const cwd = emptyFolder()
  writeFileSync(join(cwd, 'agproxy.config.mjs'), 'await new Promise(() => {})\nexport default {}\n')
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const print = () => {}
  const loading = loadResolved(
    {},
    { cwd, env: {}, out: print, err: print, presets: async () => ({}), modules: async () => ({}) },
    'project',
  )
  const failed = expect(loading).rejects.toThrow('loading the config did not end within 60 s')
  await vi.advanceTimersByTimeAsync(60_000)
  await failed
})

it('four commands alone take the config of the folder that they are called in; what is run in other repositories takes none', () => {
  const folder = import.meta.dirname
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && name !== 'context.ts',
  )
  const taking = sources.filter((name) =>
    /loadResolved\([^)]*'project'/.test(readFileSync(join(folder, name), 'utf8')),
  )
  expect(taking.sort()).toEqual(['check.ts', 'explain.ts', 'record.ts', 'start.ts'])
})

/** A folder with a config, in which a gateway of this process runs with it. */
function served(text: string) {
  const cwd = emptyFolder()
  const file = join(cwd, 'agproxy.config.mjs')
  writeFileSync(file, text)
  const env = { XDG_STATE_HOME: join(cwd, 'state'), XDG_CONFIG_HOME: join(cwd, 'own') }
  const said: string[] = []
  const print = (line: string) => void said.push(line)
  const context = { cwd, env, out: print, err: print, presets: async () => ({}), modules: async () => ({}) }
  const start = () => {
    const entry = {
      url: 'http://127.0.0.1:1',
      startedAt: '',
      log: null,
      by: 'start',
      models: [],
      version: '',
    } as const
    onTestFinished(register(env, { ...entry, config: file }, print).remove)
  }
  return { cwd, file, context, said, start }
}

const PLAIN = 'export default { preset: { name: "plain", plugins: [] }, server: { port: 12345 } }'

it('the config with which this user’s gateway runs counts for all commands where there is no other', async () => {
  const { cwd, file, context, said, start } = served(PLAIN)
  expect((await loadResolved({ preset: undefined }, context).catch(() => undefined))?.file).toBeUndefined()
  expect(said.join()).toContain('left alone')
  said.length = 0
  start()
  const found = await loadResolved({}, context)
  expect([found.file, found.server.port]).toEqual([file, 12345])
  expect(said).toEqual([])
  const other = join(cwd, 'other.json')
  writeFileSync(other, '{ "server": { "port": 2 } }')
  const told = await loadResolved({ config: other }, { ...context, presets: async () => presets })
  expect(told.file).toBe(other)
})

it('one that is broken by now is told, and nothing else is lost', async () => {
  const { context, said, start } = served('export default {')
  start()
  const found = await loadResolved({}, { ...context, presets: async () => presets })
  expect(found.file).toBeUndefined()
  expect(said.join()).toMatch(/left alone: .*agproxy\.config\.mjs, with which a gateway runs: /)
})
