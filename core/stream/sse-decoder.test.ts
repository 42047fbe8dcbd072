import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { growth, LINEAR } from '../../test/support/growth.js'
import { FrameDecoder } from './sse-decoder.js'
import { readFields } from './sse-event.js'

const EVENTS = [
  'event: message_start\ndata: {"type":"message_start"}\n\n',
  ': a comment\n\n',
  'id: 7\nretry: 100\nevent: ping\ndata: {"type": "ping"}\n\n',
  'data: {"type":"text",\ndata: "text":"zwei Zeilen, ü, 漢字, 🦀"}\n\n',
  'data:no space\n\n',
  '\n',
]
const STREAM = EVENTS.join('')

interface Decoded {
  readonly frames: Buffer[]
  readonly rest: Buffer
}

function decode(chunks: readonly Buffer[], decoder = new FrameDecoder()): Decoded {
  const frames: Buffer[] = []
  for (const chunk of chunks) decoder.push(chunk, (frame) => void frames.push(frame))
  return { frames, rest: decoder.rest() }
}

/** What a client makes of it: name and text of each event. Comments and blank frames are none. */
function dispatched({ frames }: Decoded): { name: string; text: string }[] {
  return frames.flatMap((raw) => {
    const { name = '', text } = readFields(raw)
    return text === undefined ? [] : [{ name, text }]
  })
}

/** The grammar of https://html.spec.whatwg.org/#event-stream-interpretation over the whole text, one line at a time. */
function reference(stream: Buffer): { name: string; text: string }[] {
  const events: { name: string; text: string }[] = []
  let name = ''
  let data: string[] | undefined
  const lines = stream
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .split(/\r\n|\n|\r/)
  lines.pop() // what follows the last line end is no line
  for (const line of lines) {
    if (line === '') {
      if (data) events.push({ name, text: data.join('\n') })
      name = ''
      data = undefined
      continue
    }
    const [, field, value = ''] = /^([^:]*)(?:: ?([\s\S]*))?$/.exec(line) ?? []
    if (field === 'event') name = value
    if (field === 'data') data = [...(data ?? []), value]
  }
  return events
}

const withEol = (text: string, eol: string) => Buffer.from(text.replaceAll('\n', eol))
const mixed = (text: string) => {
  let n = 0
  return Buffer.from(text.replaceAll('\n', () => ['\r', '\r\n', '\n'][n++ % 3]!))
}

describe.each<[string, Buffer]>([
  ['LF', withEol(STREAM, '\n')],
  ['CRLF', withEol(STREAM, '\r\n')],
  ['CR', withEol(STREAM, '\r')],
  ['mixed line ends', mixed(STREAM)],
  ['a byte order mark', Buffer.from(`\ufeff${STREAM}`)],
  ['a byte order mark and a data line first', Buffer.from(`\ufeffdata: 1\r\n\r\n${STREAM}`)],
])('a stream with %s', (_name, stream) => {
  const whole = dispatched(decode([stream]))

  it('gives the events that the specification says', () => {
    expect(whole).toEqual(reference(stream))
    expect(whole.length).toBeGreaterThanOrEqual(4)
  })

  it('gives the same events and bytes wherever it is cut in two', () => {
    for (let at = 0; at <= stream.length; at++) {
      const cut = decode([stream.subarray(0, at), stream.subarray(at)])
      expect(dispatched(cut), `cut at ${at}`).toEqual(whole)
      expect(Buffer.concat([...cut.frames, cut.rest]), `cut at ${at}`).toEqual(stream)
    }
  })

  it('gives the same events and bytes in single bytes', () => {
    const bytes = decode([...stream].map((byte) => Buffer.from([byte])))
    expect(dispatched(bytes)).toEqual(whole)
    expect(Buffer.concat([...bytes.frames, bytes.rest])).toEqual(stream)
  })
})

