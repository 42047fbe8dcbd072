import { describe, expect, it } from 'vitest'
import { endToEnd, header } from './headers.js'

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
