import { execFile } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { PoolState } from '../core/accounts/pool-state.js'
import { buildChain } from '../core/chain/build.js'
import { loadConfig } from '../core/config/load.js'
import { resolveConfig } from '../core/config/resolve.js'
import type { Logger } from '../core/contract/services.js'
import { createHttpClient } from '../core/upstream/http.js'
import { Transport } from '../core/upstream/transport.js'
import { presets } from '../presets/index.js'
import { startTestGateway, type TestConfig } from './harness/gateway.js'
import { ask, send } from './support/client.js'
import { docPages, writeBlocks } from './support/doc-blocks.js'

/*
 * Every ```ts block of the README and the docs is written to a file and compiled. `*.test.ts` blocks are run; configs are loaded
 * as a user's would be, and their chains built.
 */
const root = fileURLToPath(new URL('..', import.meta.url))
const out = join(root, '.cache', 'docs')
const modules = async () => ({
  agproxy: await import('../index.js'),
  'agproxy/kit': await import('../core/kit.js'),
  'agproxy/plugins': await import('../plugins/index.js'),
  'agproxy/presets': await import('../presets/index.js'),
})

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }

rmSync(out, { recursive: true, force: true })
const files = docPages.flatMap((page) => writeBlocks(page, out))
writeFileSync(
  join(out, 'tsconfig.json'),
  JSON.stringify({ extends: relative(out, join(root, 'tsconfig.json')), include: ['**/*.ts'], exclude: [] }),
)

it('there are blocks to check', () => {
  expect(files.filter((file) => file.endsWith('.test.ts')).length).toBeGreaterThanOrEqual(5)
  expect(files.length).toBeGreaterThanOrEqual(15)
})

it('every block compiles', async () => {
  const tsc = join(root, 'node_modules', '.bin', 'tsc')
  const { stdout } = await promisify(execFile)(tsc, ['-p', out], { cwd: root }).catch((error) => error)
  expect(String(stdout).match(/^\.cache.*/gm) ?? []).toEqual([])
}, 60_000)

for (const file of files.filter((file) => file.endsWith('.test.ts'))) {
  describe(relative(out, file), async () => {
    await import(file)
  })
}

const configs = files.filter(
  (file) => !file.endsWith('.test.ts') && /defineConfig\(/.test(readFileSync(file, 'utf8')),
)

async function load(name: string) {
  const { config } = await loadConfig({ cwd: out, env: {}, file: join(out, name), modules })
  return config as TestConfig
}

it.each(configs.map((file) => relative(out, file)))(
  '%s is a config whose chain can be built',
  async (name) => {
    const config = resolveConfig(await load(name), { env: {}, presets })
    const transport = new Transport()
    const chain = await buildChain(config, {
      logger: silent,
      transport,
      http: createHttpClient(transport),
      poolState: new PoolState(),
      server: { host: '127.0.0.1', port: 8045, loopback: true },
    })
    expect(config.chain.length).toBeGreaterThan(2)
    await chain.dispose()
    await transport.close()
  },
)

it('the upstream of the page on plugins answers through a gateway', async () => {
  const file = configs.find((name) => readFileSync(name, 'utf8').includes('canned('))!
  const gateway = await startTestGateway(await load(relative(out, file)))
  onTestFinished(() => gateway.close())
  const seen = await send(gateway.url, { body: ask() })
  expect([seen.status, seen.json().content]).toEqual([200, [{ type: 'text', text: 'Hello from the can.' }]])
  expect(seen.headers['x-account-email']).toBe('demo')
})
