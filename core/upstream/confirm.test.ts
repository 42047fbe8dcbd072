import { describe, expect, it } from 'vitest'
import { makeCall, messageReply } from '../../testing.js'
import type { ByteSink, ByteSource } from '../contract/http.js'
import { Reply } from '../exchange/reply.js'
import { bytesSource } from '../stream/source.js'
import { confirm, firstEvent } from './confirm.js'

const limits = { firstEventTimeout: 2_000, idleTimeout: 2_000 }
const SSE = { 'content-type': 'text/event-stream' }
const START = Buffer.from('event: message_start\ndata: {"type":"message_start"}\n\n')
const COMMENT = Buffer.from(': wait\n\n')
const PING = Buffer.from('event: ping\ndata: {"type":"ping"}\n\n')

/** A stream that a test drives by hand. */
class ManualSource implements ByteSource {
  sink!: ByteSink
  paused = false
  pipe(sink: ByteSink) {
    this.sink = sink
  }
  pause() {
    this.paused = true
  }
  resume() {
    this.paused = false
  }
  cancel() {}
}

describe('before the first event', () => {
  it('comments and pings are kept and go first, in the very bytes that came, wherever they are cut', async () => {
    const whole = Buffer.concat([COMMENT, PING, START, PING, Buffer.from('data: {"type":"x"}\r\n\r\nda')])
    for (let at = 0; at <= whole.length; at++) {
      const source = bytesSource([whole.subarray(0, at), whole.subarray(at)])
      const reply = await firstEvent(Reply.stream(source, { headers: SSE }), limits)
      expect(await reply.text(), `cut at ${at}`).toBe(whole.toString())
    }
  })

  it('no more than 64 kB of them are kept, the newest', async () => {
    const source = new ManualSource()
    const pending = firstEvent(Reply.stream(source, { headers: SSE }), limits)
    const block = Buffer.alloc(64_000, COMMENT)
    for (let i = 0; i < 200; i++) source.sink.data(block)
    source.sink.data(Buffer.concat([PING, START]))
    source.sink.end()
    const bytes = await (await pending).bytes()
    expect(bytes.length).toBeLessThan(65 * 1024 + START.length)
    expect(bytes.toString().endsWith(`${COMMENT}${PING}${START}`)).toBe(true)
  })

  it('who listens gets them at once, and they are not sent again', async () => {
    const source = new ManualSource()
    const heard: string[] = []
    const passOn = (frame: Buffer) => heard.push(frame.toString()) > 1
    const pending = firstEvent(Reply.stream(source, { headers: SSE }), { ...limits, passOn })
    source.sink.data(COMMENT)
    source.sink.data(PING.subarray(0, 9))
    expect(heard).toEqual([COMMENT.toString()])
    source.sink.data(PING.subarray(9))
    expect(heard).toEqual([COMMENT.toString(), PING.toString()])
    source.sink.data(START)
    source.sink.end()
    // The first was refused by the listener.
    expect(await (await pending).text()).toBe(`${COMMENT}${START}`)
  })

  it('a half-sent ping is not passed on: what follows would be read as a part of it', async () => {
    const heard: Buffer[] = []
    const source = bytesSource([PING.subarray(0, -1)])
    const passOn = (frame: Buffer) => heard.push(frame) > 0
    await expect(
      firstEvent(Reply.stream(source, { headers: SSE }), { ...limits, passOn }),
    ).rejects.toMatchObject({ failure: 'truncated' })
    expect(heard).toEqual([])
  })

  it('a first event of 20 MB is whole', async () => {
    const event = `data: {"type":"x","text":"${'x'.repeat(20_000_000)}"}\n\n`
    const bytes = Buffer.concat([Buffer.from(event), START])
    const chunks = Array.from({ length: Math.ceil(bytes.length / 65_536) }, (_, i) =>
      bytes.subarray(i * 65_536, (i + 1) * 65_536),
    )
    const reply = await firstEvent(Reply.stream(bytesSource(chunks), { headers: SSE }), limits)
    expect((await reply.bytes()).equals(bytes)).toBe(true)
  })

  it('line ends under another content type do not pile up', async () => {
    const source = new ManualSource()
    const pending = firstEvent(Reply.stream(source), limits)
    for (let i = 0; i < 100; i++) source.sink.data(Buffer.alloc(1_000, '\n'))
    await expect(pending).rejects.toMatchObject({ failure: 'protocol' })
  })

  it.each([
    'data: {"error":{"code":"1302","message":"busy"}}\n\n',
    'event: error\ndata: {"error":{"code":"1302","message":"busy"}}\n\n',
    'data: {"error":"busy"}',
    '{"error":{"code":"1302","message":"busy"}}',
  ])('an error of any shape is a failure: %j', async (text) => {
    const headers = text.startsWith('{') ? {} : SSE
    await expect(
      firstEvent(Reply.stream(bytesSource([Buffer.from(text)]), { headers }), limits),
    ).rejects.toMatchObject({ failure: 'error-event', status: 502, type: 'api_error', message: 'busy' })
  })
})

describe('a whole answer', () => {
  const answer = (body: unknown, route: 'messages' | 'count-tokens' = 'messages') =>
    confirm(Reply.json(body), makeCall({}, { route }).with({ limits }))

  it('is a message', async () => {
    const reply = messageReply()
    expect(await (await confirm(reply, makeCall().with({ limits }))).text()).toBe(await reply.text())
  })

  it.each([[{}], [[]], [{ odd: true }], ['text'], [null], [{ type: 'completion' }]])(
    'is not %j',
    async (body) => {
      await expect(answer(body)).rejects.toMatchObject({ failure: 'protocol', status: 502 })
    },
  )

  it('of a count is any object', async () => {
    expect(await (await answer({ input_tokens: 3 }, 'count-tokens')).json()).toEqual({ input_tokens: 3 })
  })

  it.each([
    [{ error: { code: '1302', message: 'busy' } }, 502, 'api_error'],
    [{ error: 'busy' }, 502, 'api_error'],
    [{ error: { type: 'constructor', message: 'busy' } }, 502, 'api_error'],
    [{ error: { type: 'overloaded_error', message: 'busy' } }, 529, 'overloaded_error'],
    [{ type: 'error', error: { type: 'rate_limit_error', message: 'busy' } }, 429, 'rate_limit_error'],
  ])('that is an error is a failure: %j', async (body, status, type) => {
    await expect(answer(body)).rejects.toMatchObject({
      failure: 'error-event',
      status,
      type,
      message: 'busy',
      cause: body,
    })
  })
})
