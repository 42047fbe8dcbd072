import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { growth, LINEAR } from '../../test/support/growth.js'
import { maskText } from '../exchange/mask-key.js'
import { BlockIndexes } from '../message/block-indexes.js'
import { MaskedErrors } from './masked-errors.js'

const KEY = 'sk-ant/0123456789+abcdef~xyz'
const mask = (text: string) => maskText(text, KEY)

function through(chunks: readonly Buffer[]) {
  const out: Buffer[] = []
  const masked = new MaskedErrors(mask, (bytes) => void out.push(bytes))
  for (const chunk of chunks) masked.push(chunk)
  const before = Buffer.concat(out).toString()
  masked.end()
  return { out, before, text: Buffer.concat(out).toString() }
}

const event = (type: string, data: unknown) => `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`
const delta = (text: string) => event('content_block_delta', { type: 'content_block_delta', delta: { text } })
const error = (words: string) =>
  event('error', { type: 'error', error: { type: 'api_error', message: words } })
const pieces = (text: string, sizes: readonly number[]) => {
  const bytes = Buffer.from(text)
  const out: Buffer[] = []
  let at = 0
  for (const size of sizes) {
    out.push(bytes.subarray(at, at + size))
    at += size
  }
  // As sockets give them: parts of one buffer may have the marks of the whole.
  return [...out, bytes.subarray(at)].filter((piece) => piece.length > 0).map((piece) => Buffer.from(piece))
}

