import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { wire } from '../../test/faults/wire.js'
import { anthropicUpstream } from '../../test/support/anthropic-upstream.js'
import type { Handler } from '../../test/support/bad-upstream.js'
import { ask, type SendInit } from '../../test/support/client.js'
import { message, messageEvents } from '../../test/support/messages.js'
import {
  delay,
  type Exchange,
  end,
  head,
  json,
  type Script,
  sse,
  stall,
  write,
} from '../../test/support/script.js'
import { direct, type Stand, type StandOptions, stand, zaiPair } from '../../test/support/stand.js'
import type { Call } from '../contract/call.js'
import type { ByteSink, ByteSource } from '../contract/http.js'
import type { Next, Plugin } from '../contract/plugin.js'
import { Reply } from '../exchange/reply.js'
import { definePlugin } from '../plugin/define.js'

/** A stream that begins and never ends. */
const endless: Handler = () => sse(messageEvents({ text: 'hello' }).slice(0, 4), { ending: stall() })

interface HeldInit extends StandOptions {
  readonly handler?: Handler
  readonly phase?: 'request' | 'attempt'
  /** Requests that the server, and its one account, take at a time. */
  readonly max?: number
}

interface Held extends Stand {
  readonly disposed: () => number
}

/** A gateway whose every resource is scarce, with one more plugin. */
async function scarce(plugin: Plugin, init: HeldInit = {}): Promise<Held> {
  const { handler = endless, phase = 'request', max = 1 } = init
  const dispose = vi.fn()
  const mine = definePlugin({ name: 'mine', phase, create: () => ({ ...plugin, dispose }) })
  const running = await stand(handler, {
    allowErrors: true,
    ...init,
    config: (url) => {
      const base = direct(url)
      // Where the account has no limit of its own, its slots are counted all the same.
      const limit = phase === 'request' && { maxConcurrent: max }
      const accounts = base.accounts!.map((account) => ({ ...account, ...limit }))
      return {
        ...base,
        accounts,
        server: { maxConcurrent: max, queueLimit: 0 },
        plugins: { ...base.plugins, 'retry-rotate': { queueTimeout: 100 } },
        use: [mine()],
      }
    },
  })
  return { ...running, disposed: () => dispose.mock.calls.length }
}

/** Nothing is held any more: no stream of the upstream, no slot of account and server, and not the chain. */
async function expectNothingHeld({ up, gateway, send, disposed }: Held): Promise<void> {
  const { accounts: pool } = gateway
  await expect.poll(() => up.requests.map((request) => request.aborted)).not.toContain(false)
  await expect.poll(() => pool.status().map((status) => status.inFlight)).toEqual([0])
  expect(pool.waiting).toBe(0)
  expect((await send({ method: 'GET', path: '/v1/models/claude' })).status).toBe(200)
  await expect.poll(() => gateway.requests('models/claude')).toHaveLength(1)
  await gateway.reload(direct(up.url))
  await expect.poll(disposed).toBe(1)
}

const streaming: SendInit = { body: ask({ stream: true }) }
const controlOf = (source: ByteSource) => ({
  pause: () => source.pause(),
  resume: () => source.resume(),
  cancel: () => source.cancel(),
})
const endOf = (sink: ByteSink) => ({
  end: () => sink.end(),
  error: (error: Error) => sink.error(error),
})
const boom = () => {
  throw new Error('a bug')
}

