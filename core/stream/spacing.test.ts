import { describe, expect, it } from 'vitest'
import { growth, LINEAR } from '../../test/support/growth.js'
import type { ByteSink } from '../contract/http.js'
import { LateSpacing } from './late-spacing.js'
import { Spacing } from './spacing.js'

/** What comes out, for the text in pieces of a size. */
function spaced(text: string | Buffer, size = 1e9): string {
  const out: Buffer[] = []
  const target: ByteSink = { data: (chunk) => void out.push(chunk), end() {}, error() {} }
  let sink: ByteSink = target
  sink = new Spacing(target, (found) => {
    sink = found
  })
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) sink.data(bytes.subarray(at, at + size))
  sink.end()
  return Buffer.concat(out).toString()
}

const SIZES = [1, 2, 3, 7, 50, 1e9]

describe('a stream with its blank lines', () => {
  it.each([
    'event: a\ndata: {"x":1}\n\nevent: b\ndata: {"y":2}\n\n',
    'data: {"x":1}\r\n\r\ndata: {"y":2}\r\n\r\n',
    'data: {"x":1}\r\rdata: {"y":2}\r\r',
    ': hi\n\nevent: ping\ndata: {"type":"ping"}\n\ndata: {"x":1}\n\ndata: {"y":2}\n\n',
    'data: {"x":1}\n\ndata: {"y":2}\nevent: a\n\ndata: {"z":3}\nid: 7\n: }\n\ndata: 1\n\n', // the names behind the data
    'data: {"x":1}\n\ndata: {"y":\ndata: {"z":2}\ndata: }\n\ndata: [{}\ndata: ,{}]\n\n', // an object over three lines, a list over two
    'event: a\r\ndata: {"x":1}\r\n\r\ndata: {"y":\r\ndata: {}\r\ndata: }\r\nevent: b\r\n\r\ndata: {}',
    'event: ping\ndata: {"type":"ping"}\n',
    'data: {\ndata: "x":1}\n\ndata: {"y":2}\n\n', // one event over two lines
    'data: {"x":1}\nevent: a\n\ndata: {"y":2}\nevent: b\n\n', // the name behind the data
    'data: {"x":1}\n',
    'data: {"x":1}',
    '',
    '\n\n\n',
    'retry: 3\n: only\n',
  ])('passes as it is: %j', (text) => {
    for (const size of SIZES) expect(spaced(text, size), `${size}`).toBe(text)
  })
})

describe('a stream that loses them in the middle', () => {
  it.each([
    [
      'event: a\ndata: {"x":1}\n\nevent: b\ndata: {"y":2}\nevent: c\ndata: {"z":3}\nevent: d\ndata: {}\n',
      'event: a\ndata: {"x":1}\n\nevent: b\ndata: {"y":2}\n\nevent: c\ndata: {"z":3}\n\nevent: d\ndata: {}\n\n',
    ],
    // One of them, before events that have theirs.
    [
      'data: {"x":1}\n\ndata: {"y":2}\ndata: {"z":3}\n\ndata: {"x":4}\n\n',
      'data: {"x":1}\n\ndata: {"y":2}\n\ndata: {"z":3}\n\ndata: {"x":4}\n\n',
    ],
    [
      'event: a\r\ndata: {"x":1}\r\n\r\nevent: b\r\ndata: {"y":2}\r\nevent: c\r\nid: 3\r\ndata: {"z":3}\r\n',
      'event: a\r\ndata: {"x":1}\r\n\r\nevent: b\r\ndata: {"y":2}\r\n\nevent: c\r\nid: 3\r\ndata: {"z":3}\r\n\n',
    ],
    // Behind one whose name follows its data; the last line has no end.
    [
      'data: {"x":1}\n\ndata: {"y":2}\nevent: b\n\nevent: c\ndata: {"z":3} \n: c\nevent: d\ndata: {"z":4}',
      'data: {"x":1}\n\ndata: {"y":2}\nevent: b\n\nevent: c\ndata: {"z":3} \n\n: c\nevent: d\ndata: {"z":4}',
    ],
  ])('gets them: %j', (text, wanted) => {
    for (const size of SIZES) expect(spaced(text, size), `${size}`).toBe(wanted)
  })

  it.each([
    ['marks that are none', 'data: {"y":2}\nevent: b\n\n'],
    ['objects over lines', 'data: {"y":\ndata: {}\ndata: }\n\n'],
    ['ids behind objects', 'event: x\ndata: {}\nevent: y\n'],
    ['events without blank lines', 'event: x\ndata: {"y":2}\n'],
  ])('takes time by its length: %s', (_what, part) => {
    const made = (size: number) => `data: {"x":1}\n\n${part.repeat(size / part.length)}`
    expect(growth(128 * 1024, made, (text) => spaced(text, 4096))).toBeLessThan(LINEAR)
    expect(growth(128 * 1024, made, (text) => spaced(text))).toBeLessThan(LINEAR)
  })
})

