import { EventEmitter, once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import type { TestConfig } from '../../test/harness/gateway.js'
import { anthropicUpstream } from '../../test/support/anthropic-upstream.js'
import { ask, send as sendTo } from '../../test/support/client.js'
import { expectError } from '../../test/support/expect-error.js'
import { direct, stand } from '../../test/support/stand.js'
import { readBody } from './read-body.js'

const withServer = (server: object) => ({
  config: (url: string): TestConfig => ({ ...direct(url), server: server as never }),
})

describe('a bad body', () => {
  it.each([
    ['no JSON', '{"model":', /not valid JSON/],
    ['a list', '[]', /JSON object/],
    ['nothing', '', /no body/],
    ['no model', '{"messages":[]}', /model: Field required/],
    ['no messages', '{"model":"m"}', /messages: Field required/],
    ['deep nesting', `{"model":"m","messages":${'['.repeat(5000)}${']'.repeat(5000)}}`, /depthLimit/],
  ])('is a 400 in words, for messages and counts: %s', async (_what, body, words) => {
    const { up, send } = await stand(anthropicUpstream())
    for (const path of ['/v1/messages', '/v1/messages/count_tokens']) {
      expectError(await send({ path, body }), 400, 'invalid_request_error', words)
    }
    expect(up.requests).toHaveLength(0)
    expect((await send({ body: ask() })).status).toBe(200)
  })

  it('leaves no word of a conversation in the log', async () => {
    const { send, gateway } = await stand(anthropicUpstream())
    await send({ body: '{"model":"m","messages":[{"role":"user","content": my secret' })
    expect(gateway.requests()).toHaveLength(1)
    expect(JSON.stringify(gateway.logs)).not.toMatch(/my|secret/)
  })

  it('over the limit is a 413 that a client in mid-upload reads: announced and in chunks', async () => {
    const { up, url } = await stand(anthropicUpstream(), withServer({ bodyLimit: '1mb' }))
    const whole = await sendTo(url, { body: Buffer.alloc(30_000_000, 'x') })
    expectError(whole, 413, 'request_too_large', /30000000 bytes.*server\.bodyLimit is 1048576/)
    expect(whole.headers['x-should-retry']).toBe('false')

    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.write('POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n')
    for (let i = 0; i < 200; i++) {
      if (!socket.write(`186a0\r\n${'x'.repeat(100_000)}\r\n`)) await once(socket, 'drain')
    }
    socket.write('0\r\n\r\nHEAD / HTTP/1.1\r\nhost: localhost\r\n\r\n')
    await expect.poll(() => answer).toMatch(/^HTTP\/1\.1 413[\s\S]*request_too_large[\s\S]*HTTP\/1\.1 200/)
    socket.destroy()
    expect(up.requests).toHaveLength(0)
    expect((await sendTo(url, { body: ask() })).status).toBe(200)
  })

  it.each([
    ['values', { valueLimit: 30 }, { metadata: Array(30).fill(0) }, /server\.valueLimit \(30\)/],
    [
      'messages',
      { messageLimit: 3 },
      { messages: Array(4).fill({ role: 'user', content: 'a' }) },
      /found 4, and server\.messageLimit is 3/,
    ],
  ])('with too many %s is a 400 that names the option', async (_what, server, fields, words) => {
    const { up, send } = await stand(anthropicUpstream(), withServer(server))
    for (const path of ['/v1/messages', '/v1/messages/count_tokens']) {
      const seen = await send({ path, body: ask(fields) })
      expectError(seen, 400, 'invalid_request_error', words)
      expect(seen.headers['x-should-retry']).toBe('false')
    }
    expect(up.requests).toHaveLength(0)
    expect((await send({ body: ask() })).status).toBe(200)
  })

  it('just under the limit passes', async () => {
    const { up, send } = await stand(anthropicUpstream(), withServer({ bodyLimit: 100_000 }))
    const body = Buffer.from(JSON.stringify(ask({ metadata: { pad: '' } })))
    const padded = Buffer.from(JSON.stringify(ask({ metadata: { pad: 'x'.repeat(100_000 - body.length) } })))
    expect(padded.length).toBe(100_000)
    expect((await send({ body: padded })).status).toBe(200)
    expect(up.requests[0]!.body.equals(padded)).toBe(true)
  })
})

it('what is not HTTP is answered, and the gateway lives on', async () => {
  const { url, send } = await stand(anthropicUpstream())
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.write('nonsense\r\n\r\n')
  const [chunk] = await once(socket, 'data')
  expect(String(chunk)).toMatch(/^HTTP\/1\.1 400[\s\S]*"invalid_request_error"/)
  socket.destroy()
  expect((await send({ body: ask() })).status).toBe(200)
})

it('one connection carries many requests, refused ones among them', async () => {
  const { url } = await stand(anthropicUpstream())
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const sockets = new Set<unknown>()
  const one = (path: string, body: string) =>
    new Promise<number>((resolve, reject) => {
      const req = request(`${url}${path}`, { method: 'POST', agent }, (res) => {
        sockets.add(req.socket)
        res.resume().on('end', () => resolve(res.statusCode!))
      })
      req.on('error', reject)
      req.end(body)
    })
  const good = JSON.stringify(ask())
  const statuses = [
    await one('/v1/messages', good),
    await one('/nothing', good),
    await one('/v1/messages', 'x'),
    await one('/v1/messages', good),
  ]
  expect(statuses).toEqual([200, 404, 400, 200])
  expect(sockets.size).toBe(1)
  agent.destroy()
})

it('a body that comes byte by byte is not held byte by byte', async () => {
  const bytes = 1_000_000
  const collect = gc()
  const req = Object.assign(new EventEmitter(), { headers: {}, destroyed: false }) as IncomingMessage
  const reading = readBody(req, bytes, 0)
  collect()
  const before = process.memoryUsage().heapUsed
  const slab = Buffer.alloc(64 * 1024, 'x')
  for (let i = 0; i < bytes; i++) req.emit('data', slab.subarray(i % slab.length, (i % slab.length) + 1))
  collect()
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(20 * 1024 * 1024)
  req.emit('end')
  expect((await reading).equals(Buffer.alloc(bytes, 'x'))).toBe(true)
})

/** V8's own, which is not there without a flag. */
function gc(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('globalThis.gc')
}