describe('a plugin', () => {
  const faults: [string, Plugin][] = [
    ['throws in onReply', { onReply: boom }],
    ['rejects in onReply', { onReply: async () => boom() }],
    ['returns the wrong thing from onReply', { onReply: () => 'no reply' as never }],
    ['returns the wrong thing from an async onReply', { onReply: async () => new Response('') as never }],
    [
      'reads the beginning in onReply, and throws',
      {
        async onReply(reply) {
          for await (const _event of reply.events()) boom()
        },
      },
    ],
    [
      'begins to read in onReply, and answers something else',
      {
        async onReply(reply) {
          await reply.events().next()
          return Reply.json({ mine: true })
        },
      },
    ],
    [
      'throws in handle, after next',
      {
        async handle(call, next) {
          await next(call)
          return boom()
        },
      },
    ],
    [
      'returns nothing from handle, after next',
      {
        async handle(call, next) {
          await next(call)
          return undefined as never
        },
      },
    ],
    [
      'never reads the reply, and answers by itself',
      {
        async handle(call, next) {
          await next(call)
          return Reply.json({ mine: true })
        },
      },
    ],
    [
      'answers by itself, without waiting for next',
      {
        async handle(call, next) {
          next(call).catch(() => {})
          await sleep(100)
          return Reply.json({ mine: true })
        },
      },
    ],
    [
      'throws in onEvent',
      { onEvent: (event) => (event.type === 'content_block_start' ? boom() : undefined) },
    ],
    [
      'wraps the stream, and throws in the middle of it',
      {
        async handle(call, next) {
          const reply = await next(call)
          const source = reply.source()
          const pipe: ByteSource['pipe'] = (sink) => source.pipe({ ...endOf(sink), data: boom })
          return Reply.stream({ ...controlOf(source), pipe }, reply)
        },
      },
    ],
    [
      'gives up a stream with a signal of its own',
      { handle: (call, next) => next(call.with({ signal: AbortSignal.timeout(100) })) },
    ],
  ]
  const phases = ['request', 'attempt'] as const

  it.each(faults.flatMap(([what, plugin]) => phases.map((phase) => [what, phase, plugin] as const)))(
    'that %s holds nothing after the request (phase %s)',
    async (_what, phase, plugin) => {
      const held = await scarce(plugin, { phase })
      for (let i = 0; i < 2; i++) {
        await held.send(streaming)
        await expectFreeAccount(held)
      }
      await expectNothingHeld(held)
    },
  )

  it('that calls next twice at a time, and keeps one reply, holds nothing of the other', async () => {
    const twice: Plugin = {
      handle: (call, next) => Promise.race([next(call), next(call)]),
    }
    const handler: Handler = (_request, n) =>
      n % 2 === 0 ? sse(messageEvents({ text: 'hello' })) : endless(_request, n)
    const held = await scarce(twice, { handler, max: 2 })
    const seen = await held.send(streaming)
    expect(seen.end).toBe('clean')
    await expectFreeAccount(held)
    await expect.poll(() => held.up.requests[1]!.aborted).toBe(true)
  })

  it('that calls next when the request is over gets no account and reaches no upstream', async () => {
    let late: Promise<unknown> | undefined
    const plugin: Plugin = {
      async handle(call, next) {
        const later = sleep(500).then(() => next(call))
        late = later.catch((error: Error) => error.message)
        return Reply.json({ mine: true })
      },
    }
    const held = await scarce(plugin)
    await held.send({ body: ask() })
    expect(await late).toBe('the client has gone')
    expect(held.up.requests).toHaveLength(0)
    await expectNothingHeld(held)
  })

  it.each([
    ['hangs before next', () => new Promise<never>(() => {})],
    [
      'hangs after next',
      async (call: Call, next: Next) => {
        await next(call)
        return new Promise<never>(() => {})
      },
    ],
  ])('that %s holds nothing of a client that has gone', async (_what, handle) => {
    const held = await scarce({ handle })
    const leave = new AbortController()
    const running = held.send({ ...streaming, signal: leave.signal }).catch(() => {})
    await sleep(100)
    leave.abort()
    await running
    await expect.poll(() => held.gateway.requests('messages')).toMatchObject([{ ending: 'gone' }])
    await expectNothingHeld(held)
  })

  it('whose own stream nobody reads any more gets its generator ended', async () => {
    let ended = 0
    async function* forever() {
      try {
        for (;;) {
          yield { type: 'ping' }
          await sleep(5)
        }
      } finally {
        ended++
      }
    }
    const held = await scarce({ onRequest: () => Reply.events(forever()) })
    const leave = new AbortController()
    const running = held.send({ ...streaming, signal: leave.signal }).catch(() => {})
    await sleep(100)
    leave.abort()
    await running
    await expect.poll(() => ended).toBe(1)
    await expectNothingHeld(held)
  })

  it('hears the end of its request from the signal', async () => {
    let signal: AbortSignal | undefined
    const onRequest = (call: Call) => {
      signal = call.signal
    }
    const held = await scarce({ onRequest }, { handler: anthropicUpstream() })
    await held.send({ body: ask() })
    await expect.poll(() => signal?.aborted).toBe(true)
  })
})

