import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isKnownError } from '../../core/errors/gateway-errors.js'
import { ExchangeRecord } from '../../core/exchange/record.js'
import { Reply } from '../../core/exchange/reply.js'
import { UsageTap } from '../../core/exchange/usage.js'
import { mapSource } from '../../core/stream/map-events.js'
import { bytesSource, collect } from '../../core/stream/source.js'
import { FrameDecoder } from '../../core/stream/sse-decoder.js'
import { StreamEvent } from '../../core/stream/sse-event.js'
import { confirm } from '../../core/upstream/confirm.js'
import { MessageStop } from '../../plugins/stream-guard/message-stop.js'
import { makeCall } from '../../testing.js'
import { answer } from '../support/anthropic-upstream.js'
import { ask, send } from '../support/client.js'
import { jsonValue } from '../support/json-value.js'
import { messageEvents } from '../support/messages.js'
import { frames } from '../support/sse-bytes.js'
import { stand, zaiPair } from '../support/stand.js'

const SEED = Number(process.env.FAULT_SEED ?? Math.floor(Math.random() * 2 ** 31))
const SSE = { 'content-type': 'text/event-stream' }
const attempt = () => new ExchangeRecord().begin('zai', 'one', 'glm-4.7')
const options = (numRuns: number) => ({ seed: SEED, numRuns, endOnFailure: false })

/** Bytes that look like an event stream often enough to reach every corner of its grammar. */
const lines = fc.constantFrom(
  'event: message_start',
  'event: content_block_delta',
  'event: error',
  'event:',
  'data: {"type":"message_stop"}',
  'data: {"type":"error","error":null}',
  'data: {"type":"content_block_delta","index":0,"delta":null}',
  'data: {"type":"message_delta","usage":"many"}',
  'data: null',
  'data: [1]',
  'data:{}',
  'data',
  ':',
  ': comment',
  'id: 1',
  'retry: x',
  '\ufeff',
  'ž🐎',
)
const ends = fc.constantFrom('\n', '\r\n', '\r', '\n\n', '\r\n\r\n', '\r\r', '\n\r', '')
const streams = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc
    .array(fc.tuple(fc.oneof(lines, fc.string()), ends), { maxLength: 30 })
    .map((parts) => Buffer.from(parts.flat().join(''))),
  fc
    .array(
      fc.oneof(
        fc.constantFrom(...messageEvents({ text: 'ž', toolUse: { name: 'T', input: { a: 1 } } })),
        fc.json().map((json) => `data: ${json}\n\n`),
      ),
    )
    .map((events) => Buffer.concat(frames(events))),
)

/** The bytes in pieces, cut anywhere. */
const cut = (bytes: Buffer, cuts: readonly number[]): Buffer[] => {
  const at = [0, ...cuts.map((c) => c % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end))
}
const cuts = fc.array(fc.nat(), { maxLength: 12 })

function framesOf(chunks: readonly Buffer[]): { frames: Buffer[]; rest: Buffer } {
  const decoder = new FrameDecoder()
  const found: Buffer[] = []
  for (const chunk of chunks) decoder.push(chunk, (frame) => void found.push(frame))
  return { frames: found, rest: decoder.rest() }
}

describe(`the SSE decoder (FAULT_SEED=${SEED})`, () => {
  it('loses, adds and changes no byte, wherever the chunks break', () => {
    fc.assert(
      fc.property(streams, cuts, (bytes, where) => {
        const whole = framesOf([bytes])
        const pieces = framesOf(cut(bytes, where))
        expect(Buffer.concat([...whole.frames, whole.rest]).equals(bytes)).toBe(true)
        expect(Buffer.concat([...pieces.frames, pieces.rest]).equals(bytes)).toBe(true)
        // A CRLF whose halves came apart leaves its LF to the next frame, and that means nothing there; nor do blank lines.
        const said = ({ frames }: { frames: Buffer[] }) =>
          frames.map((f) => f.toString().replace(/^\n/, '').trimEnd()).filter((text) => text !== '')
        expect(said(pieces)).toEqual(said(whole))
      }),
      options(3_000),
    )
  })

  it('reads any frame without a throw, and gives it back as it was', () => {
    fc.assert(
      fc.property(streams, (bytes) => {
        for (const frame of framesOf([bytes]).frames) {
          const event = StreamEvent.parse(frame)
          expect(typeof event.type).toBe('string')
          expect(typeof event.data).toBe('object')
          expect([event.malformed, event.hasData].map((flag) => typeof flag)).toEqual(['boolean', 'boolean'])
          expect(event.raw).toBe(frame)
        }
      }),
      options(3_000),
    )
  })

  it('and a pass of mappers that change nothing changes nothing', () =>
    fc.assert(
      fc.asyncProperty(streams, cuts, async (bytes, where) => {
        const source = mapSource(bytesSource(cut(bytes, where)), [() => {}, (event) => event], () => {
          throw new Error('no fault was expected')
        })
        expect((await collect(source, 1e7)).equals(bytes)).toBe(true)
      }),
      options(1_000),
    ))

  it('whoever else looks at the bytes lives on', () => {
    fc.assert(
      fc.property(streams, cuts, (bytes, where) => {
        const [tap, sign] = [new UsageTap(attempt()), new MessageStop()]
        for (const chunk of cut(bytes, where)) {
          tap.saw(chunk)
          sign.saw(chunk)
        }
      }),
      options(1_000),
    )
  })

  it('a fold ends in a message or in an error that says what was wrong', () =>
    fc.assert(
      fc.asyncProperty(streams, cuts, async (bytes, where) => {
        const reply = Reply.stream(bytesSource(cut(bytes, where)), { headers: SSE })
        const outcome = await (async () => confirm(reply, makeCall(), attempt()))().catch((error) => error)
        if (isKnownError(outcome)) return
        const body = await outcome.json()
        expect(outcome.ok ? Array.isArray(body.content) : outcome.status >= 400).toBe(true)
      }),
      options(2_000),
    ))
})

