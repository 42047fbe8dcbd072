import { describe, expect, it, vi } from 'vitest'
import { growth, LINEAR } from '../../test/support/growth.js'
import { makeCall } from '../../testing.js'
import type { Call } from '../contract/call.js'
import type { ByteSink, ByteSource } from '../contract/http.js'
import type { Reply as ReplyContract } from '../contract/reply.js'
import { ClientGoneError } from '../errors/gateway-errors.js'
import { ExchangeRecord } from '../exchange/record.js'
import { Reply } from '../exchange/reply.js'
import { bytesSource } from '../stream/source.js'
import { StreamEvent } from '../stream/sse-event.js'
import { confirm } from './confirm.js'

const SSE = { 'content-type': 'text/event-stream' }
const START = Buffer.from('event: message_start\ndata: {"type":"message_start"}\n\n')
const COMMENT = Buffer.from(': wait\n\n')
const PING = Buffer.from('event: ping\ndata: {"type":"ping"}\n\n')

const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'glm-4.7',
  content: [{ type: 'text', text: 'Grüße' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 12, output_tokens: 9 },
}
const EVENTS = [
  { type: 'message_start', message: { ...MESSAGE, content: [], stop_reason: null } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Grüße' } },
  { type: 'content_block_stop', index: 0 },
  {
    type: 'message_delta',
    delta: { stop_reason: 'end_turn', stop_sequence: null },
    usage: { output_tokens: 9 },
  },
  { type: 'message_stop' },
]
const WIRE = EVENTS.map((event) => StreamEvent.of(event).raw.toString()).join('')

const asStream = makeCall({ stream: true })
const asMessage = makeCall()
const newAttempt = () => new ExchangeRecord().begin('zai', 'a', 'glm-4.7')

const confirmed = async (reply: ReplyContract, call: Call = asStream, attempt = newAttempt()) =>
  confirm(reply, call, attempt)
const body = (text: string, headers: Record<string, string> = SSE) =>
  Reply.stream(bytesSource([Buffer.from(text)]), { headers })
const failure = (reply: ReplyContract, call?: Call) =>
  confirmed(reply, call).then(
    (good) => {
      throw new Error(`confirmed as ${good.status}`)
    },
    (error) => error,
  )

/** A stream that a test drives by hand. */
class ManualSource implements ByteSource {
  sink!: ByteSink
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

describe('before the first event', () => {
  it('comments and pings are kept and go first, in the very bytes that came, wherever they are cut', async () => {
    const whole = Buffer.concat([COMMENT, PING, START, PING, Buffer.from('data: {"type":"x"}\r\n\r\nda')])
    for (let at = 0; at <= whole.length; at++) {
      const source = bytesSource([whole.subarray(0, at), whole.subarray(at)])
      const reply = await confirmed(Reply.stream(source, { headers: SSE }))
      expect(await reply.text(), `cut at ${at}`).toBe(whole.toString())
    }
  })

  it('no more than 64 kB of them are kept, the newest', async () => {
    const source = new ManualSource()
    const pending = confirmed(Reply.stream(source, { headers: SSE }))
    const block = Buffer.alloc(64_000, COMMENT)
    for (let i = 0; i < 20; i++) source.sink.data(block)
    source.sink.data(Buffer.concat([PING, START]))
    source.sink.end()
    const bytes = await (await pending).bytes()
    expect(bytes.length).toBeLessThan(65 * 1024 + START.length)
    expect(bytes.toString().endsWith(`${COMMENT}${PING}${START}`)).toBe(true)
  })

  const UNKNOWN = Buffer.from('event: status\ndata: {"type":"status"}\n\n')

  it('one of a type that no list knows goes first, in the very bytes that came', async () => {
    const whole = Buffer.concat([UNKNOWN, PING, UNKNOWN, START])
    const reply = await confirmed(Reply.stream(bytesSource([whole]), { headers: SSE }))
    expect(await reply.text()).toBe(whole.toString())
  })

  it.each([
    [
      'an error',
      'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"busy"}}\n\n',
    ],
    ['the end', ''],
    [
      'a block without a beginning',
      'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n',
    ],
    ['more of them without end', UNKNOWN.toString().repeat(20)],
  ])('behind one of a type that no list knows %s is no answer', async (_, text) => {
    const whole = Buffer.concat([UNKNOWN, Buffer.from(text)])
    const ended = await confirmed(Reply.stream(bytesSource([whole]), { headers: SSE })).then(
      ({ status }) => status,
      () => 'failed',
    )
    expect(ended).toBe(text.includes('busy') ? 529 : 'failed')
  })

  it('a first event of 20 MB is whole', async () => {
    const event = `event: x\ndata: {"type":"x","text":"${'x'.repeat(20_000_000)}"}\n\n`
    const bytes = Buffer.concat([Buffer.from(event), START])
    const chunks = Array.from({ length: Math.ceil(bytes.length / 65_536) }, (_, i) =>
      bytes.subarray(i * 65_536, (i + 1) * 65_536),
    )
    const reply = await confirmed(Reply.stream(bytesSource(chunks), { headers: SSE }))
    expect((await reply.bytes()).equals(bytes)).toBe(true)
  })

  it.each([SSE, {}])('white space does not pile up, and has an end: %j', async (headers) => {
    const source = new ManualSource()
    const pending = failure(Reply.stream(source, { headers }))
    const white = Buffer.alloc(1024 * 1024, '\n \r\n')
    const before = process.memoryUsage().arrayBuffers
    for (let i = 0; i < 60; i++) source.sink.data(Buffer.from(white))
    expect(source.cancelled).toBe(false)
    for (let i = 0; i < 5; i++) source.sink.data(white)
    expect(await pending).toMatchObject({ failure: 'shape' })
    expect(source.cancelled).toBe(true)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100 * 1024 * 1024)
  })

  // 4 MB of line ends stopped the loop for 5.5 s.
  it.each(['\n', '\r\n', ' \t'])('time grows in proportion to the white space: %j', async (white) => {
    const blank = (size: number) => Buffer.from(white.repeat(size / white.length))
    const fed = (bytes: Buffer) => {
      for (const headers of [SSE, {}]) {
        const source = new ManualSource()
        void failure(Reply.stream(source, { headers })).catch(() => {})
        for (const start of ['', ': hi\n']) {
          source.sink.data(Buffer.from(start))
          for (let at = 0; at < bytes.length; at += 8192) source.sink.data(bytes.subarray(at, at + 8192))
        }
        source.sink.data(Buffer.from(WIRE))
        source.sink.end()
      }
    }
    expect(growth(48 * 1024, blank, fed)).toBeLessThan(LINEAR)
  })

  it('a stream that shows none in time is cut off, whatever it is asked for', async () => {
    vi.useFakeTimers()
    try {
      for (const answer of ['stream', 'message'] as const) {
        const source = new ManualSource()
        const call = asStream.with({ limits: { firstEvent: 500, idle: 9_000 }, answer })
        const pending = failure(Reply.stream(source, { headers: SSE }), call)
        for (let i = 0; i < 6; i++) {
          source.sink.data(PING)
          await vi.advanceTimersByTimeAsync(100)
        }
        expect(await pending).toMatchObject({ failure: 'timeout', status: 504 })
        expect(source.cancelled).toBe(true)
      }
    } finally {
      vi.useRealTimers()
    }
  })

  it('an answer of pings, comments or white space alone is cut off where a message is wanted', async () => {
    vi.useFakeTimers()
    try {
      for (const nothing of [PING, COMMENT, Buffer.from('\n')]) {
        const source = new ManualSource()
        const call = asMessage.with({ limits: { firstEvent: 100, idle: 9_000, answer: 500 } })
        const pending = failure(Reply.stream(source), call)
        for (let i = 0; i < 6; i++) {
          source.sink.data(nothing)
          await vi.advanceTimersByTimeAsync(100)
        }
        expect(await pending).toMatchObject({
          failure: 'timeout',
          message: 'the upstream sent no answer for 0.5 s',
        })
        expect(source.cancelled).toBe(true)
      }
    } finally {
      vi.useRealTimers()
    }
  })

  it('JSON that has begun is not cut off by the limit of the first event', async () => {
    vi.useFakeTimers()
    try {
      for (const call of [asStream, asMessage]) {
        const source = new ManualSource()
        const limits = { firstEvent: 500, idle: 500, answer: 500 }
        const pending = confirmed(Reply.stream(source), call.with({ limits }))
        const text = JSON.stringify(MESSAGE)
        source.sink.data(Buffer.from(text.slice(0, 30)))
        await vi.advanceTimersByTimeAsync(5_000)
        source.sink.data(Buffer.from(text.slice(30)))
        source.sink.end()
        expect((await pending).status).toBe(200)
        expect(vi.getTimerCount()).toBe(0)
      }
    } finally {
      vi.useRealTimers()
    }
  })

  it('what is no answer is not read to its end, and nothing that comes later counts', async () => {
    const source = new ManualSource()
    const attempt = newAttempt()
    const pending = confirmed(Reply.stream(source), asStream, attempt).catch((error) => error)
    source.sink.data(Buffer.from('<!doctype html>'))
    expect(await pending).toMatchObject({ failure: 'shape' })
    expect(source.cancelled).toBe(true)
    source.sink.data(Buffer.from(WIRE))
    source.sink.end()
    expect(attempt.bytes).toBe(0)
  })

  it('a message that was not streamed has its time: its first byte comes with its end', async () => {
    vi.useFakeTimers()
    try {
      const source = new ManualSource()
      const pending = confirmed(
        Reply.stream(source),
        asMessage.with({ limits: { firstEvent: 500, idle: 500 } }),
      )
      await vi.advanceTimersByTimeAsync(5_000)
      source.sink.data(Buffer.from(JSON.stringify(MESSAGE)))
      source.sink.end()
      expect((await pending).status).toBe(200)
    } finally {
      vi.useRealTimers()
    }
  })

  it('a client that disconnects ends it', async () => {
    for (const stream of [true, false]) {
      const client = new AbortController()
      const source = new ManualSource()
      const pending = failure(Reply.stream(source), makeCall({ stream }, { signal: client.signal }))
      source.sink.data(Buffer.from(WIRE.slice(0, 10)))
      client.abort()
      expect(ClientGoneError.is(await pending)).toBe(true)
      expect(source.cancelled).toBe(true)
    }
    const left = new ManualSource()
    const gone = makeCall({}, { signal: AbortSignal.abort() })
    expect(ClientGoneError.is(await failure(Reply.stream(left), gone))).toBe(true)
    expect(left.cancelled).toBe(true)
    expect(left.sink).toBeUndefined()
  })
})

describe('an answer is read by its shape', () => {
  const labels = [
    'text/event-stream',
    'application/json',
    'text/plain',
    'text/html',
    'application/octet-stream',
    '',
  ]
  const forms: readonly (readonly [string, string])[] = [
    ['a stream', WIRE],
    ['a stream after a byte order mark and blank lines', `\ufeff\n\n${WIRE}`],
    ['a message', JSON.stringify(MESSAGE)],
    ['a message over several lines', ` \n${JSON.stringify(MESSAGE, null, 2)}\n`],
    ['a message after a byte order mark', `\ufeff${JSON.stringify(MESSAGE)}`],
    ['a message without its type', JSON.stringify({ ...MESSAGE, type: undefined })],
    ['a message as the one event of a stream', `data: ${JSON.stringify(MESSAGE)}\n\n`],
    ['a message as an `event: message`', `: hi\n\nevent: message\ndata: ${JSON.stringify(MESSAGE)}`],
    ['a message after much white space', `${' \r\n\t'.repeat(100)}${JSON.stringify(MESSAGE)}`],
    ['a message after 1 MB of white space', `${'\n'.repeat(1024 * 1024)}${JSON.stringify(MESSAGE)}`],
    ['a stream after many line ends', `${'\n'.repeat(100_000)}${WIRE}`],
    ['a stream after data that is empty', `data:\n\ndata: null\n\ndata: {}\n\n${WIRE}`],
    [
      'a stream after events without a name, of no type',
      `data: hello\n\ndata: [DONE]\n\ndata: {"x":1}\n\ndata: {"a":\n\n${WIRE}`,
    ],
    [
      'a stream with empty data in its middle',
      WIRE.replaceAll('\n\n', '\n\nevent: message_delta\ndata:\n\ndata: null\n\n'),
    ],
    ['a stream without blank lines', WIRE.replaceAll('\n\n', '\n')],
    ['a stream without blank lines after a comment that has one', `: hi\n\n${WIRE.replaceAll('\n\n', '\n')}`],
    ['a stream without blank lines after a ping that has one', `${PING}${WIRE.replaceAll('\n\n', '\n')}`],
    ['a stream without blank lines and names', WIRE.replaceAll('\n\n', '\n').replace(/^event: .*\n/gm, '')],
  ]

  describe.each(forms)('%s', (_form, text) => {
    it.each(labels)('under the content type %j is what was asked for', async (label) => {
      const headers = { ...(label && { 'content-type': label }), 'x-own': '1' } as Record<string, string>
      const message = await confirmed(body(text, headers), asMessage)
      expect(message.header('content-type')).toMatch(/json/)
      expect(JSON.parse((await message.text()).replace('\ufeff', ''))).toMatchObject({
        content: MESSAGE.content,
        stop_reason: 'end_turn',
      })

      const stream = await confirmed(body(text, headers), asStream)
      expect(stream.isEventStream).toBe(true)
      expect(stream.header('x-own')).toBe('1')
      const types: string[] = []
      for await (const event of stream.events())
        if (event.data.type !== '' && event.text) types.push(event.type)
      expect(types.filter((type) => type !== 'ping')).toEqual(EVENTS.map(({ type }) => type))
    })
  })

  it('in pieces of one byte', async () => {
    for (const text of [WIRE, JSON.stringify(MESSAGE)]) {
      const pieces = () => bytesSource([...Buffer.from(text)].map((byte) => Buffer.from([byte])))
      expect(
        (await (await confirmed(Reply.stream(pieces()), asMessage)).json<typeof MESSAGE>()).content,
      ).toEqual(MESSAGE.content)
      expect(await (await confirmed(Reply.stream(pieces()), asStream)).text()).toContain(
        'event: message_stop',
      )
    }
  })

  it('a message that is held is confirmed at once', () => {
    expect(confirm(Reply.json(MESSAGE), asMessage, newAttempt())).not.toBeInstanceOf(Promise)
  })

  it('a message keeps its bytes, and only a content type that is wrong is mended', async () => {
    const text = JSON.stringify(MESSAGE, null, 1)
    const right = { 'content-type': 'application/json; charset=utf-8' }
    for (const reply of [body(text, right), Reply.bytes(Buffer.from(text), { headers: right })]) {
      const found = await confirmed(reply, asMessage)
      expect(await found.text()).toBe(text)
      expect(found.headers).toEqual(right)
    }
  })

  it('what asked for a stream may want a message: the attempt says what the upstream is asked, `answer` what comes back', async () => {
    const call = asStream.with({ answer: 'message' })
    for (const text of [WIRE, JSON.stringify(MESSAGE)])
      expect((await (await confirmed(body(text), call)).json<typeof MESSAGE>()).content).toEqual(
        MESSAGE.content,
      )
  })

  it('a count is any object', async () => {
    const count = makeCall({}, { route: 'count-tokens' })
    expect(await (await confirmed(Reply.json({ input_tokens: 3 }), count)).json()).toEqual({
      input_tokens: 3,
    })
    expect((await confirmed(Reply.json({ error: { message: 'no', code: 404 } }), count)).status).toBe(404)
    expect(await failure(Reply.json('3'), count)).toMatchObject({
      failure: 'shape',
      message: 'the upstream answered with a text instead of a count',
    })
  })

  it('an error status is an answer as it is', async () => {
    const reply = body('<html>no</html>').with({ status: 500 })
    expect(await confirmed(reply)).toBe(reply)
  })
})

describe('a tool call without its input, in JSON', () => {
  const tool = (fields: object) =>
    JSON.stringify({
      ...MESSAGE,
      content: [
        { type: 'tool_use', id: 't', name: 'list', ...fields },
        { type: 'text', text: 'x' },
      ],
    })

  it.each([{}, { input: null }, { input: '' }])('has an empty one: %j', async (fields) => {
    for (const text of [tool(fields), `\ufeff ${tool(fields)}`]) {
      const message = await (await confirmed(body(text), asMessage)).json<typeof MESSAGE>()
      expect(message.content).toEqual([
        { type: 'tool_use', id: 't', name: 'list', input: {} },
        { type: 'text', text: 'x' },
      ])
      const stream = await (await confirmed(body(text))).text()
      expect(stream).toContain('"content_block":{"type":"tool_use","id":"t","name":"list","input":{}}')
      expect(stream).toContain('"partial_json":"{}"')
    }
  })

  it('whose input nests deeper than any is no answer, and not asked for again', async () => {
    for (const depth of [2_000, 9_000, 100_000]) {
      const deep = `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`
      const text = tool({ input: 0 }).replace('"input":0', `"input":${deep}`)
      expect(await failure(body(text))).toMatchObject({
        failure: 'shape',
        message: expect.stringContaining('nests deeper'),
      })
      const events = [
        EVENTS[0]!,
        { type: 'content_block_start', index: 0, content_block: { type: 'tool_use', id: 't', name: 'n' } },
        { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: deep } },
        { type: 'message_stop' },
      ].map((event) => StreamEvent.of(event).raw.toString())
      expect(await failure(body(events.join('')), asMessage)).toMatchObject({ failure: 'shape' })
    }
  })

  it('is the only thing that changes: an input keeps its bytes', async () => {
    const text = tool({ input: { a: 1 } }).replace('"a":1', '"a":1.0')
    expect(await (await confirmed(body(text), asMessage)).text()).toBe(text)
  })
})

