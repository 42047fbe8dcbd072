import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { emptyFolder } from '../../test/support/cli.js'
import { loadResolved } from './context.js'

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
