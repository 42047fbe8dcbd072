import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { growth, LINEAR } from '../../test/support/growth.js'
import { messageEvents } from '../../test/support/messages.js'
import type { EventData } from '../contract/http.js'
import { FrameDecoder } from '../stream/sse-decoder.js'
import { StreamEvent } from '../stream/sse-event.js'
import { BlockIndexes } from './block-indexes.js'

const SAID = {
  thinking: { text: 'well, well', signature: 'c2ln' },
  text: 'event: content_block_start, or stop',
  toolUse: { name: 'Bash', input: { command: 'ls', id: 7 } },
}
const EVENTS: readonly EventData[] = messageEvents(SAID)
const right = (index: unknown) => index

/** The events with their numbers changed: of beginnings, of deltas, of ends. */
function numbered(begins: typeof right, deltas: typeof right, ends: typeof right): EventData[] {
  const changes: Record<string, typeof right> = {
    content_block_start: begins,
    content_block_delta: deltas,
    content_block_stop: ends,
  }
  return EVENTS.map((event) => {
    const change = changes[event.type]
    return change ? { ...event, index: change(event.index) } : event
  })
}

const wire = (events: readonly EventData[]) =>
  events.map((event) => StreamEvent.of(event).raw.toString()).join('')

function through(chunks: readonly Buffer[]): Buffer[] {
  const out: Buffer[] = []
  const indexes = new BlockIndexes((bytes) => void out.push(bytes))
  for (const chunk of chunks) indexes.push(chunk)
  indexes.end()
  return out
}

/** Whole events in groups of any size, as they come here. */
function grouped(text: string, sizes: readonly number[] = []): Buffer[] {
  const frames: Buffer[] = []
  new FrameDecoder().push(Buffer.from(text), (frame) => void frames.push(frame))
  const groups: Buffer[] = []
  for (let at = 0, i = 0; at < frames.length; i++) {
    const size = sizes.length > 0 ? sizes[i % sizes.length]! : 1
    groups.push(Buffer.concat(frames.slice(at, at + size)))
    at += size
  }
  return groups
}

const eventsIn = (chunks: readonly Buffer[]) => {
  const events: EventData[] = []
  new FrameDecoder().push(Buffer.concat(chunks), (frame) => void events.push(StreamEvent.parse(frame).data))
  return events
}
const SIZES = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 8 })
const sequence = () => {
  let next = 0
  return () => next++
}

describe('the numbers of blocks', () => {
  it('pass byte for byte, chunk by chunk, where they are right', () => {
    fc.assert(
      fc.property(SIZES, fc.constantFrom('\n', '\r\n'), (sizes, end) => {
        const chunks = grouped(wire(EVENTS).replaceAll('\n', end), sizes)
        const out = through(chunks)
        expect(out.map((bytes, i) => bytes === chunks[i])).toEqual(chunks.map(() => true))
      }),
    )
  })

  const none = () => undefined
  const zero = () => 0
  const next = (index: unknown) => Number(index) + 1
  it.each<[string, () => EventData[]]>([
    ['are 0 for all', () => numbered(zero, zero, zero)],
    ['are left out', () => numbered(none, none, none)],
    [
      'are null',
      () =>
        numbered(
          () => null,
          () => null,
          () => null,
        ),
    ],
    [
      'are left out where they are 0',
      () =>
        numbered(
          (i) => i || undefined,
          (i) => i || undefined,
          (i) => i || undefined,
        ),
    ],
    ['are texts', () => numbered(String, String, String)],
    [
      'are words',
      () =>
        numbered(
          (i) => `b${i}`,
          (i) => `b${i}`,
          (i) => `b${i}`,
        ),
    ],
    ['count from 1', () => numbered(next, next, next)],
    [
      'have gaps',
      () =>
        numbered(
          (i) => Number(i) * 2,
          (i) => Number(i) * 2,
          (i) => Number(i) * 2,
        ),
    ],
    [
      'are each another, beginnings and ends',
      () => {
        const n = sequence()
        return numbered(n, n, n)
      },
    ],
    ['are wrong at the beginnings alone', () => numbered(zero, right, right)],
    ['are wrong at the deltas alone', () => numbered(right, zero, right)],
    ['are left out at the deltas alone', () => numbered(right, none, right)],
    ['are wrong at the ends alone', () => numbered(right, right, zero)],
    ['are left out at the ends alone', () => numbered(right, right, none)],
  ])('are those of a right stream where they %s', (_what, wrong) => {
    fc.assert(
      fc.property(SIZES, fc.constantFrom('\n', '\r\n', '\r'), (sizes, end) => {
        const chunks = grouped(wire(wrong()).replaceAll('\n', end), sizes)
        expect(eventsIn(through(chunks))).toEqual(EVENTS)
      }),
    )
  })

  it('are looked at in the first delta of a block alone, and at each end of one', () => {
    const first = EVENTS.slice(
      0,
      EVENTS.findIndex(({ type }) => type === 'content_block_stop'),
    )
    const odd = { type: 'content_block_delta', index: 7, delta: { type: 'text_delta', text: 'a' } }
    const stop = { type: 'content_block_stop', index: 0 }
    const chunks = grouped(wire([...first, odd, stop, stop]))
    expect(through(chunks).map((bytes, i) => bytes === chunks[i])).toEqual(chunks.map(() => true))
  })

  it('are all that is changed: other numbers, spellings and lines stay', () => {
    const start = wire(EVENTS.slice(0, 1))
    const odd = `id: 7\ndata: {"x" : 1.0, "index":0 ,"content_block":{"type":"text","n":12345678901234567890},"type":"content_block_start"}\nevent: content_block_start\n\n`
    expect(Buffer.concat(through(grouped(start + odd))).toString()).toBe(start + odd)
    const second = odd.replace('"index":0', '"index":1')
    const [, , changed] = grouped(Buffer.concat(through(grouped(start + odd + odd))).toString())
    expect(changed!.toString()).toContain(/\{.*\}/.exec(second)![0])
  })

  it('of an event without its blank line at the end are right too', () => {
    const events = numbered(zero, zero, zero).slice(0, -2)
    const text = wire(events).trimEnd()
    const last = Buffer.from(text.slice(text.lastIndexOf('event: ')))
    expect(events.at(-1)!.type).toBe('content_block_stop')
    expect(eventsIn(through([...grouped(text), last]))).toEqual(EVENTS.slice(0, -2))
  })

  it('are left alone in what is no event of a block that began', () => {
    const lost = { type: 'content_block_delta', index: 5, delta: { type: 'text_delta', text: 'a' } }
    const first = { type: 'content_block_start', index: 1, content_block: { type: 'tool_use' } }
    const broken = 'event: content_block_delta\ndata: {"index":\n\n'
    const out = Buffer.concat(through(grouped(wire([first, lost]) + broken))).toString()
    expect(out).toBe(wire([{ ...first, index: 0 }, lost]) + broken)
  })

  it.each([
    [
      'blocks without an end',
      (n: number) =>
        EVENTS.slice(2, 3).concat(
          Array.from({ length: n }, () => ({
            type: 'content_block_start',
            index: 9,
            content_block: { type: 'text' },
          })),
        ),
    ],
    [
      'blocks, then their ends',
      (n: number) => [
        ...Array.from({ length: n }, () => ({ type: 'content_block_start', index: 9, content_block: {} })),
        ...Array.from({ length: n }, () => ({ type: 'content_block_stop' })),
      ],
    ],
  ])('cost time that grows with the stream: many %s', (_what, make) => {
    expect(growth(400, (n) => grouped(wire(make(n)), [3]), through)).toBeLessThan(LINEAR)
  })
})
