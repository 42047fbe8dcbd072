import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { growth, LINEAR } from '../../test/support/growth.js'
import { maskBytes, maskHeaders, maskText, maskUnknown } from './mask-key.js'
import { ExchangeRecord } from './record.js'

const KEY_OF_HEADERS = 'sk-ant-0123456789abcdef_XYZ'

describe('a key', () => {
  const KEYS = [
    'sk-account',
    'sk-ant-0123456789',
    'ab12cd34',
    '0123456789abcdef0123456789abcdef.Zx9',
    'correct-horse-battery-staple',
  ]

  it.each(KEYS)('is taken out of the words of an error, wherever it is: %s', (key) => {
    for (const [before, after] of [
      ['', ''],
      ['Incorrect API key provided: ', '. You can find yours at …'],
      ['{"error":{"message":"', '"}}'],
      ['{"error":{"message":"Authorization:\\n', '\\tno"}}'],
      ['{"error":"\\u000a', '\\u0020"}'],
      ['https://host/?key=', '&x=1'],
      ['%20', '%20'],
      ['<b>', '</b>'],
      ["'", "'"],
    ])
      expect(maskText(`${before}${key}${after} and ${key}`, key)).toBe(`${before}[key]${after} and [key]`)
  })

  it.each([
    ['a/b+c=0123456789', ['a/b+c=0123456789', 'a\\/b+c=0123456789', 'a%2Fb%2Bc%3D0123456789']],
    ['with"quote\\0123', ['with\\"quote\\\\0123']],
  ])('is found as JSON and URLs spell it: %s', (key, spellings) => {
    for (const spelt of spellings) expect(maskText(`(${spelt})`, key)).toBe('([key])')
  })

  it.each(['sk-ant/0123~456+89.abc', 'a/b+c=0123456789', 'ab12"cd\\34', 'x~y1&z<2>%20'])(
    'is found however any of its characters are spelt: %s',
    (key) => {
      const hex = (c: string, digits: number) => c.charCodeAt(0).toString(16).padStart(digits, '0')
      const spellings: ((c: string) => string)[] = [
        (c) => c,
        (c) => `%${hex(c, 2)}`,
        (c) => `%${hex(c, 2).toUpperCase()}`,
        (c) => `%25${hex(c, 2)}`,
        (c) => `\\u${hex(c, 4)}`,
        (c) => `\\\\u${hex(c, 4).toUpperCase()}`,
        (c) => `\\x${hex(c, 2)}`,
        (c) => `&#${c.charCodeAt(0)};`,
        (c) => `&#x${hex(c, 2)};`,
        (c) => (/\w/.test(c) ? c : `\\${c}`),
        (c) => (/\w/.test(c) ? c : `\\\\\\${c}`),
      ]
      const any = fc.array(fc.constantFrom(...spellings), { minLength: key.length, maxLength: key.length })
      const inAnyWay = fc.property(any, (ways) => {
        const spelt = [...key].map((c, i) => ways[i]!(c)).join('')
        expect(maskText(`no {"key": "${spelt}"}`, key)).toBe('no {"key": "[key]"}')
        expect(maskText(JSON.stringify({ said: `(${spelt})` }), key)).toBe('{"said":"([key])"}')
      })
      // A character that begins an escape tells nothing by itself among others that are spelt.
      if (!/[\\%&]/.test(key)) fc.assert(inAnyWay)
      for (const all of spellings) expect(maskText([...key].map(all).join(''), key)).toBe('[key]')
    },
  )

  it('is found in base64, with whatever is around it', () => {
    for (const key of ['ab12cd34', 'sk-ant~0123456789?abcdef>xyz'])
      for (const [before, after] of [
        ['', ''],
        ['u:', ''],
        [':', '!'],
        ['user:', ':x'],
      ]) {
        for (const encoding of ['base64', 'base64url'] as const) {
          const sent = Buffer.from(before + key + after).toString(encoding)
          expect(maskText(`Authorization: Basic ${sent}, no`, key)).toBe('Authorization: Basic [key], no')
          expect(maskText(encodeURIComponent(sent), key)).toBe('[key]')
        }
      }
  })

  it('is looked for in time that grows with the text', () => {
    const key = 'sk-ant/0123456789+abcdef~xyz'
    for (const piece of [
      '\\',
      '%25',
      '&',
      '\\u005c',
      key,
      key.slice(0, -1),
      Buffer.from(key).toString('base64'),
    ])
      expect([
        piece,
        growth(
          2_000,
          (size) => piece.repeat(size),
          (text) => maskText(text, key),
        ) < LINEAR,
      ]).toEqual([piece, true])
  })

  it('of 24 characters is found inside of a longer word too', () => {
    const key = 'sk-upstream-0123456789abcdef'
    expect(maskText(`x${key}y`, key)).toBe('x[key]y')
  })

  it('that is shorter is left where it is a part of a longer word', () => {
    for (const text of ['gpt4all1-mini', 'my-gpt4all1', 'xgpt4all1', 'gpt4all1x', 'gpt4all1_'])
      expect(maskText(text, 'gpt4all1')).toBe(text)
  })

  it('is not what any word may be: too short, a word without a digit, a number', () => {
    const text =
      'token x 0 error prompt lmstudio placeholder not-needed invalid_request_error 20000000 sk-1 sk-abcd'
    for (const key of [...text.split(' '), '', undefined]) expect(maskText(text, key)).toBe(text)
  })
})

