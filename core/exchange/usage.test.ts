import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { growth, LINEAR } from '../../test/support/growth.js'
import { StreamEvent } from '../stream/sse-event.js'
import { ExchangeRecord } from './record.js'
import { UsageTap } from './usage.js'

const text = (value: string) =>
  StreamEvent.of({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: value } }).raw
const START = StreamEvent.of({
  type: 'message_start',
  message: { usage: { input_tokens: 900, output_tokens: 1, cache_read_input_tokens: 7 } },
}).raw
const END = [
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 120 } },
  { type: 'message_stop' },
].map((data) => StreamEvent.of(data).raw)
/** Longer than what is searched of one chunk, and about what is looked for. */
const LONG = Array.from({ length: 1_500 }, (_, i) => text(`"message_delta" ${i} "message_start"`))
const SEEN = { inputTokens: 900, outputTokens: 120, cacheReadTokens: 7, stopReason: 'end_turn' }

function seen(chunks: readonly Buffer[]) {
  const attempt = new ExchangeRecord().begin('zai', 'a', 'glm-4.7')
  const tap = new UsageTap(attempt)
  for (const chunk of chunks) tap.saw(chunk)
  const { inputTokens, outputTokens, cacheReadTokens, stopReason } = attempt
  return { inputTokens, outputTokens, cacheReadTokens, stopReason }
}

describe('usage of a stream that goes by', () => {
  it('is seen in one burst of 200 kB', () => {
    expect(seen([Buffer.concat([START, ...LONG, ...END])])).toEqual(SEEN)
  })

  it.each([
    ['an event that only names it', 'data: {"type":"ping","before":"message_start"}\n\n'],
    ['a comment that names it', ': next is "message_start"\n\n'],
  ])('is seen behind %s', (_, before) => {
    expect(seen([Buffer.concat([Buffer.from(before), START, ...END])])).toEqual(SEEN)
    expect(seen([Buffer.from(before), START, ...END])).toEqual(SEEN)
  })

  it('is seen event by event', () => {
    expect(seen([START, ...LONG, ...END])).toEqual(SEEN)
  })

  it('is seen at each place where two chunks may part, and where a third is between', () => {
    const plain = Array.from({ length: 3 }, (_, i) => text(`words ${i}`))
    const bytes = Buffer.concat([START, ...plain, ...END])
    // As sockets give them: parts of one buffer may have the marks of the whole.
    const part = (from: number, to?: number) => Buffer.from(bytes.subarray(from, to))
    for (let cut = 1; cut < bytes.length; cut++) {
      // The last ends the line: what follows says nothing of it.
      for (const to of [cut, cut + 1, cut + 40, bytes.indexOf('\n', cut) + 1])
        expect(seen([part(0, cut), part(cut, to), part(to)]), `${cut} and ${to}`).toEqual(SEEN)
    }
  })

  it('is seen wherever the chunks break', () => {
    const bytes = Buffer.concat([Buffer.from(': ping\n\n'), START, ...LONG, ...END])
    const places = fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 8 })
    const atTheEnd = fc.array(fc.integer({ min: bytes.length - 400, max: bytes.length }), { maxLength: 4 })
    fc.assert(
      fc.property(places, atTheEnd, (some, more) => {
        const cuts = [0, ...some, ...more, bytes.length].sort((a, b) => a - b)
        expect(seen(cuts.slice(1).map((cut, i) => bytes.subarray(cuts[i], cut)))).toEqual(SEEN)
      }),
    )
  })
})

it('a line is read once, however often it has the marker', () => {
  const line = (size: number) => {
    const markers = Array(size).fill('"message_start"').join()
    return Buffer.from(
      `data: {"type":"message_start","x":[${markers}],"message":{"usage":{"input_tokens":7}}}\n\n`,
    )
  }
  expect(seen([line(3)])).toMatchObject({ inputTokens: 7 })
  expect(growth(500, line, (bytes) => seen([bytes]))).toBeLessThan(LINEAR)
})
