import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defaultLoaders } from 'cosmiconfig'
import { describe, expect, it } from 'vitest'

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

describe.each(['compose.single.yaml', 'compose.yaml'])('%s', (name) => {
  interface Service {
    readonly image: string
    readonly cap_drop?: readonly string[]
    readonly read_only?: boolean
    readonly environment?: Readonly<Record<string, string>>
    readonly ports?: readonly string[]
    readonly volumes?: readonly string[]
  }
  const { services } = defaultLoaders['.yaml'](name, readFileSync(`${deploy}${name}`, 'utf8')) as {
    services: Record<string, Service>
  }

  it('has services without rights, and publishes on this machine alone', () => {
    for (const service of Object.values(services)) {
      expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'] })
      for (const port of service.ports ?? [])
        expect(port).toMatch(/^\$\{AGPROXY_PUBLISH:-127\.0\.0\.1:\d+\}:\d+$/)
      for (const volume of service.volumes ?? [])
        expect(existsSync(join(deploy, volume.split(':')[0]!))).toBe(true)
    }
  })

  it('does not start without a key for clients', () => {
    const gateways = Object.values(services).filter(({ image }) => image === 'agproxy')
    expect(gateways.length).toBeGreaterThan(0)
    for (const { environment } of gateways) expect(environment?.AGPROXY_API_KEY).toContain(':?')
  })

  it.runIf(spawnSync('docker', ['compose', 'version']).status === 0)('docker compose takes it', () => {
    const args = ['compose', '-f', `${deploy}${name}`, 'config', '-q']
    const { status, stderr } = spawnSync('docker', args, {
      env: { ...process.env, AGPROXY_API_KEY: 'k' },
      encoding: 'utf8',
    })
    expect([status, stderr]).toEqual([0, ''])
  })
})