it('bytes without it are the same buffer', () => {
  const bytes = Buffer.from([0xff, 0xfe, ...Buffer.from('no key')])
  expect(maskBytes(bytes, 'sk-ant-0123456789')).toBe(bytes)
  expect(maskBytes(Buffer.from('say "ab12cd34"'), 'ab12cd34').toString()).toBe('say "[key]"')
})

it('headers lose it too, single and repeated ones', () => {
  const key = 'sk-ant-0123456789'
  const headers = { a: `Bearer ${key}`, b: ['x', key], c: 'as it was' }
  expect(maskHeaders(headers, key)).toEqual({ a: 'Bearer [key]', b: ['x', '[key]'], c: 'as it was' })
  expect(maskHeaders(headers, 'bearer')).toBe(headers)
  const spelt = { a: 'sk%2dant%2D0123456789', b: ['x', '{"k":"sk-ant-012345678\\u0039"}'], c: '50% & more' }
  expect(maskHeaders(spelt, key)).toEqual({ a: '[key]', b: ['x', '{"k":"[key]"}'], c: '50% & more' })
  expect(maskHeaders({ c: 'x' }, key)).toEqual({ c: 'x' })
})

it.each([
  KEY_OF_HEADERS,
  Buffer.from(KEY_OF_HEADERS).toString('base64'),
  Buffer.from(`x:${KEY_OF_HEADERS}:y`).toString('base64url'),
  `Basic ${Buffer.from(`user:${KEY_OF_HEADERS}`).toString('base64')}`,
])('headers lose it in base64 too, whatever stands before: %s', (value) => {
  const headers = maskHeaders(
    { 'x-debug': `seen ${value}`, 'content-type': 'text/event-stream' },
    KEY_OF_HEADERS,
  )
  expect(headers['x-debug']).toMatch(/^seen (Basic )?\[key\]$/)
  expect(headers['content-type']).toBe('text/event-stream')
})

it.each([
  ['numbers with zeros before them', (c: string) => `&#0000${c.charCodeAt(0)};`],
  ['hexadecimal ones', (c: string) => `&#x000${c.charCodeAt(0).toString(16)};`],
  ['braces', (c: string) => `\\u{${c.charCodeAt(0).toString(16)}}`],
  ['braces with zeros', (c: string) => `\\u{0000${c.charCodeAt(0).toString(16)}}`],
  ['names', (c: string) => ({ '-': '&hyphen;', _: '&lowbar;', '.': '&period;', ':': '&colon;' })[c] ?? c],
])('is found in %s', (_, spelt) => {
  const key = 'sk-zai_a.b:0123456789abcdef'
  expect(maskText(`bad ${[...key].map(spelt).join('')} end`, key)).toBe('bad [key] end')
})

it('a request knows the keys of all its attempts, and shows none', () => {
  const record = new ExchangeRecord()
  expect(record.masked('ab12cd34 ef56ab78')).toBe('ab12cd34 ef56ab78')
  for (const key of ['ab12cd34', undefined, 'ef56ab78', 'ab12cd34']) record.sentWith(key)
  expect(record.masked('ab12cd34 ef56ab78')).toBe('[key] [key]')
  record.note('retry-rotate', 'attempt 1: no ab12cd34')
  expect(record.notes).toEqual([{ plugin: 'retry-rotate', text: 'attempt 1: no [key]' }])
  expect(JSON.stringify(record)).not.toContain('ef56ab78')
})

describe('the words of an error of unknown code', () => {
  it.each([
    ['vault closed', 'vault closed'],
    ['key not found in /run/secrets/zai-key.json', 'key not found in /run/secrets/zai-key.json'],
    ['no such key: sk-abcdef', 'no such key: [masked]'],
    ['got "sk-abcdef012345"', 'got "[masked]"'],
    [
      'GET https://vault.example/v1?token=abc&x=1 failed',
      'GET https://vault.example/v1?token=[masked]&x=1 failed',
    ],
    ['{"password": "p", "a": 1}', '{"password": "[masked]", "a": 1}'],
    ['Authorization: Bearer abc.def', 'Authorization: Bearer [masked]'],
    ['bad 0123456789abcdef0123456789abcdef.Zx9 here', 'bad [masked] here'],
    ['connect ECONNREFUSED 127.0.0.1:8200', 'connect ECONNREFUSED 127.0.0.1:8200'],
  ])('lose what looks like a secret: %s', (text, told) => {
    expect(maskUnknown(text)).toBe(told)
  })

  it('and are cut', () => {
    expect(maskUnknown('word '.repeat(1_000)).length).toBeLessThanOrEqual(400)
  })
})
