import { describe, expect, it, vi } from 'vitest'
import {
  type ByteSink,
  type ByteSource,
  ClientGoneError,
  type EventData,
  Reply,
  StreamEvent,
  UpstreamError,
} from '../../core/index.js'
import { bytesSource, iterableSource } from '../../core/kit.js'
import { type MountOptions, makeCall, mount } from '../../testing.js'
import { forceStream } from './index.js'

const SSE = { 'content-type': 'text/event-stream; charset=utf-8' }

const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'glm-4.7',
  content: [
    { type: 'thinking', thinking: 'Über legen', signature: 'EqQB' },
    { type: 'text', text: 'Grüße 👋' },
    { type: 'tool_use', id: 'toolu_1', name: 'Bash', input: { command: 'ls' } },
  ],
  stop_reason: 'tool_use',
  stop_sequence: null,
  usage: { input_tokens: 12, output_tokens: 9 },
}

const EVENTS: EventData[] = [
  {
    type: 'message_start',
    message: {
      ...MESSAGE,
      content: [],
      stop_reason: null,
      usage: { input_tokens: 12, output_tokens: 1 },
    },
  },
  { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'Über legen' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'EqQB' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'ping' },
  { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'Grüße ' } },
  { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: '👋' } },
  { type: 'content_block_stop', index: 1 },
  {
    type: 'content_block_start',
    index: 2,
    content_block: { type: 'tool_use', id: 'toolu_1', name: 'Bash', input: {} },
  },
  { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '{"comm' } },
  { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: 'and":"ls"}' } },
  { type: 'content_block_stop', index: 2 },
  {
    type: 'message_delta',
    delta: { stop_reason: 'tool_use', stop_sequence: null },
    usage: { output_tokens: 9 },
  },
  { type: 'message_stop' },
]

const wire = (events: EventData[] = EVENTS) => Buffer.concat(events.map((e) => StreamEvent.of(e).raw))
const streamed = (...chunks: Buffer[]) => Reply.stream(bytesSource(chunks), { headers: SSE })

/** A stream that a test drives by hand. */
class ManualSource implements ByteSource {
  sink: ByteSink | undefined
  cancelled = false
  pipe(sink: ByteSink) {
    this.sink = sink
  }
  pause() {}
  resume() {}
  cancel() {
    this.cancelled = true
  }
}

/** Sends one call without a stream to an upstream that needs one. */
async function send(upstream: MountOptions['answer'], init: { signal?: AbortSignal } = {}) {
  const plugin = await mount(forceStream(), {
    ...(upstream && { answer: upstream }),
    accepts: { nonStreaming: false },
  })
  return { calls: plugin.calls, reply: await plugin.send({ max_tokens: 5 }, init) }
}

const sendTo = async (reply: Reply) => (await send(() => reply)).reply

async function failureOf(reply: Reply): Promise<UpstreamError> {
  const error = await sendTo(reply).catch((e) => e)
  if (!UpstreamError.is(error)) throw new Error(`expected an UpstreamError, got ${error}`)
  return error
}

describe('when it acts', () => {
  it('asks for a stream and answers with the message', async () => {
    const { reply, calls } = await send(() => streamed(wire()))
    expect(calls.map((c) => [c.stream, c.body.max_tokens])).toEqual([[true, 5]])
    expect(reply.status).toBe(200)
    expect(reply.header('content-type')).toBe('application/json')
    expect(await reply.text()).toBe(JSON.stringify(MESSAGE))
  })

  it('leaves alone whoever asked for a stream', async () => {
    const plugin = await mount(forceStream(), {
      answer: () => streamed(wire()),
      accepts: { nonStreaming: false },
    })
    const reply = await plugin.send({ stream: true })
    expect(reply.isEventStream).toBe(true)
    expect(await reply.bytes()).toEqual(wire())
  })

  it.each([
    ['auto', true, false],
    ['auto', false, true],
    ['always', true, true],
    ['never', false, false],
  ] as const)(
    'in mode %s, with an upstream that takes plain calls: %s → asks for a stream: %s',
    async (mode, nonStreaming, asks) => {
      const plugin = await mount(forceStream({ mode }), { accepts: { nonStreaming } })
      await plugin.send({})
      expect(plugin.calls[0]?.stream).toBe(asks)
    },
  )

  it("leaves the client's bytes alone when it does not act", async () => {
    const plugin = await mount(forceStream(), { accepts: { nonStreaming: true } })
    const call = makeCall()
    await plugin.send(call)
    expect(plugin.calls[0]?.bytes).toBe(call.bytes)
  })

  it("keeps the upstream's headers but those of the stream", async () => {
    const reply = await sendTo(
      Reply.stream(bytesSource([wire()]), {
        headers: {
          ...SSE,
          'request-id': 'req_up',
          'anthropic-ratelimit-requests-remaining': '9',
          'cache-control': 'no-cache',
          'transfer-encoding': 'chunked',
          connection: 'keep-alive',
        },
      }),
    )
    expect(reply.headers).toEqual({
      'content-type': 'application/json',
      'request-id': 'req_up',
      'anthropic-ratelimit-requests-remaining': '9',
    })
  })
})

