import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { message, messageEvents } from '../../test/support/messages.js'
import type { EventData } from '../contract/http.js'
import { type MapTextOptions, mapText } from './map-text.js'
import { Reply } from './reply.js'

const EMAIL = /[\w.+-]{1,20}@[\w-]{1,20}\.[a-z]{2,6}/g
const HOLD = 48
const hide = (text: string) => text.replaceAll(EMAIL, '[mail]')

const start = (index: number, block: object) => ({ type: 'content_block_start', index, content_block: block })
const delta = (index: number, fields: object) => ({ type: 'content_block_delta', index, delta: fields })
const stop = (index: number) => ({ type: 'content_block_stop', index })
const text = (index: number, words: string) => delta(index, { type: 'text_delta', text: words })
const thinking = (index: number, words: string) => delta(index, { type: 'thinking_delta', thinking: words })

async function mapped(
  events: readonly EventData[],
  map = hide,
  options: MapTextOptions = { hold: HOLD },
): Promise<EventData[]> {
  const out: EventData[] = []
  const reply = await mapText(Reply.events(events), map, options)
  for await (const event of reply.events()) out.push(event.data)
  return out
}

/** The text of each block, as a client puts it together; throws where the grammar of the stream is broken. */
function textsOf(events: readonly EventData[]): Record<string, string> {
  const open = new Map<unknown, string>()
  const texts: Record<string, string> = {}
  for (const { type, index, content_block: block, delta } of events as readonly {
    [field: string]: { text?: string; thinking?: string } & string
  }[]) {
    if (type === 'content_block_start') {
      expect(open.has(index)).toBe(false)
      open.set(index, block!.text ?? block!.thinking ?? '')
    } else if (type === 'content_block_delta') {
      expect(open.has(index)).toBe(true)
      open.set(index, open.get(index)! + (delta!.text ?? delta!.thinking ?? ''))
    } else if (type === 'content_block_stop') {
      texts[String(index)] = open.get(index)!
      open.delete(index)
    }
  }
  return texts
}

/** A stream of one text, cut at some places. */
function streamOf(words: string, cuts: readonly number[]): EventData[] {
  const at = [0, ...[...cuts].sort((a, b) => a - b), words.length]
  const deltas = at.slice(1).map((end, i) => text(0, words.slice(at[i], end)))
  return [start(0, { type: 'text', text: '' }), ...deltas, stop(0)]
}

const words = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'ada@example.com',
        'a.very-long.name+tag@mail-host.info',
        'not@mail',
        '@',
        ' ',
        '.',
        'é',
        '🙂',
      ),
      fc.string({ maxLength: 30 }),
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(''))