describe('a stream as clients need it', () => {
  const strip = (text: string) => text.replace(/^event: .*\r?\n/gm, '')

  it.each([
    ['no event: lines', strip(WIRE)],
    ['none, after a byte order mark', `\ufeff${strip(WIRE)}`],
    ['none, and CRLF', strip(WIRE).replaceAll('\n', '\r\n')],
    ['none, with comments and ids', strip(WIRE).replaceAll('data:', ': x\nid: 1\ndata:')],
  ])('has event: lines: %s', async (_name, text) => {
    const stream = await (await confirmed(body(text))).text()
    expect(stream.match(/^event: \w+/gm)).toEqual(EVENTS.map(({ type }) => `event: ${type}`))
    expect(stream).not.toContain('\ufeff')
    // What is not mended keeps its bytes.
    expect(strip(stream)).toBe(text.replace('\ufeff', ''))
  })

  it('keeps what is no event of the API', async () => {
    const text = `${strip(WIRE)}: bye\n\ndata: [DONE]\n\n`
    expect(await (await confirmed(body(text))).text()).toMatch(/: bye\n\ndata: \[DONE\]\n\n$/)
  })

  it.each(['\n', '\r\n', '\r'])(
    'ends in the blank line of its last event, lines ending in %j',
    async (end) => {
      const text = WIRE.replaceAll('\n', end)
      for (const left of [text.slice(0, -end.length), text.slice(0, -2 * end.length)])
        for (const bytes of [
          [Buffer.from(left)],
          [...Buffer.from(left)].map((byte) => Buffer.from([byte])),
        ]) {
          const reply = await confirmed(Reply.stream(bytesSource(bytes), { headers: SSE }))
          expect(await reply.text()).toBe(`${left}\n\n`)
        }
      expect(await (await confirmed(body(text))).text()).toBe(text)
    },
  )

  it.each([
    ['in no envelope', '{"error":{"code":"1305","message":"busy"}}'],
    ['in the API’s own', '{"type":"error","error":{"type":"overloaded_error","message":"busy"}}'],
    ['with its status', '{"code":429,"msg":"busy","success":false}'],
  ])('ends in an error that clients see, where the upstream’s has no name: %s', async (_name, data) => {
    const begun = WIRE.slice(0, WIRE.indexOf('event: content_block_stop'))
    for (const start of [begun, strip(begun)])
      for (const end of ['\n\n', '', '\n\ndata: [DONE]\n\n', '\r\n\r\n']) {
        const reply = await confirmed(body(`${start}data: ${data}${end}`))
        const events: StreamEvent[] = []
        for await (const event of reply.events()) events.push(event)
        const errors = events.filter(({ type }) => type === 'error')
        expect(errors, `${start.length} ${JSON.stringify(end)}`).toHaveLength(1)
        expect(errors[0]!.data).toMatchObject({
          error: { message: 'busy', type: expect.stringMatching(/_error$/) },
        })
      }
  })

  it('ends in an error that clients see, where the upstream’s is bare JSON', async () => {
    const text = `${WIRE.slice(0, WIRE.indexOf('event: content_block_stop'))}{"error":{"code":429,"message":"busy"}}`
    expect(await (await confirmed(body(text))).text()).toMatch(
      /\}\n\nevent: error\ndata: \{"type":"error","error":\{"type":"rate_limit_error","message":"busy"\}\}\n\n$/,
    )
    expect((await confirmed(body(text), asMessage)).status).toBe(429)
  })

  it('has no error behind its end, and none that the answer speaks of', async () => {
    for (const text of [
      `${WIRE}data: {"error":{"message":"late"}}\n\n`,
      WIRE.replace('Grüße', 'data: {\\"error\\":{}}').replace(/event: message_stop[\s\S]*/, ''),
      `${WIRE.slice(0, -60)}event: error\ndata: {"error":{"message":"own"}}\n\n`,
    ])
      expect(await (await confirmed(body(text))).text()).toBe(text)
  })

  it('has no blank line in the middle of an event that was cut', async () => {
    for (const cut of [WIRE.slice(0, -5), WIRE.slice(0, WIRE.indexOf('Grü')), `${WIRE}: comment`])
      expect(await (await confirmed(body(cut))).text()).toBe(cut)
  })
})

