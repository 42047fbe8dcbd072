import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { ipcChannel } from './ipc-channel.js'

/** A process with an IPC channel that sends each message back. */
async function echoing(): Promise<{ child: ChildProcess; errors: Error[] }> {
  const code = "process.on('message', (message) => process.send(message)); process.send('ready')"
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const errors: Error[] = []
  child.on('error', (error) => errors.push(error))
  await once(child, 'message')
  return { child, errors }
}

it('delivers messages both ways', async () => {
  const { child } = await echoing()
  const channel = ipcChannel(child)
  const heard = new Promise((resolve) => channel.onMessage(resolve))
  channel.send({ agproxy: 'state', n: 1 })
  expect(await heard).toEqual({ agproxy: 'state', n: 1 })
})

it.each([
  [
    'a process that was killed and is not known to have ended',
    (child: ChildProcess) => child.kill('SIGKILL'),
  ],
  ['a process that has closed its channel', (child: ChildProcess) => child.disconnect()],
])('drops messages to %s, without an error event', async (_name, leave) => {
  const { child, errors } = await echoing()
  const channel = ipcChannel(child)
  leave(child)
  // In one turn: no `exit` is seen before the last of them is sent.
  const until = performance.now() + 300
  while (performance.now() < until) channel.send({ agproxy: 'state' })
  await sleep(50)
  channel.send({ agproxy: 'state' })
  await sleep(50)
  expect(errors).toEqual([])
})

it('drops messages of a process without a channel', () => {
  expect(() => ipcChannel({ on: () => {} }).send({})).not.toThrow()
})
