import { describe, expect, it } from 'vitest'
import { GatewayError } from '../errors/gateway-errors.js'
import { collect, iterableSource } from '../stream/source.js'
import { StreamEvent } from '../stream/sse-event.js'
import { discardReplaced, heldBytes } from './inner.js'
import { Reply } from './reply.js'

const SSE = { headers: { 'content-type': 'text/event-stream', 'content-length': '99' } }
const RAW = ['event: a\r\ndata: {"type": "a"}\r\n\r\n', ': c\n\n', 'event: b\ndata: {"type":"b"}\n\n']
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** A stream that counts what was taken from it. */
function stream(chunks: readonly string[] = RAW, init = SSE) {
  const state = { made: 0, finished: false }
  async function* generate() {
    try {
      for (const chunk of chunks) {
        state.made++
        yield Buffer.from(chunk)
      }
    } finally {
      state.finished = true
    }
  }
  return { reply: Reply.stream(iterableSource(generate()), init), state }
}

describe('a reply', () => {
  it('is 200 unless it says otherwise, and ok from 200 to 299', () => {
    expect(Reply.json({}).status).toBe(200)
    expect([199, 200, 299, 300, 404].map((status) => Reply.json({}, { status }).ok)).toEqual([
      false,
      true,
      true,
      false,
      false,
    ])
  })

  it('as JSON says so, and can say something else', async () => {
    const reply = Reply.json({ a: 1 }, { status: 201, headers: { x: 'y' } })
    expect([reply.status, reply.header('content-type'), reply.header('x')]).toEqual([
      201,
      'application/json',
      'y',
    ])
    expect(await reply.json()).toEqual({ a: 1 })
    expect(
      Reply.json({}, { headers: { 'content-type': 'application/problem+json' } }).header('content-type'),
    ).toBe('application/problem+json')
  })

  it('made from another one changes nothing of that, and shares its body', async () => {
    const first = Reply.json({ a: 1 }, { headers: { x: '1', y: '2' } })
    const second = first.with({ status: 418, headers: { x: undefined, z: '3' } })
    expect([first.status, first.header('x'), first.header('z')]).toEqual([200, '1', undefined])
    expect([second.status, second.header('x'), second.header('y'), second.header('z')]).toEqual([
      418,
      undefined,
      '2',
      '3',
    ])
    expect(await second.bytes()).toBe(await first.bytes())
  })

  it('knows an event stream by its content type, in any spelling', () => {
    const is = (type: string) => Reply.json({}, { headers: { 'content-type': type } }).isEventStream
    expect([is('text/event-stream'), is('Text/Event-Stream; charset=utf-8'), is('application/json')]).toEqual(
      [true, true, false],
    )
  })
})

describe('the body of a stream', () => {
  it('is left alone until somebody asks', async () => {
    const { reply, state } = stream()
    reply.with({ status: 201 }).mapEvents(() => {})
    await turn()
    expect(state.made).toBe(0)
    expect(heldBytes(reply)).toBeUndefined()
  })

  it('is read once however many ask for all of it', async () => {
    const { reply, state } = stream()
    const derived = reply.with({ headers: { x: '1' } })
    const [a, b, c] = await Promise.all([reply.bytes(), reply.bytes(), derived.text()])
    expect(a).toBe(b)
    expect(c).toBe(RAW.join(''))
    expect(state.made).toBe(RAW.length)
    expect(heldBytes(reply)).toBe(a)
    expect((await collect(derived.source(), 1e6)).toString()).toBe(RAW.join(''))
  })

  it('rejects for everybody when it breaks', async () => {
    async function* broken() {
      yield Buffer.from('a')
      throw new Error('reset')
    }
    const reply = Reply.stream(iterableSource(broken()))
    await expect(reply.bytes()).rejects.toThrow('reset')
    await expect(reply.text()).rejects.toThrow('reset')
  })

  it('is given up beyond the limit', async () => {
    const { reply, state } = stream()
    await expect(reply.bytes(10)).rejects.toThrow('more than 10 bytes')
    await turn()
    expect(state.finished).toBe(true)
  })

  it('is let go by discard', async () => {
    const { reply, state } = stream()
    reply.discard()
    await turn()
    expect(state.made).toBe(0)
    Reply.json({}).discard()
  })
})

describe('a reply in whose place another one goes out', () => {
  const discarded = (prepare: (reply: Reply) => Reply) => {
    let cancelled = false
    const cancel = () => {
      cancelled = true
    }
    const source = { pipe() {}, pause() {}, resume() {}, cancel }
    const reply = Reply.stream(source, SSE)
    discardReplaced(reply, prepare(reply))
    return cancelled
  }

  it('is let go', () => {
    expect(discarded(() => Reply.json({}))).toBe(true)
    expect(discarded(() => Reply.stream(iterableSource([])))).toBe(true)
    discardReplaced(Reply.json({}), Reply.json({}))
  })

  it.each<[string, (reply: Reply) => Reply]>([
    ['made of it', (reply) => reply.with({ status: 500 })],
    ['its events, mapped', (reply) => reply.mapEvents(() => undefined)],
    ['its source, carried on', (reply) => reply.with({ source: reply.source() })],
    [
      'made while it is collected',
      (reply) => {
        void reply.bytes()
        return Reply.json({})
      },
    ],
    ['itself', (reply) => reply],
  ])('is not, where that one is %s', (_name, make) => {
    expect(discarded(make)).toBe(false)
  })
})