describe('an error under a good status', () => {
  const error = { error: { type: 'slow_down', message: 'busy', code: '429' } }

  it.each([
    ['JSON', JSON.stringify(error)],
    ['a first event', `data: ${JSON.stringify(error)}\n\n`],
    ['a first event, cut before its blank line', `event: error\ndata: ${JSON.stringify(error)}`],
    [
      'an event in the middle, where nothing went out yet',
      `${WIRE.slice(0, WIRE.indexOf('event: content'))}event: error\ndata: ${JSON.stringify(error)}\n\n`,
    ],
  ])('is a reply with its own: %s', async (name, text) => {
    for (const call of name.includes('middle') ? [asMessage] : [asStream, asMessage])
      for (const headers of [SSE, { 'content-type': 'application/json' }, {}]) {
        const reply = await confirmed(body(text, headers), call)
        expect(reply.status).toBe(429)
        expect(reply.header('content-type')).toBe('application/json')
        expect(await reply.json()).toEqual(error)
        expect(reply.cooldown).toBeUndefined()
      }
  })

  it('keeps its bytes, and its headers but those of the form', async () => {
    const text = JSON.stringify(error, null, 2)
    const reply = await confirmed(
      body(text, { ...SSE, 'content-length': '9', 'retry-after': '5', 'cache-control': 'no-cache' }),
    )
    expect(await reply.text()).toBe(text)
    expect(reply.headers).toEqual({ 'content-type': 'application/json', 'retry-after': '5' })
  })

  it('that names no kind may last: its account is not asked again', async () => {
    expect(await confirmed(body('{"error":"no"}'))).toMatchObject({
      status: 502,
      cooldown: { reason: 'server-error' },
    })
  })

  it('in plain words is one of the API', async () => {
    const call = makeCall({ stream: true })
    const reply = await confirmed(body('event: error\ndata: rate limit reached\n\n'), call)
    expect(await reply.json()).toEqual({
      type: 'error',
      error: { type: 'api_error', message: 'rate limit reached' },
      request_id: call.id,
    })
  })

  it('as an event has the id of its request, its own where it has one', async () => {
    const call = makeCall({ stream: true })
    const error = { type: 'error', error: { type: 'api_error', message: 'no' } }
    for (const [event, id] of [
      [error, call.id],
      [{ ...error, request_id: 'req_own' }, 'req_own'],
    ] as const) {
      const reply = await confirmed(body(`event: error\ndata: ${JSON.stringify(event)}\n\n`), call)
      expect(await reply.json()).toEqual({ ...error, request_id: id })
    }
  })

  it('loses the keys that it was sent with', async () => {
    const record = new ExchangeRecord()
    record.sentWith('sk-secret-0123456789')
    const call = makeCall({ stream: true }, { record })
    const reply = await confirmed(
      body('{"error":{"code":401,"message":"bad key sk-secret-0123456789"}}'),
      call,
    )
    expect(await reply.text()).not.toContain('secret')
  })
})

