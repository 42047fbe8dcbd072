import { describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  type ByteSource,
  type Call,
  ClientGoneError,
  GatewayError,
  PluginError,
  Reply,
  UpstreamError,
} from '../../core/index.js'
import { type MountOptions, makeCall, messageReply, mount } from '../../testing.js'
import { countTokens } from './index.js'
import { Lessons } from './lessons.js'

const ROUTE = { route: 'count-tokens', path: '/v1/messages/count_tokens' } as const

type Upstream = NonNullable<MountOptions['answer']>

async function count(
  upstream: Upstream,
  options: Parameters<typeof countTokens>[0] = {},
  signal?: AbortSignal,
) {
  const plugin = await mount(countTokens(options), { answer: upstream })
  const reply = await plugin.send({}, { ...ROUTE, ...(signal && { signal }) })
  return { plugin, reply, source: reply.header('x-token-count'), body: await reply.json() }
}

/** The estimate for the request that `count` sends. */
const ESTIMATE = { input_tokens: 8 }

/** A body that breaks before its first byte. */
const broken: ByteSource = {
  pipe: (sink) => sink.error(new UpstreamError('reset', 'gone')),
  pause() {},
  resume() {},
  cancel() {},
}

const fails =
  (error: unknown): Upstream =>
  () => {
    throw error
  }

describe('an upstream that counts', () => {
  it('is asked, and its answer relayed with its headers', async () => {
    const answer = { input_tokens: 2095, context_management: { original_input_tokens: 7000 } }
    const { reply, source, body, plugin } = await count(() =>
      Reply.json(answer, { headers: { 'request-id': 'req_up', 'content-encoding': 'gzip' } }),
    )
    expect(plugin.calls).toHaveLength(1)
    expect(reply.status).toBe(200)
    expect(body).toEqual(answer)
    expect(source).toBe('upstream')
    expect(reply.header('request-id')).toBe('req_up')
    expect(reply.header('content-type')).toBe('application/json')
    expect(reply.header('content-encoding')).toBeUndefined()
  })

  it("gets the client's bytes", async () => {
    const plugin = await mount(countTokens(), { answer: () => Reply.json({ input_tokens: 5 }) })
    const call = makeCall({}, ROUTE)
    await plugin.send(call)
    expect(plugin.calls[0]?.bytes).toBe(call.bytes)
  })
})

describe('an estimate', () => {
  const error = (status: number, type: string) =>
    Reply.json({ type: 'error', error: { type, message: 'no' } }, { status })

  it.each<[string, Upstream]>([
    ['has no such route', () => error(404, 'not_found_error')],
    ['finds the request invalid', () => error(400, 'invalid_request_error')],
    ['limits the rate', () => error(429, 'rate_limit_error')],
    ['refuses the key', () => error(401, 'authentication_error')],
    ['fails', () => Reply.bytes(Buffer.from('<html>'), { status: 502 })],
    ['answers 200 with HTML', () => Reply.bytes(Buffer.from('<html>'))],
    ['answers with nothing', () => Reply.bytes(Buffer.alloc(0))],
    ['answers null', () => Reply.json(null)],
    [
      'answers 200 with an error',
      () => Reply.json({ error: 'Unexpected endpoint or method. (POST /v1/messages/count_tokens)' }),
    ],
    ['counts 0', () => Reply.json({ input_tokens: 0, output_tokens: 0 })],
    ['counts in words', () => Reply.json({ input_tokens: 'many' })],
    ['answers without end', () => Reply.bytes(Buffer.alloc(100_000, ' '))],
    ['cannot be reached', fails(new UpstreamError('connect', 'refused'))],
    ['breaks in its answer', () => Reply.stream(broken)],
    ['has no account', fails(new GatewayError('api_error', 'no account'))],
    ['has a plugin that fails', fails(new PluginError('zai', 'handle', new TypeError('fetch failed')))],
  ])('takes its place when the upstream %s', async (_, upstream) => {
    const { reply, source, body } = await count(upstream)
    expect(reply.status).toBe(200)
    expect(body).toEqual(ESTIMATE)
    expect(source).toBe('estimate')
  })

  it('is given when the upstream takes too long, whose call is given up', async () => {
    let signal: AbortSignal | undefined
    const startedAt = performance.now()
    const { source } = await count(
      (call) => {
        signal = call.signal
        return new Promise(() => {})
      },
      { timeout: 50 },
    )
    expect(source).toBe('estimate')
    expect(performance.now() - startedAt).toBeLessThan(2_000)
    expect(signal?.aborted).toBe(true)
  })

  it('is not waited for longer because the headers came in time and the body did not', async () => {
    let cancelled = false
    const stalled = {
      pipe() {},
      pause() {},
      resume() {},
      cancel() {
        cancelled = true
      },
    }
    const { source } = await count(() => Reply.stream(stalled), { timeout: 50 })
    expect(source).toBe('estimate')
    expect(cancelled).toBe(true)
  })

  it('lets go of an answer that comes too late', async () => {
    let answer = (_: Reply) => {}
    const { source } = await count(() => new Promise((resolve) => (answer = resolve)), { timeout: 20 })
    expect(source).toBe('estimate')
    const late = Reply.json({ input_tokens: 1 })
    const discard = vi.spyOn(late, 'discard')
    answer(late)
    await expect.poll(() => discard).toHaveBeenCalled()
  })
})

