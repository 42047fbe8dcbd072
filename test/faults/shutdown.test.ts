import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { answer } from '../support/anthropic-upstream.js'
import { type Handler, startUpstream } from '../support/bad-upstream.js'
import { ask, send } from '../support/client.js'
import { messageEvents } from '../support/messages.js'
import { end, head, stall, write } from '../support/script.js'
import { frames } from '../support/sse-bytes.js'
import { configFor, startProcess } from './process.js'
import { wire } from './wire.js'

const STREAM = { 'content-type': 'text/event-stream' }
const FRAMES = frames(messageEvents({ text: 'hello' }))

/** Whatever holds the end up does so for the 30 s of shutdownTimeout; a busy machine takes 2 s for an end. */
const LATE = 15_000

/** A stream that takes about a second. */
const slow: Handler = () => [head(200, STREAM), write(FRAMES, 120), end()]
const streaming = ask({ stream: true })
const HEALTH = 'GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n'

async function started(handler: Handler, server: object = {}) {
  const up = await startUpstream(handler)
  onTestFinished(() => up.close())
  return { up, gateway: await startProcess('agproxy.config.json', configFor(up.url, { server })) }
}

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  it('lets running streams finish, takes no new ones, and ends with 0', async () => {
    const { up, gateway } = await started(() => [head(200, STREAM), write(FRAMES, 500), end()])
    const running = Promise.all([1, 2, 3].map(() => send(gateway.url, { body: streaming })))
    await up.received(3)
    gateway.signal(signal)
    const health = () => send(gateway.url, { method: 'GET', path: '/healthz' })
    await expect.poll(() => health().catch(({ code }) => code), { interval: 20 }).toBe('ECONNREFUSED')
    for (const seen of await running) {
      expect(seen.end).toBe('clean')
      expect(seen.text()).toBe(Buffer.concat(FRAMES).toString())
    }
    const { code, ms } = await gateway.exit()
    expect(code).toBe(0)
    expect(ms).toBeLessThan(LATE)
    expect(up.requests).toHaveLength(3)
  })
})

it('idle connections do not hold it up', async () => {
  const { gateway } = await started((request) => answer({}, request))
  const { text, ended } = wire(gateway.url, HEALTH)
  await expect.poll(text).toContain('{"status":"ok"}')
  gateway.signal('SIGTERM')
  expect((await gateway.exit()).ms).toBeLessThan(LATE)
  await ended
})

it.each([
  ['have sent nothing', ''],
  ['have sent half of their headers', 'POST /v1/messages HTTP/1.1\r\nhost: localhost\r\n'],
  [
    'sent half of the headers of another request',
    `${HEALTH}POST /v1/messages HTTP/1.1\r\nhost: localhost\r\n`,
  ],
])('connections that %s do not hold it up', async (_name, text) => {
  const { gateway } = await started((request) => answer({}, request))
  const { ended } = wire(gateway.url, text)
  const unread = wire(gateway.url, text)
  unread.socket.pause()
  await sleep(200)
  gateway.signal('SIGTERM')
  const { code, ms } = await gateway.exit()
  expect(code).toBe(0)
  expect(ms).toBeLessThan(LATE)
  await ended
})

it('a request whose body is on its way is received and answered', async () => {
  const { gateway } = await started((request) => answer({ text: 'hello' }, request))
  const body = JSON.stringify(ask())
  const head = `POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${body.length}\r\n\r\n`
  const { socket, ended } = wire(gateway.url, head + body.slice(0, 10))
  await sleep(100)
  gateway.signal('SIGTERM')
  await sleep(1_500)
  socket.write(body.slice(10))
  expect(await ended).toContain('hello')
  expect((await gateway.exit()).code).toBe(0)
})

const disposing = (shutdownTimeout: number) =>
  `import { defineConfig, definePlugin } from 'agproxy'
   const dispose = () => new Promise(() => {})
   const stuck = definePlugin({ name: 'stuck', phase: 'request', create: () => ({ dispose }) })
   export default defineConfig({ server: { shutdownTimeout: ${shutdownTimeout} }, use: [stuck] })`