describe('an answer that breaks', () => {
  it('behind its first event is told to whoever reads it, with what came before', async () => {
    const source = new ManualSource()
    const pending = confirmed(Reply.stream(source, { headers: SSE }))
    source.sink.data(START)
    const reply = await pending
    const seen: unknown[] = []
    reply.source().pipe({
      data: (chunk) => void seen.push(chunk.toString()),
      end: () => void seen.push('end'),
      error: (error) => void seen.push(error.message),
    })
    source.sink.data(PING)
    source.sink.error(new Error('reset'))
    expect(seen).toEqual([START.toString(), PING.toString(), 'reset'])
  })

  it('while it is folded is a failed attempt, with its own reason', async () => {
    const source = new ManualSource()
    const pending = failure(Reply.stream(source, { headers: SSE }), asMessage)
    source.sink.data(Buffer.from(WIRE.slice(0, 500)))
    source.sink.error(new Error('ECONNRESET'))
    expect(await pending).toMatchObject({ failure: 'reset', cause: { message: 'ECONNRESET' } })
  })

  it('before its shape is known is a failed attempt', async () => {
    const source = new ManualSource()
    const pending = failure(Reply.stream(source))
    source.sink.data(Buffer.from('ev'))
    source.sink.error(new Error('ECONNRESET'))
    expect(await pending).toMatchObject({ message: 'ECONNRESET' })
    expect(source.cancelled).toBe(true)
  })
})

