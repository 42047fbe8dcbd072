import { describe, expect, it } from 'vitest'
import { growth, LINEAR } from '../../test/support/growth.js'
import { makeCall } from '../../testing.js'
import { dropping, endToEnd, endToEndList, header, headerText } from './headers.js'
import { Reply } from './reply.js'

const NONE = new Set<string>()

describe('endToEnd', () => {
  it('drops what speaks of one connection', () => {
    const hop = {
      connection: 'keep-alive',
      'keep-alive': 'timeout=5',
      'proxy-authenticate': 'x',
      'proxy-authorization': 'x',
      'proxy-connection': 'x',
      te: 'trailers',
      trailer: 'x',
      'transfer-encoding': 'chunked',
      upgrade: 'h2c',
    }
    expect(endToEnd({ ...hop, accept: '*/*' }, NONE)).toEqual({ accept: '*/*' })
  })

  it('drops what connection names, in any spelling', () => {
    const headers = {
      connection: 'close, X-Private ,x-other',
      'x-private': '1',
      'x-other': '2',
      'x-public': '3',
    }
    expect(endToEnd(headers, NONE)).toEqual({ 'x-public': '3' })
    expect(endToEnd({ ...headers, connection: ['close', 'x-private'] }, NONE)).not.toHaveProperty('x-private')
  })

  it('drops what it is told to, and what has no value', () => {
    expect(endToEnd({ a: '1', b: '2', c: undefined }, new Set(['b']))).toEqual({ a: '1' })
  })

  it('keeps a header that came several times', () => {
    expect(endToEnd({ 'set-cookie': ['a', 'b'] }, NONE)).toEqual({ 'set-cookie': ['a', 'b'] })
  })
})

it('header gives the first value', () => {
  expect([
    header({ a: ['1', '2'] }, 'a'),
    header({ a: '1' }, 'a'),
    header({}, 'a'),
    header({ a: [] }, 'a'),
  ]).toEqual(['1', '1', undefined, undefined])
})

describe('endToEndList', () => {
  const DROP = dropping('x-dropped')

  it('is name, value, name, value, with a pair for each of several values', () => {
    const headers = { a: '1', 'set-cookie': ['x', 'y'], b: undefined, 'x-dropped': '2', connection: 'close' }
    expect(endToEndList(headers, DROP)).toEqual(['a', '1', 'set-cookie', 'x', 'set-cookie', 'y'])
  })

  it('takes a number, as plugins in plain JavaScript may give one', () => {
    expect(endToEndList({ a: 5 as never, b: [6] as never }, DROP)).toEqual(['a', '5', 'b', '6'])
  })

  it('leaves out what the connection names, and the names of another set', () => {
    const headers = { a: '1', b: '2', c: '3', connection: 'keep-alive, B' }
    expect(endToEndList(headers, DROP, { c: undefined })).toEqual(['a', '1'])
  })

  it('takes time in proportion to the length of `connection`', () => {
    const spaced = (size: number) => ({ a: '1', connection: `x${' '.repeat(size)}y` })
    expect(growth(2_000, spaced, (headers) => endToEndList(headers, DROP))).toBeLessThan(LINEAR)
  })

  it('holds a header that is spelt in two ways once, with the later value', () => {
    const headers = { 'x-a': '1', b: '2', 'X-A': '3', 'X-Dropped': '4' }
    expect(endToEndList(headers, DROP)).toEqual(['x-a', '3', 'b', '2'])
    expect(endToEndList(headers, DROP, { b: '5' })).toEqual(['x-a', '3'])
  })
})

describe('headerText', () => {
  it.each(['', 'glm-4.7', 'qwen/qwen3-coder:free', '100% sure', 'a@b.example (1)'])(
    '%j stays as it is',
    (text) => {
      expect(headerText(text)).toBe(text)
    },
  )

  it.each(['深度求索/deepseek-chat', 'modèle 100%', 'a\r\nb: c', '🦊', 'tab\tbell\u0007'])(
    '%j is printable ASCII, and decodes to itself',
    (text) => {
      expect(headerText(text)).toMatch(/^[\x21-\x7e]+( [\x21-\x7e]+)*$/)
      expect(decodeURIComponent(headerText(text))).toBe(text)
    },
  )

  it('half a surrogate pair does not throw', () => {
    expect(headerText('a\ud83d')).toBe('a%EF%BF%BD')
  })
})

describe('names that a plugin spells with capitals', () => {
  const headers = { 'Content-Type': 'text/html', 'X-Mine': '1' }
  it.each([
    ['json', () => Reply.json({}, { headers })],
    ['bytes', () => Reply.bytes(Buffer.from('x'), { headers })],
    ['events', () => Reply.events([], { headers })],
    ['with', () => Reply.json({}).with({ headers })],
  ])('take the place of the usual ones in a reply: %s', (_what, make) => {
    const reply = make()
    expect(reply.header('content-type')).toBe('text/html')
    expect(reply.header('x-mine')).toBe('1')
    expect(Object.keys(reply.headers)).not.toContain('Content-Type')
  })

  it('are found in a call', () => {
    expect(makeCall().with({ headers }).header('x-mine')).toBe('1')
  })
})