describe('a request that is no request', () => {
  it('is refused, not estimated', async () => {
    const plugin = await mount(countTokens())
    for (const body of ['{', '[]', '{"model":"m"}', '{"messages":[]}']) {
      const error = await plugin.send(makeCall({}, { ...ROUTE, bytes: Buffer.from(body) })).catch((e) => e)
      expect(GatewayError.is(error) && error.status, body).toBe(400)
    }
    expect(plugin.calls).toHaveLength(0)
  })
})

describe('a client that goes', () => {
  it('ends the call to the upstream', async () => {
    const client = new AbortController()
    let signal: AbortSignal | undefined
    const counting = count(
      (call) => {
        signal = call.signal
        return new Promise(() => {})
      },
      {},
      client.signal,
    ).catch((e) => e)
    await expect.poll(() => signal).toBeDefined()
    client.abort()
    expect(ClientGoneError.is(await counting)).toBe(true)
    expect(signal!.aborted).toBe(true)
  })

  it('ends an estimate', async () => {
    const client = new AbortController()
    const plugin = await mount(countTokens(), {
      answer: () => {
        setImmediate(() => client.abort())
        return Reply.bytes(Buffer.alloc(0), { status: 404 })
      },
    })
    const messages = [{ role: 'user', content: 'word '.repeat(2_000_000) }]
    const error = await plugin
      .send(makeCall({ messages }, { ...ROUTE, signal: client.signal }))
      .catch((e) => e)
    expect(ClientGoneError.is(error)).toBe(true)
  })
})

