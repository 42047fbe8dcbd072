import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { emptyFolder } from '../support/cli.js'
import { send } from '../support/client.js'
import { health } from '../support/workers.js'
import { built } from './build.js'

/** Writes down the process id of the one that is not a worker. */
const config = (mode: string) => `import { writeFileSync } from 'node:fs'
  if (!process.env.NODE_UNIQUE_ID) writeFileSync('pid.txt', String(process.pid))
  export default { plugins: { auth: { mode: '${mode}', keys: ['k'] } } }`

/**
 * `agproxy start` on a terminal that `script` makes (util-linux). `line` is the shell's line, with NODE for the command; what
 * it prints goes to the terminal, or to out.txt if the line says so. The death of `script` closes the terminal, as the window
 * of a terminal does.
 */
async function onTerminal(line = 'exec NODE', flags = '') {
  const dir = emptyFolder()
  const file = (name: string) => join(dir, name)
  const save = (mode: string) => writeFileSync(file('agproxy.config.mjs'), config(mode))
  save('off')
  const command = `${process.execPath} ${join(built, 'bin.js')} start --port 0 ${flags}`
  const script = spawn('script', ['-qefc', line.replace('NODE', command), '/dev/null'], {
    cwd: dir,
    env: { PATH: process.env.PATH, SHELL: '/bin/sh', XDG_STATE_HOME: dir },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let text = ''
  script.stdout.on('data', (chunk) => {
    text += chunk
  })
  const printed = () => (existsSync(file('out.txt')) ? readFileSync(file('out.txt'), 'utf8') : text)
  await expect.poll(printed).toMatch(/listening on http:\S+\s/)
  const pid = Number(readFileSync(file('pid.txt'), 'utf8'))
  onTestFinished(() => {
    script.kill('SIGKILL')
    try {
      process.kill(pid, 'SIGKILL')
    } catch {} // it has ended
  })
  return {
    url: /listening on (http:\S+)/.exec(printed())![1]!,
    save,
    hangUp: () => process.kill(pid, 'SIGHUP'),
    close: () => script.kill('SIGKILL'),
  }
}

const REFUSED = 'ECONNREFUSED'

/** The status of a route that wants a key in mode `strict` alone. */
const status = async (url: string) => (await send(url, { method: 'GET', path: '/v1/models' })).status

it.each(['', '--workers 2'])('ends when its terminal is closed (%s)', async (flags) => {
  const gateway = await onTerminal('exec NODE', flags)
  expect(await health(gateway.url)).toBe(200)
  gateway.close()
  await expect.poll(() => health(gateway.url).catch((error) => error.code)).toBe(REFUSED)
})

it('reloads on SIGHUP while its terminal is open', async () => {
  const gateway = await onTerminal()
  gateway.save('strict')
  gateway.hangUp()
  await expect.poll(() => status(gateway.url)).toBe(401)
})

it.each([
  ['nohup', 'nohup NODE > out.txt 2>&1 & wait'],
  ['a redirection of all three streams', 'NODE < /dev/null > out.txt 2>&1 & wait'],
  ['a session of its own', 'setsid NODE & wait'],
])('with %s it outlives the terminal, and reloads on SIGHUP', async (_name, line) => {
  const gateway = await onTerminal(line)
  gateway.close()
  await sleep(2_500)
  expect(await health(gateway.url)).toBe(200)
  gateway.save('strict')
  gateway.hangUp()
  await expect.poll(() => status(gateway.url).catch((error) => error.code)).toBe(401)
})
