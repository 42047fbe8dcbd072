import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { builtCli, emptyFolder } from '../../test/support/cli.js'

const cli = builtCli()

/** Runs a command whose output nobody reads. */
function unread(args: readonly string[]) {
  const cwd = emptyFolder()
  const env = { PATH: process.env.PATH, HOME: cwd, XDG_STATE_HOME: cwd, XDG_CONFIG_HOME: cwd }
  const child = spawn(process.execPath, [join(cli.folder, 'bin.js'), ...args], { cwd, env })
  onTestFinished(() => void child.kill('SIGKILL'))
  child.stdout.destroy()
  let err = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    err += text
  })
  return { child, cwd, err: () => err }
}

it.each([['check', '--all'], ['--help'], ['doctor', '--offline']])(
  'agproxy %s ends without a stack when its reader has gone',
  async (...args) => {
    const { child, err } = unread(args)
    await once(child, 'close')
    expect(err()).not.toMatch(/EPIPE|^ +at /m)
  },
)

it('agproxy start serves on when the reader of its first lines has gone', async () => {
  const { child, cwd, err } = unread(['start', '--port', '0'])
  const folder = join(cwd, 'agproxy', 'gateways')
  const registered = () => (existsSync(folder) ? readdirSync(folder) : []).map((name) => join(folder, name))
  await expect.poll(registered, { timeout: 10_000 }).toHaveLength(1)
  const { url } = JSON.parse(readFileSync(registered()[0]!, 'utf8'))
  expect((await fetch(`${url}/healthz`)).status).toBe(200)
  expect([child.exitCode, err()]).toEqual([null, expect.not.stringContaining('EPIPE')])
})