describe('what answers teach', () => {
  const words = 'The gateway counts what the upstream does not. '
  const prompt = (times: number) => ({ messages: [{ role: 'user', content: words.repeat(times) }] })
  const headers = { 'x-claude-code-session-id': 's' }

  /** Answers are counted by an upstream that makes a token of eight bytes. */
  const start = async () => {
    const real = (call: Call) => Math.round(call.bytes.length / 8)
    const plugin = await mount(countTokens(), {
      answer: (call) =>
        call.route === 'messages'
          ? messageReply('hi', { usage: { input_tokens: real(call) } })
          : Reply.json({}, { status: 404 }),
    })
    const answer = async (times: number, tokens?: number) => {
      const call = makeCall(prompt(times), { headers })
      await plugin.send(call)
      const attempt = call.record.begin('test', 'test', 'glm-x')
      attempt.status = 200
      attempt.inputTokens = 10
      attempt.cacheReadTokens = (tokens ?? real(call)) - 10
      await plugin.finish(call)
    }
    const estimate = async (times: number, more: object = {}) => {
      const init = { ...ROUTE, headers, ...more }
      return (await (await plugin.send(prompt(times), init)).json<{ input_tokens: number }>()).input_tokens
    }
    return { answer, estimate }
  }

  it('corrects the estimate for the model that served', async () => {
    const { answer, estimate } = await start()
    const other = { headers: { 'x-claude-code-session-id': 'other' } }
    const expected = (47 * 400) / 8
    expect(Math.abs((await estimate(400, other)) / expected - 1)).toBeGreaterThan(0.5)
    // Ten turns, the way a session grows.
    for (let turn = 1; turn <= 10; turn++) await answer(100 * turn)
    expect(Math.abs((await estimate(400, other)) / expected - 1)).toBeLessThan(0.05)
  })

  it('is a floor for the same session, as long as that goes on', async () => {
    const { answer, estimate } = await start()
    await answer(100, 900_000)
    expect(await estimate(100)).toBe(900_000)
    expect(await estimate(101)).toBe(900_000)
    expect(await estimate(99)).toBeLessThan(5_000) // compacted, or a part of it
    expect(await estimate(101, { headers: {} })).toBeLessThan(5_000)
  })

  it('is learned of the first twenty answers, and then once a minute', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const learned: number[] = []
    const estimate = Object.assign(async () => 1, {
      learn: async (_: unknown, __: string, tokens: number) => void learned.push(tokens),
    })
    const lessons = new Lessons(estimate)
    for (let i = 0; i < 25; i++) await lessons.learn(makeCall(), 'glm-x', i)
    expect(learned).toHaveLength(20)
    vi.advanceTimersByTime(61_000)
    for (let i = 0; i < 5; i++) await lessons.learn(makeCall(), 'glm-x', 100 + i)
    expect(learned.slice(20)).toEqual([100])
  })

  it('is not learned from errors', async () => {
    const { estimate } = await start()
    const plugin = await mount(countTokens())
    const call = makeCall(prompt(100), { headers })
    await plugin.send(call)
    await plugin.finish(call, 500)
    expect(await estimate(100)).toBeGreaterThan(900)
  })
})

describe('mode zero', () => {
  it('gives the placeholder and asks nobody', async () => {
    const { body, source, plugin } = await count(() => Reply.json({ input_tokens: 5 }), { mode: 'zero' })
    expect(body).toEqual({ input_tokens: 0, output_tokens: 0 })
    expect(source).toBe('zero')
    expect(plugin.calls).toHaveLength(0)
  })
})

describe('26 counts at once, as /context asks for', () => {
  it('all come, and leave the event loop free for streams', async () => {
    const none: Upstream = () => Reply.bytes(Buffer.alloc(0), { status: 404 })
    const plugin = await mount(countTokens(), { answer: none })
    const words = Array.from({ length: 70_000 }, (_, i) => `word${(i * 7919) % 5000}`).join(' ') // 400 kB and more
    const call = () => plugin.send({ messages: [{ role: 'user', content: words }] }, ROUTE)
    const first = await (await call()).json() // loads the tokenizer

    // Between two turns of the loop at most one slice may run: 26 counts take as many turns as one after the other.
    const turnsOf = async (counts: () => Promise<unknown>) => {
      let turns = 0
      const timer = setInterval(() => turns++, 1)
      await counts()
      clearInterval(timer)
      return turns
    }
    const one = await turnsOf(async () => (await call()).json())
    const counts: unknown[] = []
    const count = async () => void counts.push(await (await call()).json())
    const all = await turnsOf(() => Promise.all(Array.from({ length: 26 }, count)))
    expect(new Set(counts.map((c) => JSON.stringify(c)))).toEqual(new Set([JSON.stringify(first)]))
    expect(one).toBeGreaterThan(2)
    // 26 in a row in each turn: as many turns as for one.
    expect(all).toBeGreaterThan((26 / 4) * one)
  })
})

it('what a finished request was is forgotten: its record may be kept for long', async () => {
  const plugin = await mount(countTokens(), { answer: () => Reply.json({}, { status: 404 }) })
  const body = { messages: [{ role: 'user', content: 'word '.repeat(1000) }] }
  const call = makeCall(body)
  await plugin.send(call)
  const attempt = call.record.begin('test', 'test', 'm')
  attempt.status = 200
  attempt.inputTokens = 5_000
  await plugin.finish(call)
  attempt.inputTokens = 900_000
  await plugin.finish(call)
  expect(await (await plugin.send(body, ROUTE)).json()).toEqual({ input_tokens: 5_000 })
})