/** What a client gets of a stream, however it ends. */
function delivered(reply: Reply): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const end = () => resolve(text)
    reply.source().pipe({
      data(chunk) {
        text += chunk
      },
      end,
      error: end,
    })
  })
}

describe('mapEvents', () => {
  const rename = (event: StreamEvent) => event.with({ ...event.data, type: event.type.toUpperCase() })

  it('leaves answers that are no event stream as they are', () => {
    const reply = Reply.json({})
    expect(reply.mapEvents(rename)).toBe(reply)
  })

  it('takes the content length off, since it may no longer be true', () => {
    const { reply } = stream()
    expect(reply.mapEvents(() => {}).header('content-length')).toBeUndefined()
    expect(reply.header('content-length')).toBe('99')
  })

  it('is applied in order, and the body is collected once', async () => {
    const { reply, state } = stream()
    let seen = 0
    const mapped = reply
      .mapEvents((event) => {
        seen++
        return rename(event)
      })
      .mapEvents((event) => (event.type === 'B' ? [] : undefined))
    const expected = 'event: A\ndata: {"type":"A"}\n\n: c\n\n'
    expect(await mapped.text()).toBe(expected)
    expect(await mapped.text()).toBe(expected)
    expect(await mapped.with({ status: 201 }).text()).toBe(expected)
    expect(heldBytes(mapped)?.toString()).toBe(expected)
    expect([seen, state.made]).toEqual([2, RAW.length])
  })

  it('also works on a stream whose bytes are here already', async () => {
    const { reply } = stream()
    await reply.bytes()
    expect(await reply.mapEvents(rename).text()).toContain('event: A\n')
    expect(await reply.text()).toBe(RAW.join(''))
  })

  it.each<[string, Error, string]>([
    ['words of our own', new GatewayError('api_error', 'say this'), 'say this'],
    ['nothing of a foreign error', new Error('key sk-1'), 'the gateway could not read the upstream stream'],
  ])('tells a client whose stream a mapper broke %s', async (_what, error, message) => {
    const { reply, state } = stream()
    const text = await delivered(
      reply.mapEvents(() => {
        throw error
      }),
    )
    expect(text).toBe(
      `event: error\ndata: ${JSON.stringify({ type: 'error', error: { type: 'api_error', message } })}\n\n`,
    )
    await turn()
    expect(state.finished).toBe(true)
  })
})

describe('events', () => {
  it('gives the events without the comments, through the mappers', async () => {
    const types: string[] = []
    for await (const event of stream()
      .reply.mapEvents((e) => [e, StreamEvent.of({ type: 'x' })])
      .events())
      types.push(event.type)
    expect(types).toEqual(['a', 'x', 'b', 'x'])
  })

  it('lets the stream go when the loop is left', async () => {
    const { reply, state } = stream(Array.from({ length: 1000 }, () => RAW[2]!))
    for await (const event of reply.events()) {
      expect(event.type).toBe('b')
      break
    }
    await turn()
    expect(state.finished).toBe(true)
    expect(state.made).toBeLessThan(30)
  })

  it('throws when the stream breaks', async () => {
    async function* broken() {
      yield Buffer.from(RAW[2]!)
      throw new Error('reset')
    }
    const types: string[] = []
    const read = async () => {
      for await (const event of Reply.stream(iterableSource(broken()), SSE).events()) types.push(event.type)
    }
    await expect(read()).rejects.toThrow('reset')
    expect(types).toEqual(['b'])
  })

  it('can be read again when the bytes are held', async () => {
    const { reply } = stream()
    await reply.bytes()
    for (let i = 0; i < 2; i++) {
      let n = 0
      for await (const _event of reply.events()) n++
      expect(n).toBe(2)
    }
  })
})

describe('Reply.events', () => {
  it('makes an event stream as fast as it is read', async () => {
    let made = 0
    async function* data() {
      for (; made < 1000; made++) yield { type: 'x', n: made }
    }
    const reply = Reply.events(data(), { headers: { x: '1' } })
    expect([reply.isEventStream, reply.header('cache-control'), reply.header('x')]).toEqual([
      true,
      'no-cache',
      '1',
    ])
    for await (const event of reply.events()) {
      expect(event.raw.toString()).toBe('event: x\ndata: {"type":"x","n":0}\n\n')
      break
    }
    expect(made).toBeLessThan(30)
  })
})
