import { describe, expect, it, vi } from 'vitest'
import { StreamEvent } from './sse-event.js'

const parse = (text: string) => StreamEvent.parse(Buffer.from(text))

describe('an event from the wire', () => {
  it('is decoded only when somebody asks for its data', () => {
    const decode = vi.spyOn(JSON, 'parse')
    const event = parse('event: ping\ndata: {"type":"ping"}\n\n')
    expect([event.type, event.hasData]).toEqual(['ping', true])
    expect(event.raw.toString()).toBe('event: ping\ndata: {"type":"ping"}\n\n')
    expect(decode).not.toHaveBeenCalled()
    expect(event.data).toBe(event.data)
    expect(decode).toHaveBeenCalledTimes(1)
    decode.mockRestore()
  })

  it.each([
    ['an event line', 'event: ping\ndata: {"type":"ping"}\n\n', 'ping'],
    ['no event line', 'data: {"type":"ping"}\n\n', 'ping'],
    ['an empty event line', 'event:\ndata: {"type":"ping"}\n\n', 'ping'],
    ['no type in the data', 'event: ping\ndata: {}\n\n', 'ping'],
    ['neither', 'data: {}\n\n', ''],
    ['a comment', ': hello\n\n', ''],
  ])('knows its type with %s', (_what, text, type) => {
    expect(parse(text).type).toBe(type)
  })

  it('gives the same type before and after its data were looked at', () => {
    const event = parse('event: outer\ndata: {"type":"inner"}\n\n')
    const before = event.type
    expect(event.data.type).toBe('inner')
    expect(event.type).toBe(before)
  })

  it.each([
    ['cut JSON', 'data: {"type":"x"\n\n'],
    ['[DONE]', 'data: [DONE]\n\n'],
    ['a list', 'data: [1]\n\n'],
    ['null', 'data: null\n\n'],
    ['nothing after the colon', 'data:\n\n'],
  ])('with %s as data is malformed, not an exception', (_what, text) => {
    const event = parse(`event: odd\n${text}`)
    expect(event.malformed).toBe(true)
    expect(event.data).toEqual({ type: 'odd' })
    expect(event.hasData).toBe(true)
    expect(event.raw.toString()).toBe(`event: odd\n${text}`)
  })

  it('with good data is not malformed', () => {
    expect(parse('data: {"type":"x"}\n\n').malformed).toBe(false)
    expect(parse(': comment\n\n').malformed).toBe(false)
  })

  it('joins several data lines, and takes one space off each', () => {
    expect(parse('data: {"type":"x",\r\ndata:  "a":\rdata:1}\r\n\r\n').data).toEqual({ type: 'x', a: 1 })
  })
})

describe('an event of our own', () => {
  it('is written with its type on the event line and its data on one line', () => {
    const event = StreamEvent.of({ type: 'x', text: 'a\nb\u2028c' })
    expect(event.raw.toString()).toBe('event: x\ndata: {"type":"x","text":"a\\nb\u2028c"}\n\n')
    expect(parse(event.raw.toString()).data).toEqual({ type: 'x', text: 'a\nb\u2028c' })
    expect(event.hasData).toBe(true)
    expect(event.type).toBe('x')
  })

  it('made from another one leaves that as it was', () => {
    const before = parse('event: x\ndata: {"type":"x","n":1}\n\n')
    const after = before.with({ ...before.data, n: 2 })
    expect(after.data).toEqual({ type: 'x', n: 2 })
    expect(before.raw.toString()).toBe('event: x\ndata: {"type":"x","n":1}\n\n')
  })
})
