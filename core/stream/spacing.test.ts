import { describe, expect, it } from 'vitest'
import type { ByteSink } from '../contract/http.js'
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
    ': hi\n\ndata: {"x":1}\ndata: {"y":2}\n\n', // the second event is odd, and its reader's affair
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
  ])('gets them: %j', (text, expected) => {
    for (const size of SIZES) expect(spaced(text, size), `${size}`).toBe(expected)
  })
})

it('is linear in what comes before the first event is whole', () => {
  const took = (text: Buffer) => {
    const startedAt = performance.now()
    spaced(text, 16 * 1024)
    return performance.now() - startedAt
  }
  expect(took(Buffer.from(`data: {"x":"${'y'.repeat(20_000_000)}"}\n\n`))).toBeLessThan(2_000)
  expect(took(Buffer.from(`data: [\n${'data: 1,\n'.repeat(1_000_000)}`))).toBeLessThan(2_000)
  expect(took(Buffer.from(': wait\n'.repeat(1_000_000)))).toBeLessThan(2_000)
  expect(took(Buffer.from(`data: {"x":1}\ndata: {"y":"${'z'.repeat(20_000_000)}"}`))).toBeLessThan(2_000)
})

it('an end by error is one', () => {
  let seen: unknown
  const target: ByteSink = { data() {}, end() {}, error: (error) => (seen = error) }
  new Spacing(target, () => {}).error(new Error('reset'))
  expect(seen).toMatchObject({ message: 'reset' })
})