describe('bytes', () => {
  it.each(['\n', '\r\n'])(
    'gives the same message wherever the bytes are cut, lines ending in %j',
    async (end) => {
      const bytes = Buffer.from(wire().toString().replaceAll('\n', end))
      for (let at = 0; at <= bytes.length; at++) {
        const reply = await sendTo(streamed(bytes.subarray(0, at), bytes.subarray(at)))
        expect(await reply.json(), `cut at byte ${at}`).toEqual(MESSAGE)
      }
    },
  )

  it.each([
    ['CRLF line ends', (text: string) => text.replaceAll('\n', '\r\n')],
    ['bare CR line ends', (text: string) => text.replaceAll('\n', '\r')],
    ['no event: lines', (text: string) => text.replace(/^event: .*\n/gm, '')],
    ['no space after data:', (text: string) => text.replaceAll('data: ', 'data:')],
    ['comments', (text: string) => text.replaceAll('event:', ': a comment\n\nevent:')],
    ['a byte order mark', (text: string) => `\uFEFF${text}`],
    ['no blank line at the end', (text: string) => text.trimEnd()],
    ['[DONE] at the end', (text: string) => `${text}data: [DONE]\n\n`],
  ])('reads %s', async (_, change) => {
    const reply = await sendTo(streamed(Buffer.from(change(wire().toString()))))
    expect(await reply.json()).toEqual(MESSAGE)
  })

  it('reads one byte at a time', async () => {
    const reply = await sendTo(streamed(...[...wire()].map((byte) => Buffer.from([byte]))))
    expect(await reply.json()).toEqual(MESSAGE)
  })

  it('reads an event stream under a wrong content type', async () => {
    const reply = await sendTo(
      Reply.stream(bytesSource([wire()]), { headers: { 'content-type': 'text/plain' } }),
    )
    expect(await reply.json()).toEqual(MESSAGE)
    expect(reply.header('content-type')).toBe('application/json')
  })

  it('joins 100,000 deltas in well under a second', async () => {
    const deltas = Array.from({ length: 100_000 }, () => EVENTS[7]!)
    const bytes = wire([...EVENTS.slice(0, 8), ...deltas, ...EVENTS.slice(8)])
    const startedAt = performance.now()
    const message = await (await sendTo(streamed(bytes))).json<typeof MESSAGE>()
    expect(message.content[1]!.text!.length).toBe(100_001 * 6 + 2)
    expect(performance.now() - startedAt).toBeLessThan(3_000)
  })
})

