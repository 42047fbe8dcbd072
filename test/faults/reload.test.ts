import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { answer, failure } from '../support/anthropic-upstream.js'
import { type Handler, startUpstream, type Upstream } from '../support/bad-upstream.js'
import { ask, send } from '../support/client.js'
import { messageEvents } from '../support/messages.js'
import { end, head, write } from '../support/script.js'
import { frames } from '../support/sse-bytes.js'
import { configFor, type GatewayProcess, startProcess } from './process.js'

const FILE = 'agproxy.config.json'
const saying =
  (text: string): Handler =>
  (request) =>
    answer({ text }, request)

async function upstream(handler: Handler): Promise<Upstream> {
  const up = await startUpstream(handler)
  onTestFinished(() => up.close())
  return up
}

const asked = async ({ url }: GatewayProcess) => (await send(url, { body: ask() })).text()
const reloaded = (gateway: GatewayProcess, times = 1) =>
  expect.poll(() => gateway.output().match(/config reloaded/g)?.length).toBe(times)

it('a saved config is in force at once; a running stream finishes on the old chain', async () => {
  const events = frames(messageEvents({ text: 'the old one' }))
  const old = await upstream((request, n) =>
    request.json().stream
      ? [head(200, { 'content-type': 'text/event-stream' }), write(events, 100), end()]
      : saying('the old one')(request, n),
  )
  const next = await upstream(saying('the new one'))
  const gateway = await startProcess(FILE, configFor(old.url))
  expect(await asked(gateway)).toContain('the old one')

  const running = send(gateway.url, { body: ask({ stream: true }) })
  await old.received(2)
  gateway.save(FILE, configFor(next.url))
  await reloaded(gateway)
  expect(await asked(gateway)).toContain('the new one')
  expect(next.requests).toHaveLength(1)

  const seen = await running
  expect(seen.end).toBe('clean')
  expect(seen.text()).toBe(Buffer.concat(events).toString())
  expect(old.requests).toHaveLength(2)
})

it.each([
  ['that is no JSON', '{ "preset": ', /agproxy\.config\.json/],
  [
    'with a misspelt key',
    (url: string) => ({ ...configFor(url), sever: { port: 1 } }),
    /agproxy\.config\.json[\s\S]*sever[\s\S]*server/,
  ],
  [
    'with a wrong type inside',
    (url: string) => configFor(url, { plugins: { 'stream-guard': { heartbeat: 'often' } } }),
    /agproxy\.config\.json[\s\S]*plugins\.stream-guard\.heartbeat/,
  ],
  [
    'with an upstream that is not there',
    (url: string) => ({
      ...configFor(url),
      accounts: [{ id: 'x', upstream: 'antropic', apiKey: 'sk-1234567' }],
    }),
    /accounts\.0\.upstream[\s\S]*antropic[\s\S]*anthropic/,
  ],
] as const)('a file %s keeps the old chain, and the precise error is told', async (_name, broken, error) => {
  const up = await upstream(saying('still here'))
  const gateway = await startProcess(FILE, configFor(up.url))
  gateway.save(FILE, typeof broken === 'string' ? broken : broken(up.url))
  await expect.poll(() => gateway.output()).toContain('config not reloaded')
  expect(gateway.output()).toMatch(error)
  expect(gateway.output()).not.toContain('sk-1234567')
  expect(await asked(gateway)).toContain('still here')

  const next = await upstream(saying('mended'))
  gateway.save(FILE, configFor(next.url))
  await reloaded(gateway)
  expect(await asked(gateway)).toContain('mended')
})

it('SIGHUP reads the config again, and what it is made of', async () => {
  const [old, next] = [await upstream(saying('the old one')), await upstream(saying('the new one'))]
  const config = `import { readFileSync } from 'node:fs'
     import { defineConfig } from 'agproxy'
     const baseURL = readFileSync('place.txt', 'utf8')
     export default defineConfig({
       accounts: [{ id: 'one', upstream: 'anthropic', apiKey: 'sk-upstream-1' }],
       plugins: { anthropic: { baseURL } },
     })`
  const gateway = await startProcess('agproxy.config.ts', config, { 'place.txt': old.url })
  gateway.save('place.txt', next.url) // a file that nobody watches
  await sleep(400)
  expect(await asked(gateway)).toContain('the old one')
  gateway.signal('SIGHUP')
  await reloaded(gateway)
  expect(await asked(gateway)).toContain('the new one')
})

it('what cannot change without a restart is said, and the rest changes', async () => {
  const [old, next] = [await upstream(saying('the old one')), await upstream(saying('the new one'))]
  const gateway = await startProcess(FILE, configFor(old.url, { server: { host: '127.0.0.1' } }))
  gateway.save(FILE, configFor(next.url, { server: { host: '127.0.0.2', port: 1 } }))
  await reloaded(gateway)
  await expect.poll(() => gateway.output()).toContain('server.host changes with the next start')
  expect(await asked(gateway)).toContain('the new one')
})

it('an account whose key was refused is asked again with its new key', async () => {
  const up = await upstream((request, n) =>
    request.header('x-api-key') === 'sk-good-key'
      ? saying('let in')(request, n)
      : failure(401, 'authentication_error', 'invalid x-api-key'),
  )
  const config = (apiKey: string) => ({
    ...configFor(up.url),
    accounts: [{ id: 'one', upstream: 'anthropic', apiKey }],
  })
  const gateway = await startProcess(FILE, config('sk-bad-key'))
  expect(await asked(gateway)).toContain("the key of account 'one' (anthropic) was refused")
  expect(await asked(gateway)).toContain('no account can serve')
  expect(up.requests).toHaveLength(1)
  gateway.save(FILE, config('sk-good-key'))
  await reloaded(gateway)
  expect(await asked(gateway)).toContain('let in')
})

it('many saves at once end with the last one, and lose no request', async () => {
  const ups = await Promise.all([1, 2, 3, 4, 5].map((n) => upstream(saying(`number ${n}`))))
  const gateway = await startProcess(FILE, configFor(ups[0]!.url))
  let stopped = false
  const statuses: number[] = []
  const asking = (async () => {
    while (!stopped) statuses.push((await send(gateway.url, { body: ask() })).status)
  })()
  for (const up of ups) {
    gateway.save(FILE, configFor(up.url))
    await sleep(150)
  }
  await expect.poll(() => asked(gateway)).toContain('number 5')
  await expect.poll(() => statuses.length).toBeGreaterThan(10)
  stopped = true
  await asking
  expect(new Set(statuses)).toEqual(new Set([200]))
})

it('a plugin whose setup never ends holds up neither the running chain nor the next save', async () => {
  const config = (plugin: string, text: string) =>
    `import { defineConfig, definePlugin, Reply } from 'agproxy'
     const own = definePlugin({ name: 'own', phase: 'request', create: () => ({
       onRequest: () => Reply.json('${text}'), ${plugin} }) })
     export default defineConfig({ use: [own] })`
  const gateway = await startProcess('agproxy.config.mjs', config('', 'before'))
  gateway.save('agproxy.config.mjs', config('setup: () => new Promise(() => {})', 'never'))
  await sleep(500)
  expect(await asked(gateway)).toContain('before')
  gateway.save('agproxy.config.mjs', config('', 'after'))
  await expect.poll(() => asked(gateway)).toContain('after')
})
