import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { definePlugin } from '../../core/plugin/define.js'
import type { TestConfig } from '../harness/gateway.js'
import { answer } from '../support/anthropic-upstream.js'
import { ask, send } from '../support/client.js'
import { delay, type Script } from '../support/script.js'
import { direct, type StandOptions, stand } from '../support/stand.js'
import { answerIn, wire } from './wire.js'

const MB = 1024 * 1024
const good = (request: { json(): object }): Script => answer({ text: 'hello' }, request)

const limited = (server: TestConfig['server'], handler = good, options: StandOptions = {}) =>
  stand(handler, { config: (url) => ({ ...direct(url), server }), ...options })

/** Uploads `size` bytes, and looks for an answer only when all of them are gone, as simple clients do. */
async function upload(url: string, size: number, chunked: boolean): Promise<string> {
  const length = chunked ? 'transfer-encoding: chunked' : `content-length: ${size}`
  const { socket, text } = wire(url, `POST /v1/messages HTTP/1.1\r\nhost: localhost\r\n${length}\r\n\r\n`)
  const piece = Buffer.alloc(MB, 'x')
  for (let sent = 0; sent < size; sent += piece.length) {
    const bytes = chunked
      ? Buffer.concat([Buffer.from(`${MB.toString(16)}\r\n`), piece, Buffer.from('\r\n')])
      : piece
    if (!socket.write(bytes)) await once(socket, 'drain')
  }
  await expect.poll(text).toContain('}')
  return text()
}

describe('a body over the limit', () => {
  it.each([
    ['announced', false],
    ['in chunks', true],
  ] as const)(
    'is a 413 that a client in the middle of uploading 200 MB reads, %s',
    async (_name, chunked) => {
      const { up, gateway, url } = await limited({ bodyLimit: '10mb' })
      global.gc?.()
      const before = process.memoryUsage.rss()
      const { status, body } = answerIn(await upload(url, 200 * MB, chunked))
      expect(status).toBe(413)
      expect(body).toMatchObject({ type: 'error', error: { type: 'request_too_large' } })
      expect(process.memoryUsage.rss() - before).toBeLessThan(80 * MB) // nothing of the kind of 200
      expect(up.requests).toHaveLength(0)
      expect((await send(url, { body: ask() })).status).toBe(200)
      expect(gateway.requests('messages')[0]).toMatchObject({ status: 413 })
    },
  )

  it.each([
    ['without a key', '/v1/messages', { auth: { mode: 'strict', keys: ['sk-client'] } }, 401],
    ['to no route', '/v1/files', {}, 404],
  ] as const)('is not needed for the answer to a request %s', async (_name, path, plugins, status) => {
    const { url } = await stand(good, {
      config: (up) => ({ ...direct(up), plugins: { ...direct(up).plugins, ...plugins } }),
    })
    const seen = await send(url, { path, body: Buffer.alloc(50 * MB, 'x') })
    expect(seen.status).toBe(status)
    expect(seen.json()).toMatchObject({ type: 'error' })
  })
})

describe('a client that is slow on purpose', () => {
  /** It is let drip for a second; without that limit, for the minutes of the other one. */
  const LATE = 15_000
  const HEAD = 'POST /v1/messages HTTP/1.1\r\nhost: localhost\r\n'

  it('is cut off while it drips its headers, and told why', async () => {
    const { url } = await limited({ headersTimeout: 1_000 })
    const { socket, ended } = wire(url, HEAD)
    const drip = setInterval(() => socket.write('x-a: b\r\n'), 100)
    const started = performance.now()
    const { status, body } = answerIn(await ended.finally(() => clearInterval(drip)))
    expect(performance.now() - started).toBeLessThan(LATE)
    expect(status).toBe(408)
    expect(body).toMatchObject({ type: 'error', error: { type: 'timeout_error' } })
  })

  it('is cut off while it drips its body, and told why', async () => {
    const { url, up } = await limited({ requestTimeout: 1_000 })
    const { socket, ended } = wire(url, `${HEAD}content-length: 100000\r\n\r\n{`)
    const drip = setInterval(() => socket.write(' '), 100)
    const started = performance.now()
    const { status, body } = answerIn(await ended.finally(() => clearInterval(drip)))
    expect(performance.now() - started).toBeLessThan(LATE)
    expect(status).toBe(408)
    expect(body).toMatchObject({ type: 'error', error: { type: 'timeout_error' } })
    expect(up.requests).toHaveLength(0)
  })

  it('does not keep others from being served, however many there are', async () => {
    const { url } = await limited({ headersTimeout: 30_000 })
    const slow = Array.from({ length: 200 }, () => wire(url, HEAD))
    await expect.poll(() => slow.every(({ socket }) => !socket.pending)).toBe(true)
    expect((await send(url, { body: ask() })).status).toBe(200)
  })
})

