import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ByteSource, EventMapper, StreamMapper } from '../contract/http.js'
import { mapSource } from './map-events.js'
import { collect, iterableSource } from './source.js'
import { StreamEvent } from './sse-event.js'

const STREAM = [
  'event: a\r\ndata: {"type" : "a"}\r\n\r\n',
  ': comment\n\n',
  'id: 1\nevent: b\ndata: {"type":"b","n":1}\n\n',
  'data: {"type":"a"}\n\n',
]
const fault = (error: unknown) => StreamEvent.of({ type: 'error', said: (error as Error).message })

/** A source that a test pushes, and that tells what was asked of it. */
function manual() {
  const asked: string[] = []
  let push: (chunk: string) => void = () => {}
  const source: ByteSource = {
    pipe(sink) {
      push = (chunk) => sink.data(Buffer.from(chunk))
    },
    pause: () => void asked.push('pause'),
    resume: () => void asked.push('resume'),
    cancel: () => void asked.push('cancel'),
  }
  return { source, asked, push: (chunk: string) => push(chunk) }
}

async function map(
  chunks: readonly (string | Buffer)[],
  ...mappers: (EventMapper | StreamMapper)[]
): Promise<string> {
  const source = iterableSource(chunks.map((chunk) => Buffer.from(chunk as string)))
  return (await collect(mapSource(source, mappers, fault), 1e6)).toString()
}

describe('mappers that change nothing', () => {
  it('leave every byte as it came', async () => {
    const seen: string[] = []
    const out = await map(STREAM, (event) => void seen.push(event.type))
    expect(out).toBe(STREAM.join(''))
    expect(seen).toEqual(['a', 'b', 'a'])
  })

  it('leave every byte as it came, however it is cut', async () => {
    const bytes = Buffer.from(STREAM.join(''))
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 8 }), async (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), bytes.length]
        const chunks = at.slice(1).map((end, i) => bytes.subarray(at[i], end))
        expect(await map(chunks, (event) => event)).toBe(bytes.toString())
      }),
    )
  })

  it('pass on what a broken stream left behind the last event', async () => {
    expect(await map([...STREAM, 'data: {"type":"half'], () => {})).toBe(
      `${STREAM.join('')}data: {"type":"half`,
    )
  })
})

describe('a mapper', () => {
  it('changes, drops and adds events, and the others stay as they are', async () => {
    const out = await map(STREAM, (event) =>
      event.type === 'b' ? event.with({ ...event.data, n: 2 }) : undefined,
    )
    expect(out).toBe(STREAM.with(2, 'event: b\ndata: {"type":"b","n":2}\n\n').join(''))
    expect(await map(STREAM, (event) => (event.type === 'a' ? [] : event))).toBe(STREAM[1]! + STREAM[2]!)
    const more = await map([STREAM[3]!], (event) => [event, StreamEvent.of({ type: 'c' })])
    expect(more).toBe(`${STREAM[3]}event: c\ndata: {"type":"c"}\n\n`)
  })

  it('sees what the one before it made: each of the added, none of the dropped', async () => {
    const seen: string[] = []
    await map(
      STREAM,
      (event) => (event.type === 'a' ? [] : [event, StreamEvent.of({ type: 'c' })]),
      (event) => (event.type === 'c' ? [event, event] : undefined),
      (event) => void seen.push(event.type),
    )
    expect(seen).toEqual(['b', 'c', 'c'])
  })

  it('sees no comments', async () => {
    expect(await map([': ping\n\n', '\n'], () => [])).toBe(': ping\n\n\n')
  })

  it('that throws: earlier events, one error event, an end that says that the client was told, and the source is let go', () => {
    const { source, asked, push } = manual()
    const out: string[] = []
    mapSource(
      source,
      [
        (event) => {
          if (event.type === 'b') throw new Error('broken')
        },
      ],
      fault,
    ).pipe({
      data: (chunk) => void out.push(chunk.toString()),
      end: () => void out.push('END'),
      error: (error) => void out.push(error.name),
    })
    push(STREAM.join(''))
    expect(out).toEqual([
      `${STREAM[0]}${STREAM[1]}event: error\ndata: {"type":"error","said":"broken"}\n\n`,
      'ToldError',
    ])
    expect(asked).toEqual(['cancel'])
  })
})