describe('any stream in any pieces', () => {
  const piece = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('\n', '\r', '\r\n', '\n\n', '\r\r', '\r\n\r\n') },
    {
      weight: 4,
      arbitrary: fc.constantFrom(
        'data:',
        'data: ',
        'data',
        'event: ',
        'event:',
        ':',
        ' ',
        'id: 1',
        'datax: ',
      ),
    },
    { weight: 2, arbitrary: fc.constantFrom('x', 'ü', '漢', '🦀', '{"type":"ping"}') },
    { weight: 1, arbitrary: fc.string() },
  )
  const stream = fc.array(piece, { maxLength: 40 }).map((parts) => Buffer.from(parts.join('')))
  const cuts = fc.array(fc.nat(200), { maxLength: 12 })
  const cutAt = (bytes: Buffer, at: readonly number[]) => {
    const sorted = [0, ...at.map((n) => Math.min(n, bytes.length)).sort((a, b) => a - b), bytes.length]
    return sorted.slice(1).map((end, i) => bytes.subarray(sorted[i], end))
  }

  it('is read as the specification reads it', () => {
    fc.assert(
      fc.property(stream, cuts, (bytes, at) => {
        fc.pre(bytes.indexOf('\ufeff', 1) < 0) // skipped at the start of any frame, and nobody sends one
        expect(dispatched(decode(cutAt(bytes, at)))).toEqual(reference(bytes))
      }),
      { numRuns: 3000 },
    )
  })

  it('comes out byte by byte as it went in', () => {
    fc.assert(
      fc.property(fc.oneof(stream, fc.uint8Array({ maxLength: 100 }).map(Buffer.from)), cuts, (bytes, at) => {
        const { frames, rest } = decode(cutAt(bytes, at))
        expect(Buffer.concat([...frames, rest])).toEqual(bytes)
      }),
      { numRuns: 3000 },
    )
  })
})

describe('size', () => {
  /** One event of so many bytes, in chunks as a socket gives them. */
  const time = (bytes: number, eol: string) => {
    const line = `data: ${'x'.repeat(994)}${eol}`
    const stream = Buffer.from(line.repeat(bytes / 1000) + eol)
    const chunks: Buffer[] = []
    for (let at = 0; at < stream.length; at += 16_384) chunks.push(stream.subarray(at, at + 16_384))
    const started = process.cpuUsage()
    const { frames } = decode(chunks)
    const { user, system } = process.cpuUsage(started)
    expect(frames).toHaveLength(1)
    expect(frames[0]).toHaveLength(stream.length)
    return (user + system) / 1000
  }

  it.each([
    ['LF', '\n'],
    ['CRLF', '\r\n'],
  ])('a 20 MB event takes linear time (%s)', (_name, eol) => {
    time(1_000_000, eol) // warm
    // Joining the held bytes for each of the 1,221 chunks anew would copy 12 GB: many seconds.
    expect(time(20_000_000, eol)).toBeLessThan(1500)
  })

  it.each(['\n', '\r\n', '\r'])('blank lines take no more time than their bytes: %j', (eol) => {
    const cut = (text: Buffer) => {
      const frames: Buffer[] = []
      for (let at = 0; at < text.length; at += 4096)
        frames.push(...decode([text.subarray(at, at + 4096)]).frames)
      return frames
    }
    const blank = (size: number) => Buffer.from(`: x${eol}${eol}${eol.repeat(size / eol.length)}`)
    expect(cut(blank(100_000)).length).toBeLessThan(100)
    expect(growth(100_000, blank, cut)).toBeLessThan(LINEAR)
  })

  it('refuses an event over the limit, and no stream of many events under it', () => {
    const decoder = new FrameDecoder(1000)
    for (let i = 0; i < 100; i++) decoder.push(Buffer.from(`data: ${'x'.repeat(500)}\n\n`), () => {})
    expect(() => {
      for (let i = 0; i < 10; i++) decoder.push(Buffer.from('x'.repeat(300)), () => {})
    }).toThrow('an event of more than 1000 bytes')
  })

  it('keeps what follows the last complete event for the end', () => {
    expect(decode([Buffer.from('data: 1\n\ndata: 2\n')])).toEqual({
      frames: [Buffer.from('data: 1\n\n')],
      rest: Buffer.from('data: 2\n'),
    })
    expect(decode([Buffer.from('data: 1\n\n')]).rest).toHaveLength(0)
  })
})