describe('a stream without them', () => {
  it.each([
    [
      'event: a\ndata: {"x":1}\nevent: b\ndata: {"y":2}\n',
      'event: a\ndata: {"x":1}\n\nevent: b\ndata: {"y":2}\n\n',
    ],
    ['data: {"x":1}\ndata: {"y":"ž\\n"}\n', 'data: {"x":1}\n\ndata: {"y":"ž\\n"}\n\n'],
    ['\ufeffdata:{"x":1}\r\ndata:{"y":2}\r\n', '\ufeffdata:{"x":1}\r\n\ndata:{"y":2}\r\n\n'],
    [
      'id: 1\ndata: {"x":1}\n: c\nid: 2\ndata: {"y":2}\ndata: [DONE]',
      'id: 1\ndata: {"x":1}\n\n: c\nid: 2\ndata: {"y":2}\n\ndata: [DONE]',
    ],
    // Comments, pings and what says nothing may come first, with their blank lines or without.
    [': hi\n\ndata: {"x":1}\ndata: {"y":2}\n', ': hi\n\ndata: {"x":1}\n\ndata: {"y":2}\n\n'],
    [': hi\n: hi\ndata: {"x":1}\ndata: {"y":2}\n', ': hi\n: hi\ndata: {"x":1}\n\ndata: {"y":2}\n\n'],
    [
      'event: ping\ndata: {"type":"ping"}\n\n: hi\n\nevent: a\ndata: {"x":1}\nevent: b\ndata: {"y":2}\n',
      'event: ping\ndata: {"type":"ping"}\n\n: hi\n\nevent: a\ndata: {"x":1}\n\nevent: b\ndata: {"y":2}\n\n',
    ],
    [
      'data: {"type":"ping"}\r\n\r\ndata:\r\n\r\ndata: {"x":1}\r\ndata: {"y":2}\r\n',
      'data: {"type":"ping"}\r\n\r\ndata:\r\n\r\ndata: {"x":1}\r\n\ndata: {"y":2}\r\n\n',
    ],
    [
      'data: {"x":1}\ndata: {"y":2}\nevent: ping\ndata: {"type":"ping"}\n\ndata: {"z":3}\n\n',
      'data: {"x":1}\n\ndata: {"y":2}\n\nevent: ping\ndata: {"type":"ping"}\n\ndata: {"z":3}\n\n',
    ],
    ['data: {"x":1}\rdata: {"y":2}\r', 'data: {"x":1}\r\rdata: {"y":2}\r\r'],
  ])('gets them: %j', (text, expected) => {
    for (const size of SIZES) expect(spaced(text, size), `${size}`).toBe(expected)
  })
})

// Lines after data without its end took 37 s for 4 MB: each chunk was looked at with all that had come before it.
describe('time grows in proportion to what comes before the first event is whole', () => {
  it.each<[string, string, string]>([
    ['one line', 'data: {"x":"', 'y'],
    ['data over many lines', 'data: [\n', 'data: 1,\n'],
    ['comments', '', ': wait\n'],
    ['comments with their blank lines', '', ': wait\n\n'],
    ['comments after data', 'data: {"x":1}\n', ': wait\n'],
    ['empty comments after data', 'data: {"x":1}\n', ':\n'],
    ['names after data', 'data: {"x":1}\n', 'event: y\n'],
    ['blank lines', '', '\n'],
    ['pings', '', 'data: {"type":"ping"}\n\n'],
    ['events without blank lines', 'data: {"x":1}\ndata: {"y":2}\n', 'data: {"z":3}\n'],
    ['a long second line', 'data: {"x":1}\ndata: {"y":"', 'z'],
    ['lines that end in CR', 'data: {"x":1}\r', ':\r'],
  ])('%s', (_name, start, repeated) => {
    const made = (size: number) => start + repeated.repeat(size / repeated.length)
    expect(growth(128 * 1024, made, (text) => spaced(text, 4096))).toBeLessThan(LINEAR)
  })
})

it('keeps no more of an event without an end than it needs, and refuses a line without one', () => {
  let passed = 0
  const count = (chunk: Buffer) => {
    passed += chunk.length
  }
  const target: ByteSink = { data: count, end() {}, error() {} }
  let sink: ByteSink = target
  sink = new Spacing(target, (found) => {
    sink = found
  })
  sink.data(Buffer.from('data: {"x":1}\n'))
  for (let i = 0; i < 100; i++) sink.data(Buffer.from(': wait\n'.repeat(200)))
  expect(passed).toBeGreaterThan(100_000)
  const line = new Spacing(target, () => {})
  const megabyte = Buffer.alloc(1024 * 1024, 'x')
  expect(() => {
    for (let i = 0; i < 70; i++) line.data(megabyte)
  }).toThrow('a line of more than')
})

it('an end by error is one', () => {
  let seen: unknown
  const target: ByteSink = { data() {}, end() {}, error: (error) => (seen = error) }
  new Spacing(target, () => {}).error(new Error('reset'))
  expect(seen).toMatchObject({ message: 'reset' })
})

it('a source that uses one buffer for all its chunks has its blank lines too', () => {
  const out: string[] = []
  const late = new LateSpacing({ data: (bytes) => out.push(bytes.toString()), end() {}, error() {} }, false)
  const event = (text: string) => `event: content_block_delta\ndata: {"text":"${text}"}\n`
  const [right, wrong] = [`${event('a')}\n${event('bcd')}\n`, `${event('e')}${event('fghi')}\n`]
  const chunk = Buffer.from(right)
  late.data(chunk)
  chunk.write(wrong)
  late.data(chunk)
  late.end()
  expect(right).toHaveLength(wrong.length)
  expect(out.join('')).toBe(`${right}${event('e')}\n${event('fghi')}\n`)
})