describe('the text of a stream', () => {
  it('is mapped as the whole text would be, however it is cut', async () => {
    const cuts = fc.array(fc.nat(200), { maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(words, cuts, async (whole, at) => {
        const events = streamOf(
          whole,
          at.filter((n) => n < whole.length),
        )
        expect(textsOf(await mapped(events))).toEqual({ 0: hide(whole) })
      }),
      { numRuns: 300 },
    )
  })

  it.each([
    ['a pattern with word boundaries', (t: string) => t.replace(/\b\d{4}\b/g, '####'), 6],
    ['one that joins what it finds', (t: string) => t.replace(/aa/g, 'X'), 2],
    ['one that trims lines', (t: string) => t.replace(/ +\n/g, '\n'), 10],
    ['one that changes each character', (t: string) => t.toUpperCase(), 0],
  ])('is the same for %s', async (_name, map, hold) => {
    const part = fc.constantFrom('1234', '12345', 'a', 'aaa', ' ', '\n', '  \n', 'x1234', 'é')
    const long = fc.array(part, { maxLength: 40 }).map((parts) => parts.join(''))
    await fc.assert(
      fc.asyncProperty(long, fc.array(fc.nat(150), { maxLength: 30 }), async (whole, at) => {
        const events = streamOf(
          whole,
          at.filter((n) => n < whole.length),
        )
        expect(textsOf(await mapped(events, map, { hold }))).toEqual({ 0: map(whole) })
      }),
      { numRuns: 200 },
    )
  })

  it('waits for no more than it may hold', async () => {
    const out = await mapped(streamOf('x'.repeat(500), [100, 200, 300, 400]))
    const lengths = out.flatMap((event) => (event.type === 'content_block_delta' ? [event] : []))
    expect(lengths.map((event) => (event.delta as { text: string }).text.length)).toEqual([
      100 - HOLD,
      100,
      100,
      100,
      100,
      HOLD,
    ])
  })

  it('cuts no character in two', async () => {
    const out = await mapped(streamOf('🙂'.repeat(60), [7, 8, 41, 90, 101]))
    for (const event of out) {
      const { text = '' } = (event.delta ?? {}) as { text?: string }
      if (event.type === 'content_block_delta') expect(text).toMatch(/^(🙂)*$/u)
    }
  })

  it('leaves the block before its end, in an event of its own, and the rest of the stream as it was', async () => {
    const events = messageEvents({
      thinking: { text: 'write to ada@example.com', signature: 'c2ln' },
      text: 'I wrote to ada@example.com.',
      toolUse: { name: 'mail', input: { to: 'ada@example.com' } },
    })
    const out = await mapped(events)
    expect(textsOf(out)).toEqual({ 0: 'write to ada@example.com', 1: 'I wrote to [mail].', 2: '' })
    const others = (list: readonly EventData[]) =>
      list.filter((event) => event.type !== 'content_block_delta' || event.index !== 1)
    expect(others(out)).toEqual(others(events))
    expect(
      out.at(out.findIndex((event) => event.type === 'content_block_stop' && event.index === 1) - 1),
    ).toEqual(text(1, 'I wrote to [mail].'))
  })

  it('of blocks side by side is kept apart', async () => {
    const out = await mapped([
      start(0, { type: 'text', text: '' }),
      start(1, { type: 'text', text: '' }),
      text(0, 'ada@exam'),
      text(1, 'eve@mail'),
      text(0, 'ple.com'),
      stop(0),
      text(1, '.org'),
      stop(1),
    ])
    expect(textsOf(out)).toEqual({ 0: '[mail]', 1: '[mail]' })
  })

  it('begins in the block’s start where an upstream puts its first words there', async () => {
    const out = await mapped([start(0, { type: 'text', text: 'ada@exam' }), text(0, 'ple.com'), stop(0)])
    expect(out[0]).toEqual(start(0, { type: 'text', text: '' }))
    expect(textsOf(out)).toEqual({ 0: '[mail]' })
  })

  it('of thinking is mapped where that is asked for, and comes before the signature', async () => {
    const signature = delta(0, { type: 'signature_delta', signature: 'c2ln' })
    const events = [
      start(0, { type: 'thinking', thinking: '' }),
      thinking(0, 'ask ada@exam'),
      thinking(0, 'ple.com'),
      signature,
      stop(0),
      start(1, { type: 'text', text: '' }),
      text(1, 'ada@example.com'),
      stop(1),
    ]
    const out = await mapped(events, hide, { hold: HOLD, blocks: ['thinking'] })
    expect(textsOf(out)).toEqual({ 0: 'ask [mail]', 1: 'ada@example.com' })
    expect(out.slice(1, 3)).toEqual([thinking(0, 'ask [mail]'), signature])
    expect(textsOf(await mapped(events, hide, { hold: HOLD, blocks: ['text', 'thinking'] }))).toEqual({
      0: 'ask [mail]',
      1: '[mail]',
    })
  })

  it('that a stream without an end or with an error left behind is not lost', async () => {
    const begin = [start(0, { type: 'text', text: '' }), text(0, 'to ada@example.com')]
    const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
    expect((await mapped(begin)).at(-1)).toEqual(text(0, 'to [mail]'))
    expect((await mapped([...begin, error])).slice(-2)).toEqual([text(0, 'to [mail]'), error])
    const stopped = [...begin, { type: 'message_stop' }]
    expect((await mapped(stopped)).slice(-2)).toEqual([text(0, 'to [mail]'), { type: 'message_stop' }])
  })

  it('that nothing fits is held to the block’s end, at a cost that grows with the text alone', async () => {
    let calls = 0
    const reverse = (t: string) => {
      calls += t.length
      return [...t].reverse().join('')
    }
    const whole = Array.from({ length: 4000 }, (_, i) => i.toString(36)).join(' ')
    const cuts = Array.from({ length: Math.floor(whole.length / 10) }, (_, i) => i * 10)
    const out = await mapped(streamOf(whole, cuts), reverse, { hold: 8 })
    expect(textsOf(out)).toEqual({ 0: reverse(whole) })
    expect(calls).toBeLessThan(whole.length * 100)
  })
})

describe('the text of a JSON answer', () => {
  it('is mapped, and every other byte stays', async () => {
    const body =
      '{"type":"message", "id":1234567890123456789,\n"content":[{"type":"text","text":"to \\u0061da@example.com"},{"type":"thinking","thinking":"ada@example.com"}],"n":1.0}'
    const reply = Reply.bytes(Buffer.from(body), {
      headers: { 'content-type': 'application/json', 'content-length': String(body.length), 'x-kept': '1' },
    })
    const out = await mapText(reply, hide, { hold: HOLD })
    expect(await out.text()).toBe(body.replace('to \\u0061da@example.com', 'to [mail]'))
    expect([out.header('content-length'), out.header('x-kept')]).toEqual([undefined, '1'])
    const both = await mapText(reply, hide, { hold: HOLD, blocks: ['text', 'thinking'] })
    expect(await both.text()).toContain('"thinking":"[mail]"')
  })

  it('that nests too deep to be read is an error, so that nothing gets by', async () => {
    const answer = (depth: number) =>
      `{"type":"message","deep":${'['.repeat(depth)}${']'.repeat(depth)},"content":[{"type":"text","text":"ada@example.com"}]}`
    const map = (depth: number) =>
      Promise.resolve(mapText(Reply.bytes(Buffer.from(answer(depth))), hide, { hold: HOLD }))
    expect((await (await map(500)).text()).endsWith('"text":"[mail]"}]}')).toBe(true)
    await expect(map(5000)).rejects.toMatchObject({
      failure: 'protocol',
      message: expect.stringMatching('nests deeper than 1000'),
    })
  })

  it.each([
    ['a message that has none of it', Reply.json(message({ text: 'nothing here' }))],
    ['an error', Reply.json({ type: 'error', error: { message: 'ada@example.com' } }, { status: 400 })],
    ['a list of models', Reply.json({ data: [{ text: 'ada@example.com' }] })],
    ['what is no JSON', Reply.bytes(Buffer.from('ada@example.com'))],
    ['a message without content', Reply.json({ type: 'message' })],
  ])('of %s stays as it was', async (_name, reply) => {
    expect(await mapText(reply, hide, { hold: HOLD })).toBe(reply)
  })
})