describe('a stream that is no whole answer', () => {
  it('is truncated, wherever it ends without message_stop', async () => {
    const bytes = wire()
    const stop = bytes.lastIndexOf('event: message_stop')
    for (let at = 0; at <= stop; at += 7) {
      expect((await failureOf(streamed(bytes.subarray(0, at)))).failure, `${at} bytes`).toBe('truncated')
    }
    expect(await failureOf(streamed(bytes.subarray(0, bytes.length - 4)))).toMatchObject({
      failure: 'truncated',
      status: 502,
    })
  })

  it('passes a reset on as it came', async () => {
    const source = new ManualSource()
    const reset = new UpstreamError('reset', 'api.z.ai broke the connection (ECONNRESET)')
    const answer = sendTo(Reply.stream(source, { headers: SSE }))
    await expect.poll(() => source.sink).toBeDefined()
    source.sink!.data(wire().subarray(0, 300))
    source.sink!.error(reset)
    await expect(answer).rejects.toBe(reset)
  })

  it('calls a break of unknown kind a reset', async () => {
    async function* broken() {
      yield wire().subarray(0, 300)
      throw new Error('socket hang up')
    }
    const error = await failureOf(Reply.stream(iterableSource(broken()), { headers: SSE }))
    expect(error.failure).toBe('reset')
  })

  it('becomes the error that its error event names, and cancels the rest', async () => {
    const source = new ManualSource()
    const answer = send(() => Reply.stream(source, { headers: SSE })).catch((e) => e)
    await expect.poll(() => source.sink).toBeDefined()
    source.sink!.data(wire(EVENTS.slice(0, 5)))
    source.sink!.data(
      wire([
        { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
        ...EVENTS.slice(5),
      ]),
    )
    const { reply } = (await answer) as { reply: Reply }
    expect(reply.status).toBe(529)
    expect(await reply.json()).toMatchObject({ error: { type: 'overloaded_error', message: 'Overloaded' } })
    expect(source.cancelled).toBe(true)
  })

  it('breaches the protocol with data that is no JSON, and is cancelled', async () => {
    const source = new ManualSource()
    const answer = send(() => Reply.stream(source, { headers: SSE })).catch((e) => e)
    await expect.poll(() => source.sink).toBeDefined()
    source.sink!.data(Buffer.from('event: message_start\ndata: {"type":"message_start",\n\n'))
    expect(await answer).toMatchObject({ failure: 'protocol', status: 502 })
    expect(source.cancelled).toBe(true)
  })
})

describe('an answer that is no stream', () => {
  it('relays an error answer as it is', async () => {
    const body = '{"error":{"code":"1302","message":"busy"}}'
    const error = Reply.bytes(Buffer.from(body), { status: 429, headers: { 'retry-after': '3' } })
    expect(await sendTo(error)).toBe(error)
  })

  it('relays a message in JSON as it is', async () => {
    const text = JSON.stringify(MESSAGE, null, 2)
    const headers = { 'content-type': 'application/json', 'x-own': '1' }
    const relayed = await sendTo(Reply.bytes(Buffer.from(text), { headers }))
    expect(await relayed.text()).toBe(text)
    expect(relayed.headers).toEqual(headers)
  })

  it.each([
    ['HTML', '<html>502</html>', 'text/html'],
    ['nothing', '', 'text/plain'],
    ['JSON that is no message', '{"code":0,"data":{},"success":true}', 'application/json'],
    ['an empty event stream', '', 'text/event-stream'],
  ])('refuses %s under status 200', async (_, body, type) => {
    const error = await failureOf(Reply.bytes(Buffer.from(body), { headers: { 'content-type': type } }))
    expect(['shape', 'truncated']).toContain(error.failure)
    expect(error.status).toBe(502)
  })

  it.each([
    [529, { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }],
    [502, { error: { code: '1302', message: 'busy' } }],
    [500, { code: 500, msg: 'busy', success: false }],
  ])('is an error with status %d, in its own words: %j', async (status, body) => {
    const reply = await sendTo(Reply.json(body))
    expect(reply.status).toBe(status)
    expect(await reply.json()).toEqual(body)
  })
})

describe('connections', () => {
  it.each([
    ['in the middle of a stream', SSE],
    ['in the middle of a JSON body', { 'content-type': 'application/json' }],
  ])('lets go of the upstream at once when the client goes %s', async (_, headers) => {
    const source = new ManualSource()
    const client = new AbortController()
    const answer = send(() => Reply.stream(source, { headers }), { signal: client.signal }).catch((e) => e)
    await expect.poll(() => source.sink).toBeDefined()
    source.sink!.data(wire().subarray(0, 300))
    client.abort()
    expect(ClientGoneError.is(await answer)).toBe(true)
    expect(source.cancelled).toBe(true)
  })

  it('answers at message_stop, reads a stream to its end and cuts off one that has none', async () => {
    vi.useFakeTimers()
    try {
      const [ending, endless] = [new ManualSource(), new ManualSource()]
      for (const source of [ending, endless]) {
        const answer = send(() => Reply.stream(source, { headers: SSE }))
        await expect.poll(() => source.sink).toBeDefined()
        source.sink!.data(wire())
        expect(await (await answer).reply.json()).toEqual(MESSAGE)
      }
      ending.sink!.end()
      expect([ending.cancelled, endless.cancelled]).toEqual([false, false])
      await vi.advanceTimersByTimeAsync(2_000)
      expect([ending.cancelled, endless.cancelled]).toEqual([false, true])
    } finally {
      vi.useRealTimers()
    }
  })
})