it('a plugin whose dispose never ends is named and left behind', async () => {
  const gateway = await startProcess('agproxy.config.mjs', disposing(300))
  gateway.signal('SIGTERM')
  const { code, ms } = await gateway.exit()
  expect(code).toBe(0)
  expect(ms).toBeLessThan(4_000)
  expect(gateway.output()).toContain("plugin 'stuck': dispose did not end within 1 s")
})

it('a second signal does not wait for it', async () => {
  const gateway = await startProcess('agproxy.config.mjs', disposing(30_000))
  gateway.signal('SIGTERM')
  await expect.poll(gateway.output).toContain('a second signal cuts them')
  await sleep(500)
  gateway.signal('SIGTERM')
  const { code, ms } = await gateway.exit()
  expect(code).toBe(0)
  expect(ms).toBeLessThan(LATE)
  expect(gateway.output()).not.toContain('dispose did not end within 5 s')
})

it('a connection over which a stream finished is not kept for another request', async () => {
  const { up, gateway } = await started(slow)
  const body = JSON.stringify(streaming)
  const { text, ended } = wire(
    gateway.url,
    `POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
  await up.received(1)
  gateway.signal('SIGTERM')
  expect(await ended).toContain('message_stop')
  expect(text()).toMatch(/0\r\n\r\n$/)
  expect((await gateway.exit()).code).toBe(0)
})

it('what runs for longer than shutdownTimeout is cut, and it ends with 0', async () => {
  const { up, gateway } = await started(() => [head(200, STREAM), write(FRAMES.slice(0, 4)), stall()], {
    shutdownTimeout: 400,
  })
  const running = send(gateway.url, { body: streaming })
  await up.received(1)
  await sleep(50)
  gateway.signal('SIGTERM')
  expect(await running).toMatchObject({ status: 200, end: 'broken' })
  expect((await gateway.exit()).code).toBe(0)
  await expect.poll(() => up.requests[0]!.aborted).toBe(true)
})

it('a second signal cuts at once, streams and those who wait for an answer, and it ends with 0', async () => {
  const { up, gateway } = await started((_request, n) =>
    n === 0 ? [head(200, STREAM), write(FRAMES.slice(0, 4)), stall()] : stall(),
  )
  const running = send(gateway.url, { body: streaming })
  await up.received(1)
  const waiting = send(gateway.url, { body: ask() }).catch((error) => error.code)
  await up.received(2)
  await sleep(50)
  gateway.signal('SIGTERM')
  await expect.poll(gateway.output).toContain('a second signal cuts them')
  const exit = gateway.exit()
  gateway.signal('SIGINT')
  expect(await running).toMatchObject({ status: 200, end: 'broken' })
  expect(await waiting).toBe('ECONNRESET')
  const { code, ms } = await exit
  expect(code).toBe(0)
  expect(ms).toBeLessThan(LATE)
  await expect.poll(() => up.requests.every((request) => request.aborted)).toBe(true)
  expect(gateway.output()).not.toContain('broke the connection') // we cut them, and not the upstream
})

it('a plugin that fails outside of every request does not end the process', async () => {
  const up = await startUpstream((request) => answer({ text: 'hello' }, request))
  onTestFinished(() => up.close())
  const gateway = await startProcess(
    'agproxy.config.ts',
    `import { defineConfig, definePlugin } from 'agproxy'
     const stray = definePlugin({
       name: 'stray',
       phase: 'request',
       create: () => ({
         onRequest() {
           void Promise.reject(new Error('a promise that nobody awaits'))
           setTimeout(() => { throw new Error('a timer of its own') }, 1)
         },
       }),
     })
     export default defineConfig({ ...${JSON.stringify(configFor(up.url))}, use: [stray] } as never)`,
  )
  for (let i = 0; i < 3; i++) {
    expect((await send(gateway.url, { body: ask() })).status).toBe(200)
    await sleep(30)
  }
  await expect.poll(gateway.output).toContain('a promise that nobody awaits')
  await expect.poll(gateway.output).toContain('a timer of its own')
  gateway.signal('SIGTERM')
  expect((await gateway.exit()).code).toBe(0)
})