describe('headers', () => {
  it.each([
    ['too many', Object.fromEntries(Array.from({ length: 250 }, (_v, i) => [`x-${i}`, 'v']))],
    ['one too large', { 'x-large': 'v'.repeat(17_000) }],
    ['too large together', { 'x-a': 'v'.repeat(9_000), 'x-b': 'v'.repeat(9_000) }],
  ])('%s are a 431', async (_name, headers) => {
    const { url, up } = await limited({})
    const seen = await send(url, { headers, body: ask() })
    expect(seen.status).toBe(431)
    expect(seen.json()).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' } })
    expect(up.requests).toHaveLength(0)
  })

  it('a hundred are fine, and all of them arrive', async () => {
    const { url, up } = await limited({})
    const headers = Object.fromEntries(Array.from({ length: 100 }, (_v, i) => [`x-n-${i}`, `${i}`]))
    expect((await send(url, { headers, body: ask() })).status).toBe(200)
    expect(up.requests[0]!.headers.filter(([name]) => name.startsWith('x-n-'))).toHaveLength(100)
  })
})

describe('JSON that nests too deep', () => {
  it.each([
    ['arrays', (n: number) => '['.repeat(n) + ']'.repeat(n)],
    ['objects', (n: number) => `${'{"a":'.repeat(n)}1${'}'.repeat(n)}`],
    ['arrays that are never closed', (n: number) => '['.repeat(n)],
  ])('is a 400: %s', async (_name, nested) => {
    const { url, up } = await limited({})
    const body = (n: number) => `{"model":"m","messages":[{"role":"user","content":"hi"}],"x":${nested(n)}}`
    for (const depth of [250, 100_000, 3_000_000]) {
      const seen = await send(url, { body: body(depth) })
      expect(seen.status).toBe(400)
      expect(seen.headers['x-should-retry']).toBe('false')
    }
    expect(up.requests).toHaveLength(0)
  })
})

describe('more requests than may run', () => {
  const SLOW = { maxConcurrent: 2, queueLimit: 3 }
  const slowly = (request: { json(): object }): Script => [delay(300), good(request)]

  it('wait their turn, and past the queue hear when to come back', async () => {
    const { url, up } = await limited(SLOW, slowly)
    const seen = await Promise.all(Array.from({ length: 8 }, () => send(url, { body: ask() })))
    const statuses = seen.map(({ status }) => status).sort()
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429, 429])
    const refused = seen.find(({ status }) => status === 429)!
    expect(refused.headers['retry-after']).toMatch(/^[1-9]\d?$/)
    expect(refused.json()).toMatchObject({ type: 'error', error: { type: 'rate_limit_error' } })
    expect(up.requests).toHaveLength(5)
  })

  it('do not wait for longer than queueTimeout', async () => {
    const { url } = await limited({ ...SLOW, maxConcurrent: 1, queueTimeout: 100 }, slowly)
    const [first, second] = await Promise.all([send(url, { body: ask() }), send(url, { body: ask() })])
    expect([first.status, second.status].sort()).toEqual([200, 429])
  })

  it('give their place up when they go', async () => {
    const { url, up } = await limited({ ...SLOW, maxConcurrent: 1, queueLimit: 1 }, slowly)
    const running = send(url, { body: ask() })
    await up.received(1)
    const gone = new AbortController()
    const waiting = send(url, { body: ask(), signal: gone.signal }).catch(() => 'gone')
    await expect.poll(async () => (await send(url, { body: ask() })).status).toBe(429)
    gone.abort()
    expect(await waiting).toBe('gone')
    expect((await send(url, { body: ask() })).status).toBe(200)
    await running
    expect(up.requests).toHaveLength(2)
  })

  it('the health check is always answered', async () => {
    const { url, up } = await limited({ ...SLOW, maxConcurrent: 1, queueLimit: 0 }, slowly)
    const running = send(url, { body: ask() })
    await up.received(1)
    expect((await send(url, { method: 'GET', path: '/healthz' })).text()).toBe('{"status":"ok"}')
    await running
  })
})

describe('a crash in one request', () => {
  const crashing = definePlugin({
    name: 'crashing',
    phase: 'request',
    create: () => ({
      onRequest: (call) => {
        const text = JSON.stringify(call.body.messages)
        if (text.includes('throw')) throw new Error('secret detail')
        if (text.includes('reject')) return Promise.reject(new Error('secret detail'))
        return undefined
      },
    }),
  })

  it.each(['throw', 'reject'])('is a 500 without details, and ends nothing else (%s)', async (content) => {
    const { url } = await stand(good, {
      config: (up) => ({ ...direct(up), use: [crashing] }),
      allowErrors: true,
    })
    const seen = await send(url, { body: ask({ messages: [{ role: 'user', content }] }) })
    expect(seen.status).toBe(500)
    expect(seen.text()).toContain("plugin 'crashing'")
    expect(seen.text()).not.toContain('secret detail')
    expect((await send(url, { body: ask() })).status).toBe(200)
  })
})

it('connections are kept for 75 s between requests, so that clients may think', async () => {
  const { url } = await limited({})
  const { socket, text } = wire(url, 'GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n')
  await expect.poll(text).toContain('keep-alive: timeout=75'.replace('keep-alive', 'Keep-Alive'))
  socket.write('GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n')
  await expect.poll(() => text().match(/HTTP\/1\.1 200/g)?.length).toBe(2)
})
