import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ByteSink } from '../contract/http.js'
import { DeltaRun } from './delta-run.js'
import { MessageReader } from './read.js'

const frame = (text: string, index = 0, type = 'text_delta', key = 'text') =>
  Buffer.from(
    `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":{"type":"${type}","${key}":${text}}}\n\n`,
  )
const run = DeltaRun.from(frame('"Hi"'))!

describe('a run of deltas', () => {
  it('gives the text of those that are written as the first one was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (text, isEscaped) => {
        const written = JSON.stringify(text)
        const spelt = isEscaped
          ? written.replace(/[^ -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
          : written
        const bytes = frame(spelt)
        expect(run.pieceOf(bytes)).toBe(JSON.parse(Buffer.from(spelt).toString()))
      }),
      { numRuns: 2_000 },
    )
  })

  it.each([
    ['of another block', frame('"a"', 1)],
    ['of another kind', frame('"a"', 0, 'thinking_delta', 'thinking')],
    ['with more behind its text', frame('"a","x":"b"')],
    ['with two texts', frame('"a","text":"b"')],
    ['whose text is no text', frame('{}')],
    ['whose text is null', frame('null')],
    ['with a line break in its text', frame('"a\u2028\tb"')],
    ['that broke off in a character', frame('"a\\"')],
    ['with more behind its delta', Buffer.from(frame('"a"').toString().replace('}}', '},"x":"y"}'))],
    ['with other line ends', Buffer.from(frame('"a"').toString().replaceAll('\n', '\r\n'))],
    ['with a comment', Buffer.from(`: c\n${frame('"a"')}`)],
    ['without its blank line', frame('"a"').subarray(0, -1)],
    ['without its name', Buffer.from(frame('"a"').toString().replace(/^.*\n/, ''))],
    ['that is too short', frame('"')],
  ])('leaves a frame alone %s', (_, other) => {
    expect(run.pieceOf(other)).toBeUndefined()
  })

  it.each([
    ['a text with the name of another', frame('"a"', 0, 'text_delta', 'thinking')],
    ['another kind of delta', frame('"a"', 0, 'signature_delta', 'signature')],
    ['fields in another order', Buffer.from(frame('"a"').toString().replace('"index":0,', ''))],
    ['an index that is no number', Buffer.from(frame('"a"').toString().replace('0', '"0"'))],
    ['a second type behind the text', frame('"","type":"signature_delta"')],
    ['a second index behind the delta', Buffer.from(frame('"a"').toString().replace('}}', '},"index":1}'))],
    ['another event', Buffer.from('event: ping\ndata: {"type":"ping"}\n\n')],
  ])('is not begun by %s', (_, first) => {
    expect(DeltaRun.from(first)).toBeUndefined()
  })

  it('is begun by events with spaces too', () => {
    const spaced = (text: string) =>
      Buffer.from(
        `event: content_block_delta\ndata: {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": ${JSON.stringify(text)}}}\n\n`,
      )
    expect(DeltaRun.from(spaced('a'))!.pieceOf(spaced('ü'))).toBe('ü')
  })
})

type Event = { readonly type: string; readonly [name: string]: unknown }

/** Two blocks whose deltas come in any order, with pings and unknown events between them. */
const deltas = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }).map((text) => text_(0, text)) },
    { weight: 3, arbitrary: fc.string({ maxLength: 8 }).map((thinking) => thinking_(1, thinking)) },
    { weight: 3, arbitrary: fc.constantFrom('1', '', '2', '.5').map((json) => input_(2, json)) },
    { weight: 1, arbitrary: fc.constant<Event>({ type: 'ping' }) },
    { weight: 1, arbitrary: fc.constant<Event>({ type: 'new', text: '"}}' }) },
    { weight: 1, arbitrary: fc.constant(text_(7, 'of a block that never began')) },
    { weight: 1, arbitrary: fc.constant(text_(1, 'under a wrong number')) },
    { weight: 1, arbitrary: fc.constant(begin_(0, { type: 'text', text: '' })) }, // some upstreams number every block 0
    { weight: 1, arbitrary: fc.constant(begin_(2, { type: 'tool_use', id: 'u', name: 'm', input: {} })) },
    { weight: 1, arbitrary: fc.constant<Event>({ type: 'content_block_stop', index: 0 }) },
    { weight: 1, arbitrary: fc.constant(delta_(1, { type: 'signature_delta', signature: 's' })) },
    { weight: 1, arbitrary: fc.constant(delta_(0, { type: 'citations_delta', citation: { n: 1 } })) },
  ),
  { maxLength: 20 },
)

function begin_(index: number, content_block: object): Event {
  return { type: 'content_block_start', index, content_block }
}
function delta_(index: number, delta: object): Event {
  return { type: 'content_block_delta', index, delta }
}
function text_(index: number, text: string): Event {
  return delta_(index, { type: 'text_delta', text })
}
function thinking_(index: number, thinking: string): Event {
  return delta_(index, { type: 'thinking_delta', thinking })
}
function input_(index: number, partial_json: string): Event {
  return delta_(index, { type: 'input_json_delta', partial_json })
}

const BEGINNING: Event[] = [
  { type: 'message_start', message: { type: 'message', content: [], usage: { input_tokens: 1 } } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_start', index: 1, content_block: { type: 'thinking', thinking: '' } },
  {
    type: 'content_block_start',
    index: 2,
    content_block: { type: 'tool_use', id: 't', name: 'n', input: {} },
  },
]
const END: Event[] = [
  { type: 'message_delta', delta: { stop_reason: 'max_tokens' }, usage: { output_tokens: 2 } },
  { type: 'message_stop' },
]

/** `space` behind the first brace is a spelling that begins no run. */
function read(events: readonly Event[], space: string, saw = () => {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const source = { pipe() {}, cancel() {}, pause() {}, resume() {} }
    const outcome = { begun() {}, saw, done: resolve, whole: reject, fail: reject }
    const reader: ByteSink = new MessageReader(source, outcome)
    for (const event of events) {
      const data = JSON.stringify(event).replace('{', `{${space}`)
      reader.data(Buffer.from(`event: ${event.type}\ndata: ${data}\n\n`))
    }
    reader.end()
  })
}

it('is folded as its events are one by one', async () => {
  await fc.assert(
    fc.asyncProperty(deltas, async (between) => {
      const events = [...BEGINNING, ...between, ...END]
      const outcome = (space: string) =>
        read(events, space).catch((error: Error) => `failed: ${error.message}`)
      expect(await outcome('')).toBe(await outcome(' '))
    }),
    { numRuns: 1_000 },
  )
})

it('is decoded at its first delta alone', async () => {
  const deltas = ['a', 'b"', 'c\\', 'ü'].map((text) => text_(0, text))
  const decoded = async (space: string) => {
    let events = 0
    await read([...BEGINNING, ...deltas, ...END], space, () => void events++)
    return events
  }
  expect(await decoded(' ')).toBe(BEGINNING.length + 4 + END.length)
  expect(await decoded('')).toBe(BEGINNING.length + 1 + END.length)
})