describe('what is no answer', () => {
  const chunk = '{"id":"c","object":"chat.completion.chunk","choices":[{"delta":{"content":"hi"}}]}'
  it.each([
    ['a web page', '<!doctype html><p>hi'],
    ['a text', 'hello'],
    ['JSON of another kind', '{"odd":true}'],
    ['JSON of another kind', '{"type":"completion"}'],
    ['JSON of another kind', '[]'],
    ['an answer of the OpenAI API', '{"object":"chat.completion","choices":[]}'],
    ['an answer of the OpenAI API', '{"object":"response","output":[]}'],
    ['an answer of the Gemini API', '{"candidates":[]}'],
    ['a stream of the OpenAI API', `data: ${chunk}\n\ndata: [DONE]\n\n`],
    ['a stream of the OpenAI API', 'event: response.created\ndata: {"type":"response.created"}\n\n'],
    ['events of another kind', 'data: {"foo":1}\n\n'],
    ['events of another kind', 'event: message\ndata: {"content":"hi"}\n\n'],
    ['JSON of another kind', `${JSON.stringify(EVENTS[0])}\n${JSON.stringify(EVENTS[1])}\n`],
  ])('%s is not asked for again: %j', async (what, text) => {
    for (const headers of [SSE, { 'content-type': 'application/json' }])
      expect(await failure(body(text, headers))).toMatchObject({
        failure: 'shape',
        status: 502,
        message: expect.stringContaining(`the upstream answered with ${what}`),
      })
  })

  it.each([
    ['nothing', ''],
    ['nothing', ' \r\n'],
    ['nothing', '\n'.repeat(200)],
    ['JSON that breaks off', `${' '.repeat(200)}{"type":"message","content":`],
    ['JSON that breaks off', '{"type":"message","content":[{"type":"text","te'],
  ])('%s may be whole the next time: %j', async (what, text) => {
    for (const call of [asStream, asMessage])
      expect(await failure(body(text, {}), call)).toMatchObject({
        failure: 'truncated',
        message: expect.stringContaining(`the upstream answered with ${what} instead of`),
      })
  })

  it('an empty stream is none, nor is one whose first event is no JSON', async () => {
    for (const text of ['', ': hi\n\n', `${PING}`])
      expect(await failure(body(text))).toMatchObject({ failure: 'truncated' })
    for (const text of ['data: {"type":\n\n', WIRE.slice(WIRE.indexOf('event: content_block_start'))])
      for (const call of [asStream, asMessage])
        expect(await failure(body(text), call)).toMatchObject({ failure: 'protocol' })
  })

  it('a stream of another API is none either where a message is wanted', async () => {
    expect(await failure(body(`data: ${chunk}\n\n`), asMessage)).toMatchObject({ failure: 'shape' })
  })
})