const fixtures = new URL('../fixtures/requests/', import.meta.url)
const captured = readdirSync(fixtures).map((name) =>
  JSON.parse(readFileSync(new URL(name, fixtures), 'utf8')),
)

/** Values that no client should send in most places. */
const odd = fc.oneof(
  fc.constantFrom(
    null,
    true,
    0,
    -1,
    1e308,
    '',
    'text',
    [],
    {},
    [[]],
    [null],
    { type: 'text' },
    { type: 'tool_result', content: [null] },
  ),
  fc.constantFrom<unknown>(
    { role: 'user' },
    [{ type: 'thinking' }],
    { cache_control: null },
    { __proto__: 1 },
    '\ud800',
  ),
  jsonValue(),
)

/** A captured request with some of its values replaced, taken away or doubled. */
const mutated = fc
  .tuple(
    fc.constantFrom(...captured),
    fc.array(fc.tuple(fc.nat(), odd, fc.nat(3)), { minLength: 1, maxLength: 5 }),
  )
  .map(([request, changes]) => {
    const body = structuredClone(request.body ?? request)
    for (const [place, value, how] of changes) change(body, place, structuredClone(value), how)
    return body
  })

function change(root: object, place: number, value: unknown, how: number): void {
  const places: [Record<string, unknown>, string][] = []
  const walk = (node: unknown, depth: number) => {
    if (typeof node !== 'object' || node === null || depth > 6) return
    for (const key of Object.keys(node)) {
      places.push([node as Record<string, unknown>, key])
      walk((node as Record<string, unknown>)[key], depth + 1)
    }
  }
  walk(root, 0)
  const [node, key] = places[place % places.length] ?? []
  if (!node || key === undefined) return
  if (how === 0) delete node[key]
  else if (how === 1 && Array.isArray(node)) node.splice(Number(key), 0, value)
  else node[key] = value
}

describe(`the JSON entry (FAULT_SEED=${SEED})`, () => {
  const bodies = fc.oneof(
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)) },
    { weight: 1, arbitrary: fc.json().map((json) => Buffer.from(json)) },
    {
      weight: 2,
      arbitrary: fc
        .record(
          { model: odd, messages: odd, system: odd, tools: odd, stream: odd, thinking: odd },
          { requiredKeys: [] },
        )
        .map((body) => Buffer.from(JSON.stringify(body))),
    },
    { weight: 2, arbitrary: fc.array(odd).map((messages) => Buffer.from(JSON.stringify(ask({ messages })))) },
    { weight: 6, arbitrary: mutated.map((body) => Buffer.from(JSON.stringify(body))) },
  )

  it.each(['/v1/messages', '/v1/messages/count_tokens'])(
    'any body to %s is served or refused, never a crash',
    async (path) => {
      const { send: to, gateway } = await stand(
        (request) =>
          request.url.includes('count_tokens')
            ? answer({}, { json: () => ({}) })
            : answer({ text: 'fine' }, request),
        { config: zaiPair },
      )
      await fc.assert(
        fc.asyncProperty(bodies, async (body) => {
          const seen = await to({ path, body })
          expect([200, 400]).toContain(seen.status)
          expect(seen.end).toBe('clean')
          if (seen.status === 400) expect(seen.json()).toMatchObject({ type: 'error' })
        }),
        options(700),
      )
      expect(gateway.logs.filter(({ level }) => level === 'error')).toEqual([])
      expect((await send(gateway.url, { body: ask() })).status).toBe(200)
    },
  )

  it('any path, method and header is answered', async () => {
    const { send: to, gateway } = await stand((request) => answer({ text: 'fine' }, request), {
      config: zaiPair,
    })
    const path = fc.oneof(
      fc.webPath().map((p) => (p.startsWith('/') ? p : `/${p}`)),
      fc.constantFrom(
        '/v1//messages',
        '//',
        '/v1/messages/',
        '/v1/models/%',
        '/v1/models/%ff%00',
        '/?',
        '/v1/messages?a=%zz',
      ),
    )
    const method = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'HEAD')
    const headers = fc.dictionary(
      fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/),
      fc.stringMatching(/^[\x21-\x7e][\x20-\x7e]{0,40}$/),
      { maxKeys: 10 },
    )
    const special = new Set([
      'host',
      'connection',
      'content-length',
      'transfer-encoding',
      'upgrade',
      'expect',
      'te',
      'trailer',
      'origin',
    ])
    await fc.assert(
      fc.asyncProperty(path, method, headers, async (path, method, fields) => {
        const plain = Object.fromEntries(Object.entries(fields).filter(([name]) => !special.has(name)))
        const body = method === 'POST' ? ask() : undefined
        const seen = await to({ path, method, headers: plain, ...(body && { body }) })
        expect(seen.end).toBe('clean')
        expect(seen.status).toBeLessThan(500)
      }),
      options(500),
    )
    expect((await send(gateway.url, { body: ask() })).status).toBe(200)
  })
})