describe('a client that pipelines requests and goes', () => {
  const post = (path: string, fields: object) => {
    const body = JSON.stringify(ask(fields))
    return `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${body.length}\r\n\r\n${body}`
  }
  const whole = (): Script => json(message({ text: 'x'.repeat(100_000) }))

  it.each<[string, string, Handler]>([
    ['both stream', '/v1/messages', endless],
    ['both wait for an upstream', '/v1/messages', () => stall()],
    ['the second was found by h3', '/v1/v1/messages', endless],
    ['the second has been answered', '/v1/messages', (_r, n) => (n === 0 ? stall() : whole())],
    [
      'the second broke',
      '/v1/messages',
      (_r, n) => (n === 0 ? stall() : sse(messageEvents({}).slice(0, 3), { ending: breakOff })),
    ],
    [
      'the second is more than is kept for it',
      '/v1/messages',
      (_r, n) => (n === 0 ? stall() : [head(200, { 'content-type': 'text/event-stream' }), write(forever())]),
    ],
  ])('holds nothing: %s', async (_what, path, handler) => {
    const held = await scarce({}, { handler, max: 2 })
    const { socket } = wire(held.url, post('/v1/messages', { stream: true }) + post(path, { stream: true }))
    await held.up.received(2)
    await sleep(150)
    socket.destroy()
    await expectFreeAccount(held)
    await expect.poll(() => held.gateway.requests('messages')).toHaveLength(2)
    await expect.poll(() => held.up.openSockets).toBeLessThan(3)
    const again = wire(held.url, post('/v1/messages', { stream: true }) + post(path, { stream: true }))
    await held.up.received(4)
    again.socket.destroy()
    await expectFreeAccount(held)
    await expect.poll(() => held.gateway.requests('messages')).toHaveLength(4)
  })

  it('gets all answers when it stays, in order', async () => {
    const held = await scarce({}, { handler: anthropicUpstream(), max: 3 })
    const { text } = wire(
      held.url,
      post('/v1/messages', { stream: true }) + post('/v1/v1/messages', {}) + post('/v1/messages', {}),
    )
    await expect.poll(() => text().match(/HTTP\/1\.1 200/g)).toHaveLength(3)
    expect(text().indexOf('message_stop')).toBeLessThan(text().lastIndexOf('HTTP/1.1 200'))
  })

  it('loses the connection, and not for ever, when an answer behind another breaks', async () => {
    // Each step waits for the one before: a reset that arrives together with the events would take them along.
    let seen = () => {}
    let broken = () => {}
    const hasSeen = new Promise<void>((resolve) => (seen = resolve))
    const hasBroken = new Promise<void>((resolve) => (broken = resolve))
    // By what was asked: the two travel on connections of their own, and the second may arrive first.
    const handler: Handler = (request) =>
      request.json<{ stream?: boolean }>().stream
        ? sse(messageEvents({}).slice(0, 3), { ending: [() => hasSeen, reset] })
        : [() => hasBroken, delay(250), json(message())]
    const reset = (exchange: Exchange) => {
      exchange.breakOff('rst')
      broken()
    }
    const onEvent = ({ type }: { readonly type: string }) => {
      if (type === 'content_block_start') seen()
    }
    const held = await scarce({ onEvent }, { handler, max: 2 })
    const { ended } = wire(held.url, post('/v1/messages', {}) + post('/v1/messages', { stream: true }))
    expect((await ended).match(/HTTP\/1\.1 200/g)).toHaveLength(1)
  })
})

it('a connection that is read to its end just after the answer is used again', async () => {
  const lastChunkLate: Handler = () => sse(messageEvents({ text: 'hello' }), { ending: [delay(60), end()] })
  const { up, send } = await stand(lastChunkLate, { config: (url) => zaiPair(url) })
  for (let i = 0; i < 3; i++) {
    expect((await send({ body: ask() })).status).toBe(200)
    await sleep(120)
  }
  expect(up.requests).toHaveLength(3)
  expect(up.sockets).toBe(1)
})

const breakOff: Script = [delay(50), (exchange) => exchange.breakOff('rst')]

function* forever(): Generator<Buffer> {
  for (;;) yield Buffer.from(`event: ping\ndata: {"type":"ping","x":"${'x'.repeat(60_000)}"}\n\n`)
}

async function expectFreeAccount({ gateway }: Held): Promise<void> {
  const { accounts: pool } = gateway
  await expect.poll(() => pool.status().map((status) => status.inFlight)).toEqual([0])
}