describe('the end of a mapper', () => {
  const stop = 'event: message_stop\ndata: {"type":"message_stop"}\n\n'
  const added = (n: number | string) => `event: added\ndata: {"type":"added","n":${JSON.stringify(n)}}\n\n`
  const adding = (n: number | string): StreamMapper => ({ end: () => StreamEvent.of({ type: 'added', n }) })

  it('adds events behind the last one', async () => {
    expect(await map(STREAM, adding(1))).toBe(STREAM.join('') + added(1))
    const two = () => [1, 2].map((n) => StreamEvent.of({ type: 'added', n }))
    expect(await map(STREAM, { end: two })).toBe(STREAM.join('') + added(1) + added(2))
    expect(await map(STREAM, { end: () => {} })).toBe(STREAM.join(''))
    expect(await map([], adding(1))).toBe(added(1))
  })

  it('adds them before message_stop, where clients stop to read, and once', async () => {
    expect(await map([...STREAM, stop, ': bye\n\n'], adding(1))).toBe(
      `${STREAM.join('')}${added(1)}${stop}: bye\n\n`,
    )
  })

  it('comes after the mapper’s last event', async () => {
    const log: string[] = []
    const end = () => void log.push('end')
    await map([STREAM[3]!, stop], { event: (event) => void log.push(event.type), end })
    await map([STREAM[3]!], { event: (event) => void log.push(event.type), end })
    expect(log).toEqual(['a', 'message_stop', 'end', 'a', 'end'])
  })

  it('is seen by the mappers behind it, each of which ends after it', async () => {
    const log: string[] = []
    const outer = (name: string): StreamMapper => ({
      event(event) {
        log.push(`${name} ${event.type} ${event.data.n ?? ''}`)
        return event.type === 'added'
          ? event.with({ ...event.data, n: `${event.data.n} ${name}` })
          : undefined
      },
      end: () => StreamEvent.of({ type: 'added', n: name }),
    })
    const all = added('in mid out') + added('mid out') + added('out')
    expect(await map([stop], adding('in'), outer('mid'), outer('out'))).toBe(all + stop)
    expect(log).toEqual([
      'mid added in',
      'mid message_stop ',
      'out added in mid',
      'out added mid',
      'out message_stop ',
    ])
    expect(await map([], adding('in'), outer('mid'), outer('out'))).toBe(all)
  })

  it('runs though the mapper drops message_stop', async () => {
    const dropping: StreamMapper = { ...adding(1), event: () => [] }
    expect(await map([stop], dropping)).toBe(added(1))
  })

  it('does not run for a stream with an error event, nor for one that breaks', async () => {
    const error = 'event: error\ndata: {"type":"error"}\n\n'
    expect(await map([STREAM[3]!, error], adding(1))).toBe(STREAM[3]! + error)
    async function* broken() {
      yield Buffer.from(STREAM[3]!)
      throw new Error('reset')
    }
    const out: string[] = []
    await new Promise<void>((resolve) => {
      mapSource(iterableSource(broken()), [adding(1)], fault).pipe({
        data: (chunk) => void out.push(chunk.toString()),
        end: resolve,
        error: () => resolve(),
      })
    })
    expect(out.join('')).toBe(STREAM[3])
  })

  it('that throws makes the last event, after what the others added', async () => {
    const throwing: StreamMapper = {
      end() {
        throw new Error('no more')
      },
    }
    await expect(map(STREAM, throwing)).rejects.toThrow('no more')
    const out: string[] = []
    mapSource(iterableSource([Buffer.from(STREAM[3]!)]), [throwing], fault).pipe({
      data: (chunk) => void out.push(chunk.toString()),
      end: () => void out.push('END'),
      error: (error) => void out.push(error.name),
    })
    await expect
      .poll(() => out)
      .toEqual([STREAM[3], 'event: error\ndata: {"type":"error","said":"no more"}\n\n', 'ToldError'])
  })
})

describe('a last event without its blank line', () => {
  it('is seen like any other', async () => {
    const seen: unknown[] = []
    const open = 'event: b\ndata: {"type":"b","n":1}'
    expect(await map([open], (event) => void seen.push(event.data.n))).toBe(open)
    expect(seen).toEqual([1])
    expect(await map([open], () => [])).toBe('')
  })

  it('is closed before more is added', async () => {
    const end = () => StreamEvent.of({ type: 'c' })
    expect(await map(['data: {"type":"b"}\n'], { end })).toBe(
      'data: {"type":"b"}\n\n\nevent: c\ndata: {"type":"c"}\n\n',
    )
  })
})

describe('the flow', () => {
  it('gives one chunk for one chunk, in the same tick', () => {
    const { source, push } = manual()
    const out: string[] = []
    mapSource(source, [() => {}], fault).pipe({
      data: (c) => void out.push(c.toString()),
      end() {},
      error() {},
    })
    push(STREAM.join(''))
    expect(out).toEqual([STREAM.join('')])
    push('data: 1')
    expect(out).toHaveLength(1)
    push('\n\n')
    expect(out).toEqual([STREAM.join(''), 'data: 1\n\n'])
  })

  it('hands pause, resume and cancel to the source', () => {
    const { source, asked } = manual()
    const mapped = mapSource(source, [], fault)
    mapped.pause()
    mapped.resume()
    mapped.cancel()
    expect(asked).toEqual(['pause', 'resume', 'cancel'])
  })

  it('hands the error of a broken source on', async () => {
    async function* broken() {
      yield Buffer.from(STREAM[0]!)
      throw new Error('reset')
    }
    const mapped = mapSource(iterableSource(broken()), [() => {}], fault)
    await expect(collect(mapped, 1e6)).rejects.toThrow('reset')
  })
})