describe('the record of an attempt', () => {
  const seen = { inputTokens: 12, outputTokens: 9, stopReason: 'end_turn' }

  it.each([
    ['a stream', WIRE, asStream],
    ['a folded stream', WIRE, asMessage],
    ['a message', JSON.stringify(MESSAGE), asMessage],
    ['a message that becomes a stream', JSON.stringify(MESSAGE), asStream],
  ])('has the usage of %s', async (_name, text, call) => {
    const attempt = newAttempt()
    const reply = await confirmed(body(text, {}), call, attempt)
    await reply.bytes()
    expect(attempt).toMatchObject(seen)
  })

  it('has the bytes of an answer that came whole', async () => {
    const attempt = newAttempt()
    const text = JSON.stringify(MESSAGE)
    confirm(Reply.bytes(Buffer.from(text)), asMessage, attempt)
    expect(attempt.bytes).toBe(Buffer.byteLength(text))
    expect(attempt.times.lastByte).toEqual(expect.any(Number))
  })

  it('has nothing more to wait for once the answer is one, and lets go of it no more', async () => {
    vi.useFakeTimers()
    try {
      for (const stream of [true, false]) {
        const client = new AbortController()
        const source = new ManualSource()
        const pending = confirmed(Reply.stream(source), makeCall({ stream }, { signal: client.signal }))
        source.sink.data(Buffer.from(WIRE))
        expect((await pending).status).toBe(200)
        source.sink.end()
        expect(vi.getTimerCount()).toBe(0)
        client.abort()
        expect(source.cancelled).toBe(false)
      }
    } finally {
      vi.useRealTimers()
    }
  })

  it('has what an answer cost that broke off before it was one', async () => {
    const attempt = newAttempt()
    await confirmed(body(WIRE.slice(0, -40)), asMessage, attempt).catch(() => {})
    expect(attempt).toMatchObject(seen)
  })
})
