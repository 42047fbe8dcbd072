import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { emptyFolder } from '../../test/support/cli.js'
import { gatewayURLs } from './find-gateway.js'
import { birthOf } from './process-birth.js'
import { register, registeredGateways } from './registry.js'

const facts = (url: string, config: string | null = null) => ({
  ...{ url, config, startedAt: new Date().toISOString(), log: null, by: 'start' as const },
  ...{ models: [], version: '0' },
})

function state() {
  const XDG_STATE_HOME = emptyFolder()
  const env = { XDG_STATE_HOME }
  const place = (name: string) => join(XDG_STATE_HOME, 'agproxy', 'gateways', name)
  const failures: string[] = []
  const registration = register(env, facts('http://127.0.0.1:1'), (why) => failures.push(why))
  onTestFinished(() => registration.remove())
  const own = JSON.parse(readFileSync(place(`${process.pid}.json`), 'utf8'))
  const put = (entry: { readonly pid: number } & Readonly<Record<string, unknown>>) => {
    writeFileSync(place(`${entry.pid}.json`), JSON.stringify({ ...own, ...entry }))
    return place(`${entry.pid}.json`)
  }
  return { env, registration, put, place, failures }
}

it('a gateway is found until it is gone, with what it changed', () => {
  const { env, registration, place } = state()
  expect(registeredGateways(env)).toMatchObject([{ pid: process.pid, url: 'http://127.0.0.1:1' }])
  registration.update({ config: '/new.ts', models: ['opus → glm'] })
  expect(registeredGateways(env)).toMatchObject([{ config: '/new.ts', models: ['opus → glm'] }])
  registration.remove()
  expect(registeredGateways(env)).toEqual([])
  expect(existsSync(place(`${process.pid}.json`))).toBe(false)
})

it('what a killed one left is cleaned away, also when its pid is another program now', async () => {
  const { env, put } = state()
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  const ended = put({ pid: child.pid!, birth: birthOf(child.pid!)! })
  expect(registeredGateways(env)).toHaveLength(2)
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(registeredGateways(env)).toHaveLength(1)
  expect(existsSync(ended)).toBe(false)

  const other = put({ pid: process.ppid, birth: 'before' })
  expect(registeredGateways(env).map(({ pid }) => pid)).toEqual([process.pid])
  expect(existsSync(other)).toBe(false)
})

it('one on another machine that shares the folder is neither used nor removed', () => {
  const { env, put } = state()
  const theirs = put({ pid: 1, host: `not-${hostname()}` })
  expect(registeredGateways(env)).toHaveLength(1)
  expect(existsSync(theirs)).toBe(true)
})

it('what is no entry is no gateway', () => {
  const { env, place } = state()
  writeFileSync(place('77.json'), '{"pid":')
  writeFileSync(place('78.json'), JSON.stringify({ pid: 78, url: 'nonsense' }))
  expect(registeredGateways(env)).toHaveLength(1)
})

it('a folder that cannot be written is told once and hurts nothing', () => {
  const folder = emptyFolder()
  writeFileSync(join(folder, 'agproxy'), 'a file')
  const failures: string[] = []
  const registration = register({ XDG_STATE_HOME: folder }, facts('http://x'), (why) => failures.push(why))
  registration.remove()
  expect(failures).toEqual([
    expect.stringMatching(/other commands will not find this gateway: .*ENOTDIR|EEXIST/),
  ])
})

it('commands look where they are told, else at what runs with their config, else at what runs', () => {
  const { env, put } = state()
  const sleeping = spawn('sleep', ['60'])
  onTestFinished(() => void sleeping.kill())
  const pid = sleeping.pid!
  const at = new Date(Date.now() + 1000).toISOString()
  put({ pid, birth: birthOf(pid), url: 'http://127.0.0.1:2', config: '/mine.ts', startedAt: at })
  const server = { host: '127.0.0.1', port: 8045, https: false }
  const urls = (more: NodeJS.ProcessEnv, flags: object, file?: string) =>
    gatewayURLs({ server, file } as never, { ...env, ...more }, flags)
  const [one, two, usual] = ['http://127.0.0.1:1', 'http://127.0.0.1:2', 'http://127.0.0.1:8045']
  expect(urls({}, {})).toEqual([two, one, usual])
  expect(urls({}, {}, '/mine.ts')).toEqual([two, one, usual])
  put({ pid, birth: birthOf(pid), url: two, config: '/mine.ts', startedAt: '2000' })
  expect(urls({}, {})).toEqual([one, two, usual])
  expect(urls({}, {}, '/mine.ts')).toEqual([two, one, usual])
  expect(urls({}, { port: '9' })).toEqual(['http://127.0.0.1:9', usual])
  expect(urls({ AGPROXY_PORT: '8' }, {})).toEqual(['http://127.0.0.1:8', usual])
})

it('a process is told from another one with its pid by when it began', () => {
  expect(birthOf(process.pid)).toBe(birthOf(process.pid))
  const pid = Number(execFileSync('sh', ['-c', 'echo $$'], { encoding: 'utf8' }))
  expect(birthOf(pid)).toBeUndefined()
})
