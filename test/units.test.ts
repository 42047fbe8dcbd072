import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const deploy = fileURLToPath(new URL('../deploy/', import.meta.url))
const has = (program: string) => !spawnSync(program, ['--version']).error

it.runIf(has('systemd-analyze'))('systemd finds nothing wrong with its unit', () => {
  const { stderr, status } = spawnSync('systemd-analyze', ['verify', '--user', `${deploy}agproxy.service`], {
    encoding: 'utf8',
    env: { ...process.env, XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? '/tmp' },
  })
  expect(stderr.split('\n').filter((line) => line.includes('agproxy.service'))).toEqual([])
  expect(status).toBe(0)
})

it('the agent for launchd is well-formed, and starts the command', () => {
  const text = readFileSync(`${deploy}agproxy.plist`, 'utf8').replace(/<!--[\s\S]*?-->/g, '')
  const open: string[] = []
  for (const [, close, name, empty] of text.matchAll(/<(\/?)(\w+)[^>]*?(\/?)>/g)) {
    if (empty) continue
    if (close) expect(open.pop()).toBe(name)
    else open.push(name!)
  }
  expect(open).toEqual([])
  expect(text).toContain('exec agproxy start')
})