describe('the error events of a stream', () => {
  const SPELT = [
    KEY,
    encodeURIComponent(KEY),
    KEY.replaceAll('/', '\\/'),
    Buffer.from(`u:${KEY}`).toString('base64'),
  ]

  it.each(SPELT)('lose the key, wherever the chunks and lines break: %s', (spelt) => {
    const frames = [
      error(`bad ${spelt}!`),
      `data: ${JSON.stringify({ error: { message: `bad ${spelt}!` } })}\n\n`,
      `event:error\ndata: bad ${spelt}!\n\n`,
      `event: error\ndata: bad ${spelt}!`,
    ]
    const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 40 })
    // Without the word a chunk goes on in one piece, also where it breaks off in an event.
    const before = [
      delta(`${KEY} error ž`),
      delta('plain') + delta('and more'),
      event('ping', { type: 'ping' }),
    ]
    fc.assert(
      fc.property(
        fc.constantFrom(...before),
        fc.constantFrom(...frames),
        fc.constantFrom('\n', '\r\n', '\r'),
        sizes,
        (before, frame, end, sizes) => {
          const text = (before + frame).replaceAll('\n', end)
          const told = (
            before + frame.split(JSON.stringify(spelt).slice(1, -1)).join('[key]').split(spelt).join('[key]')
          ).replaceAll('\n', end)
          expect(through(pieces(text, sizes)).text).toBe(told)
        },
      ),
    )
  })

  it.each([
    ['z.ai’s own', { code: 1001, msg: `bad key ${KEY}`, success: false }],
    ['a code with a message', { code: 401, message: `bad ${KEY}` }],
    ['a status', { status: 403, title: KEY }],
    ['a status code', { statusCode: '401', message: KEY }],
    ['MiniMax’s', { base_resp: { status_code: 1004, status_msg: `bad ${KEY}` } }],
    ['FastAPI’s', { detail: `bad ${KEY}` }],
    ['FastAPI’s object', { detail: { info: `bad ${KEY}` } }],
    ['FastAPI’s list', { detail: [{ msg: `bad ${KEY}` }] }],
    ['words alone', { message: `bad ${KEY}` }],
    ['no success', { success: false, info: KEY }],
    ['an error’s type at the top', { type: 'authentication_error', message: `bad ${KEY}` }],
    ['an exception', { type: 'AccessDeniedException', message: `bad ${KEY}` }],
    ['OpenAI’s object', { object: 'error', text: KEY }],
    ['a list of errors', { errors: [{ text: KEY }] }],
    ['the API’s own', { type: 'error', error: { type: 'api_error', message: `bad ${KEY}` } }],
  ])('lose the key in each envelope, under any name, wherever chunks break: %s', (_, body) => {
    const data = JSON.stringify(body)
    const spaced = data.replaceAll('":', '": ').replaceAll(',"', ', "')
    const jackson = data.replaceAll('":', '" : ')
    const names = [
      '',
      'event: failure\n',
      'event: error\n',
      'event: ping\n',
      'event: content_block_delta\n',
      'event: message_stop\n',
    ]
    const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { maxLength: 12 })
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.constantFrom(data, spaced, jackson),
        fc.constantFrom('\n', '\r\n'),
        fc.constantFrom('', delta('b')),
        sizes,
        (name, data, end, behind, sizes) => {
          const text = `${delta('a')}${name}data: ${data}\n\n${behind}`.replaceAll('\n', end)
          expect(through(pieces(text, sizes)).text).toBe(text.replace(KEY, '[key]'))
        },
      ),
    )
  })

  it('lose the key however large they are', () => {
    const large = error(`${'x'.repeat(1_500_000)} ${KEY}`)
    const sizes = Array.from({ length: 100 }, () => 16 * 1024)
    expect(through(pieces(delta('a') + large + delta('b'), [...sizes])).text).toBe(
      delta('a') + large.replace(KEY, '[key]') + delta('b'),
    )
  })

  it.each([
    ['its blank line comes behind an empty chunk', [`${delta('a').slice(0, -1)}`, '', `\n${error(KEY)}`]],
    ['it waits for its blank line over an empty chunk', [error(KEY).slice(0, -1), '', `\n${delta('a')}`]],
    ['it breaks off in its data', [delta('a'), `data: {"error":{"message":"bad ${KEY}","code":401`]],
    [
      'it runs into the next event',
      [`event: error\rdata: {"error":"${KEY}"}\r${delta('a').replaceAll('\n', '\r')}`],
    ],
    ['it has no data', [`event: error\n: ${KEY}\n\n`]],
  ])('lose the key too where %s', (_name, texts) => {
    const { text } = through(texts.map((part) => Buffer.from(part)))
    expect(text).toBe(texts.join('').replace(KEY, '[key]'))
  })

  it('leave all else as it came, chunk by chunk', () => {
    const chunks = [delta('a'), delta('an "error" of nobody'), delta(KEY) + delta('b')].map((text) =>
      Buffer.from(text),
    )
    const { out } = through(chunks)
    expect(out.map((bytes, i) => bytes === chunks[i])).toEqual([true, true, true])
  })

  it('let a chunk pass in one piece that breaks off in an event of the answer', () => {
    const text = delta('a') + delta('b')
    const chunks = [text.slice(0, -20), text.slice(-20) + text.slice(0, -1), `\n${text}`].map((part) =>
      Buffer.from(part),
    )
    const { out } = through(chunks)
    expect(out.map((bytes, i) => bytes === chunks[i])).toEqual([true, true, true])
  })

  it('let no whole event wait, and the rest of one no longer than it takes', () => {
    const { before, text } = through([Buffer.from(`${delta('a')}event: err`)])
    expect(before).toBe(delta('a'))
    expect(text).toBe(`${delta('a')}event: err`)
  })

  it('are no event of more than 1 MB, which goes on as it comes', () => {
    const large = delta('x'.repeat(3 * 1024 * 1024))
    const { before, text } = through(
      pieces(
        large.slice(0, -1),
        Array.from({ length: 100 }, () => 30_000),
      ),
    )
    expect(before.length).toBeGreaterThan(1024 * 1024)
    expect(text).toBe(large.slice(0, -1))
    expect(through([...pieces(large, [2_000_000]), Buffer.from(error(KEY))]).text).toBe(
      large + error('[key]'),
    )
  })

  it.each([
    ['deltas about errors', (size: number) => delta('an "error" again').repeat(size)],
    ['one event in single bytes', (size: number) => delta('error'.repeat(size))],
  ])('are found in time that grows with the stream: %s', (_, make) => {
    const chunksOf = (size: number) =>
      pieces(
        make(size),
        Array.from({ length: size * 20 }, () => 3),
      )
    expect(growth(300, chunksOf, through)).toBeLessThan(LINEAR)
  })
})

it('blocks are numbered right wherever two chunks part, and where a third is between', () => {
  const block = (index: number, at: number) =>
    event('content_block_start', {
      type: 'content_block_start',
      index,
      content_block: { type: 'text', text: '' },
    }) +
    event('content_block_delta', {
      type: 'content_block_delta',
      index: at,
      delta: { type: 'text_delta', text: 'a' },
    }) +
    event('content_block_delta', {
      type: 'content_block_delta',
      index: at,
      delta: { type: 'text_delta', text: 'b' },
    }) +
    event('content_block_stop', { type: 'content_block_stop', index: at })
  const bytes = Buffer.from(block(0, 1) + block(1, 2))
  const right = block(0, 0) + block(1, 1)
  for (let cut = 1; cut < bytes.length; cut++) {
    for (const to of [cut, cut + 1, cut + 30]) {
      const out: Buffer[] = []
      const indexes = new BlockIndexes((part) => void out.push(part))
      const masked = new MaskedErrors(mask, (part) => indexes.push(part))
      for (const part of [bytes.subarray(0, cut), bytes.subarray(cut, to), bytes.subarray(to)])
        masked.push(Buffer.from(part))
      masked.end()
      indexes.end()
      expect(Buffer.concat(out).toString(), `cut at ${cut} and ${to}`).toBe(right)
    }
  }
})
