import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { anthropicUpstream, failure } from './support/anthropic-upstream.js'
import { startUpstream } from './support/bad-upstream.js'
import { builtCli, emptyFolder } from './support/cli.js'
import { ask, send } from './support/client.js'

const cli = builtCli()

/** An operator's folder, and what the commands print there, with what differs from run to run replaced by its name. */
async function operator() {
  const up = await startUpstream((request, n) =>
    request.header('x-api-key') === 'key-of-one'
      ? failure(429, 'rate_limit_error', 'slow down', { 'retry-after': '40' })
      : anthropicUpstream()(request, n),
  )
  onTestFinished(() => up.close())
  const cwd = emptyFolder()
  const XDG_STATE_HOME = emptyFolder()
  const save = (more: object) => {
    const accounts = ['one', 'two'].map((id) => ({ id, upstream: 'anthropic', apiKey: `key-of-${id}` }))
    const plugins = { anthropic: { baseURL: up.url } }
    writeFileSync(
      join(cwd, 'agproxy.config.json'),
      JSON.stringify({ accounts, plugins, server: { port: 0 }, ...more }),
    )
  }
  const env = { XDG_STATE_HOME, TZ: 'UTC' }
  const lines: string[] = []
  const shown = (text: string) =>
    text
      .replaceAll(XDG_STATE_HOME, 'STATE')
      .replaceAll(cwd, 'FOLDER')
      .replaceAll(up.url, 'UPSTREAM')
      .replace(/http:\/\/127\.0\.0\.1:\d+/g, 'URL')
      .replace(/\bpid( +)\d+/g, 'pid$1PID')
      .replace(/agproxy \d+\.\d+\.\d+/g, 'agproxy VERSION')
      .replace(/version( +)\S+/g, 'version$1VERSION')
      .replace(/^\d\d:\d\d:\d\d/gm, 'TIME')
      .replace(/\b\d+(\.\d+)? (ms|s|min)\b/g, 'N $2')
  const pids = () => [...said.matchAll(/\bpid +(\d+)/g)].map(([, pid]) => Number(pid))
  let said = ''
  onTestFinished(() => {
    for (const pid of new Set(pids())) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // it has stopped
      }
    }
  })
  const run = async (...args: string[]) => {
    const { code, out, err } = await cli.run(args, { cwd, env })
    said += out
    lines.push(
      `$ agproxy ${args.join(' ')}`,
      `${shown(err + out).trimEnd()}${code === 0 ? '' : `\n(exit code ${code})`}`,
    )
    return out
  }
  const log = async () => (await cli.run(['logs'], { cwd, env })).out
  return { save, run, log, transcript: () => lines.join('\n') }
}

test('an operator starts a gateway in the background, looks at it, frees an account, changes the config and stops it', async () => {
  const { save, run, log, transcript } = await operator()
  save({})
  const url = /listening on (\S+)/.exec(await run('start', '--detach'))![1]!
  await run('status')
  await run('accounts')
  await send(url, { body: ask({ model: 'claude-opus-4-5' }) })
  await run('accounts')
  await run('accounts', 'clear', 'one')
  await run('accounts', 'clear', 'three')
  await run('accounts')
  save({ trace: { bodies: true } })
  await expect.poll(log, { timeout: 10_000, interval: 200 }).toContain('config reloaded')
  await run('logs')
  await run('stop')
  await run('status')
  expect(`${transcript()}\n`).toBe(SEEN)
}, 60_000)

const SEEN = `$ agproxy start --detach
agproxy VERSION listening on URL
  pid       PID
  config    FOLDER/agproxy.config.json
  log       STATE/agproxy/logs/0.log (agproxy logs -f)
  ends with agproxy stop
$ agproxy status
URL
  pid      PID, for N s
  version  VERSION
  config   FOLDER/agproxy.config.json
  log      STATE/agproxy/logs/0.log
$ agproxy accounts
one  anthropic  0 in flight  usable
two  anthropic  0 in flight  usable
$ agproxy accounts
one  anthropic  0 in flight  in cooldown, N s left (rate limit)
two  anthropic  0 in flight  usable
$ agproxy accounts clear one
one: 1 cooldown cleared
$ agproxy accounts clear three
agproxy: no account 'three'; there are one, two
(exit code 1)
$ agproxy accounts
one  anthropic  0 in flight  usable
two  anthropic  0 in flight  usable
$ agproxy logs
TIME listening on URL (agproxy VERSION)  config FOLDER/agproxy.config.json  preset claude-code  accounts one (anthropic), two (anthropic)
TIME warn  retry-rotate: account 'one' cooling down for N s: rate limit
TIME claude-opus-4-5  two  200  12 in, 7 out  total N ms
         ↳ one  429 rate_limit_error (429), N ms; one cools down N s (rate limit)
TIME DELETE /_agproxy/api/accounts/one/cooldowns  200  total N ms
TIME DELETE /_agproxy/api/accounts/three/cooldowns  404  total N ms  no account 'three'; there are one, two
TIME config reloaded: changed is plugins.trace.bodies; running requests finish on the old one
$ agproxy stop
URL (pid PID) has stopped
$ agproxy status
no gateway of this user runs; agproxy start -d starts one
(exit code 1)
`
