import { once } from 'node:events'
import { Agent, request, ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { queryObjects } from 'node:v8'
import { describe, expect, it } from 'vitest'
import type { TestGatewayOptions } from '../../test/harness/gateway.js'
import { anthropicUpstream } from '../../test/support/anthropic-upstream.js'
import { expectAtOnce } from '../../test/support/at-once.js'
import type { Handler } from '../../test/support/bad-upstream.js'
import { ask, send as sendTo } from '../../test/support/client.js'
import { expectError } from '../../test/support/expect-error.js'
import { message, messageEvents } from '../../test/support/messages.js'
import { delay, end, head, json, sse, stall, write } from '../../test/support/script.js'
import { frames } from '../../test/support/sse-bytes.js'
import { direct, stand } from '../../test/support/stand.js'
import type { Call } from '../contract/call.js'
import type { Next, Plugin } from '../contract/plugin.js'
import { Reply } from '../exchange/reply.js'
import { definePlugin } from '../plugin/define.js'

/** A gateway whose chain has one more plugin, right inside `auth`. */
function withPlugin(
  plugin: Plugin,
  options: TestGatewayOptions = {},
  handler: Handler = anthropicUpstream(),
) {
  const mine = definePlugin({ name: 'mine', phase: 'request', after: 'auth', create: () => plugin })
  return stand(handler, { ...options, config: (url) => ({ ...direct(url), use: [mine] }) })
}

describe('a plugin’s error', () => {
  const boom = () => {
    throw new Error('sk-secret is in here')
  }
  const hooks = ['onHeaders', 'onRequest', 'handle', 'onReply'] as const

  it.each(hooks)(
    'in %s is a 500 that names it, without its words or a stack, and the gateway lives on',
    async (hook) => {
      let armed = true
      const plugin: Plugin = {
        [hook]: (call: Call, next: Next) => {
          if (armed) boom()
          return hook === 'handle' ? next(call) : undefined
        },
      }
      const { gateway, send } = await withPlugin(plugin, { allowErrors: true })
      const seen = await send({ body: ask() })
      expectError(
        seen,
        500,
        'api_error',
        new RegExp(`^plugin 'mine' failed in ${hook}; the gateway's log has the details$`),
      )
      expect(seen.headers['x-should-retry']).toBe('false')
      expect(seen.text()).not.toMatch(/sk-secret|\.ts|at /)
      expect(gateway.logs).toContainEqual(
        expect.objectContaining({
          level: 'error',
          fields: expect.objectContaining({ plugin: 'mine', hook }),
        }),
      )
      armed = false
      expect((await send({ body: ask() })).status).toBe(200)
    },
  )

  it('in onEvent reaches a streaming client as an error event, and lets the upstream go', async () => {
    const endless: Handler = () => sse(messageEvents({ text: 'hello' }), { ending: stall() })
    const { up, send } = await withPlugin(
      { onEvent: (event) => (event.type === 'content_block_delta' ? boom() : undefined) },
      { allowErrors: true },
      endless,
    )
    const seen = await send({ body: ask({ stream: true }) })
    expect(seen.end).toBe('clean')
    expect(seen.text()).toMatch(
      /event: message_start[\s\S]*event: error\ndata: .*plugin 'mine' failed in onEvent.*\n\n$/,
    )
    expect(seen.text()).not.toContain('sk-secret')
    await expect.poll(() => up.requests[0]!.aborted).toBe(true)
  })

  it('may be its own words, thrown or answered', async () => {
    const { send } = await withPlugin({
      onRequest: () => Reply.json({ mine: true }, { status: 418, headers: { 'x-mine': '1' } }),
    })
    const seen = await send({ body: ask() })
    expect([seen.status, seen.headers['x-mine'], seen.text()]).toEqual([418, '1', '{"mine":true}'])
  })

  it('in a header that HTTP cannot carry is a 500, and breaks nothing else', async () => {
    let n = 0
    const onReply = (reply: Reply) => (n++ === 0 ? reply.with({ headers: { 'x-mine': 'a\nb' } }) : undefined)
    const { send } = await withPlugin({ onReply }, { allowErrors: true })
    expect((await send({ body: ask() })).status).toBe(500)
    expect((await send({ body: ask() })).status).toBe(200)
  })
})

describe('a reload', () => {
  it('lets a running stream finish on the old chain, disposes of that after, and serves new requests anew', async () => {
    const log: string[] = []
    const stamp = (text: string) =>
      definePlugin({
        name: 'stamp',
        phase: 'request',
        after: 'auth',
        create: () => ({
          onEvent: (event) => (event.type === 'ping' ? event.with({ type: 'ping', stamp: text }) : undefined),
          dispose: () => void log.push(`${text} disposed`),
        }),
      })
    let goOn = () => {}
    const reloaded = new Promise<void>((resolve) => (goOn = resolve))
    const slow: Handler = (request, n) =>
      n === 0
        ? [
            head(200, { 'content-type': 'text/event-stream' }),
            write(frames([{ type: 'message_start' }])),
            () => reloaded,
            write(frames([{ type: 'ping' }, { type: 'message_stop' }])),
            end(),
          ]
        : anthropicUpstream()(request, n)
    const { up, gateway, send, url } = await stand(slow, {
      config: (base) => ({ ...direct(base), use: [stamp('old')] }),
    })
    const running = send({ body: ask({ stream: true }) })
    await up.received(1)
    await gateway.reload({ ...direct(up.url), use: [stamp('new')] })
    expect((await sendTo(url, { body: ask({ stream: true }) })).text()).toContain('"stamp":"new"')
    expect(log).toEqual([])
    goOn()
    const seen = await running
    expect([seen.end, seen.text()]).toEqual(['clean', expect.stringContaining('"stamp":"old"')])
    await expect.poll(() => log).toEqual(['old disposed'])
  })
})

describe('a client that goes', () => {
  it.each<[string, Handler, object]>([
    ['while it waits for headers', () => stall(), { stream: true }],
    [
      'while it waits for the first event',
      () => [head(200, { 'content-type': 'text/event-stream' }), stall()],
      { stream: true },
    ],
    [
      'in mid-stream',
      () => sse(messageEvents({ text: 'hello' }).slice(0, 5), { ending: stall() }),
      { stream: true },
    ],
    [
      'while an answer without a stream comes',
      () => [head(200, { 'content-type': 'application/json' }), write('{"type":'), stall()],
      {},
    ],
    [
      'while an error body comes',
      () => [head(500, { 'content-type': 'application/json' }), write('{"type":'), stall()],
      {},
    ],
  ])('cancels the upstream call at once: %s', async (_what, handler, fields) => {
    const { up, gateway, send } = await stand(handler)
    const leave = new AbortController()
    const running = send({ body: ask(fields), signal: leave.signal }).catch(() => {})
    await up.received(1)
    await new Promise((resolve) => setTimeout(resolve, 60))
    leave.abort()
    await expectAtOnce(() => up.requests[0]!.aborted)
    await running
    await expect.poll(() => gateway.requests()[0]?.ending).toBe('gone')
    expect(up.requests).toHaveLength(1)
  })

  it('before it was answered is logged without a status, and not as a failure of ours', async () => {
    const { up, gateway, send } = await stand(() => stall())
    const leave = new AbortController()
    const running = send({ body: ask(), signal: leave.signal }).catch(() => {})
    await up.received(1)
    leave.abort()
    await running
    await expect.poll(() => gateway.requests()).toHaveLength(1)
    expect(gateway.requests()[0]).toMatchObject({ ending: 'gone', status: undefined })
  })

  it('while a plugin reads the whole answer lets that plugin’s request end', async () => {
    let ended: unknown
    const onReply = async (reply: Reply) => {
      await reply.bytes().catch((error) => {
        ended = error
      })
    }
    const trickle: Handler = () => sse(messageEvents({}).slice(0, 4), { ending: stall() })
    const { up, send, gateway } = await withPlugin({ onReply }, {}, trickle)
    const leave = new AbortController()
    const running = send({ body: ask({ stream: true }), signal: leave.signal }).catch(() => {})
    await up.received(1)
    await new Promise((resolve) => setTimeout(resolve, 60))
    leave.abort()
    await running
    await expect.poll(() => ended).toBeDefined()
    await expect.poll(() => gateway.requests()).toHaveLength(1)
    expect(up.requests[0]!.aborted).toBe(true)
  })

  it('before its upload ends costs no upstream call', async () => {
    const { up, url, gateway } = await stand(anthropicUpstream())
    const half = request(`${url}/v1/messages`, { method: 'POST', headers: { 'content-length': 1000 } })
    half.on('error', () => {})
    half.write('{"model"')
    await new Promise((resolve) => setTimeout(resolve, 30))
    half.destroy()
    await expect.poll(() => gateway.requests()).toHaveLength(1)
    expect(gateway.requests()[0]).toMatchObject({ ending: 'gone' })
    expect(up.requests).toHaveLength(0)
  })
})

describe('back-pressure', () => {
  it('reaches the upstream: a client that does not read stops it', async () => {
    let written = 0
    const chunk = Buffer.from(`event: x\ndata: {"type":"x","pad":"${'x'.repeat(65_000)}"}\n\n`)
    function* endless() {
      for (; written < 200_000_000; written += chunk.length) yield chunk
    }
    const { url } = await stand(() => [head(200, { 'content-type': 'text/event-stream' }), write(endless())])
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    const body = JSON.stringify(ask({ stream: true }))
    socket.write(
      `POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    )
    await once(socket, 'readable')
    let before = -1
    await expect
      .poll(
        () => {
          const still = written === before
          before = written
          return still
        },
        { interval: 200, timeout: 10_000 },
      )
      .toBe(true)
    // What sits in the kernels' socket buffers on the way, and little more.
    expect(written).toBeLessThan(40_000_000)
    const stopped = written
    socket.resume()
    await expect.poll(() => written, { timeout: 10_000 }).toBeGreaterThan(stopped + 10_000_000)
    socket.destroy()
  })
})

// The whole heap of the worker is looked through, twice.
it('a connection keeps nothing of the requests that it has served', { timeout: 90_000 }, async () => {
  const { send } = await stand(anthropicUpstream())
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const kept = async () => {
    for (let i = 0; i < 50; i++) await send({ method: 'GET', path: '/healthz', agent })
    return Number(queryObjects(ServerResponse))
  }
  const before = await kept()
  const after = await kept()
  agent.destroy()
  expect(after - before).toBeLessThan(10)
})

describe('a reply', () => {
  it('carries request-id, account and the time that was ours and the upstream’s', async () => {
    const { send } = await stand(() => [delay(500), json(message())])
    const seen = await send({ body: ask() })
    expect(seen.headers['request-id']).toMatch(/^req_[0-9a-f]{24}$/)
    expect(seen.headers['x-account-email']).toBe('one')
    const [, own, upstream] = /^agproxy;dur=([\d.]+), upstream;dur=([\d.]+)$/.exec(
      String(seen.headers['server-timing']),
    )!
    expect(Number(upstream)).toBeGreaterThan(450)
    expect(Number(own)).toBeLessThan(450)
  })

  it('keeps the upstream’s request-id, for its support', async () => {
    const { send, gateway } = await stand(() =>
      json(message(), 200, { headers: { 'request-id': 'req_theirs' } }),
    )
    expect((await send({ body: ask() })).headers['request-id']).toBe('req_theirs')
    expect(gateway.requests()[0]).toMatchObject({
      upstreamRequestId: 'req_theirs',
      status: 200,
      ending: 'complete',
    })
  })

  it('to HEAD has the headers of GET and no body', async () => {
    const { send } = await stand(anthropicUpstream())
    const get = await send({ method: 'GET', path: '/healthz' })
    const headOnly = await send({ method: 'HEAD', path: '/healthz' })
    expect(headOnly.headers['content-length']).toBe(get.headers['content-length'])
    expect(headOnly.body).toHaveLength(0)
  })
})
