import { writeFileSync } from 'node:fs'
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
