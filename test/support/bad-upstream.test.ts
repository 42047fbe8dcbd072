import { createHash } from 'node:crypto'
import { type IncomingMessage, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { Client } from 'undici'
import { afterEach, describe, expect, it } from 'vitest'
import { anthropicUpstream } from './anthropic-upstream.js'
import {
  closedPort,
  type Handler,
  startUpstream,
  type Upstream,
  type UpstreamOptions,
} from './bad-upstream.js'
import { ask, send } from './client.js'
import { message, messageEvents } from './messages.js'
import {
  compressed,
  hangUp,
  head,
  json,
  raw,
  reset,
  respond,
  type Script,
  sse,
  stall,
  streamed,
} from './script.js'
import { cutInsideCharacter, cutInsideData, frames } from './sse-bytes.js'

const open: Upstream[] = []
afterEach(async () => {
  for (const up of open.splice(0)) await up.close()
})

async function upstream(handler: Handler, options?: UpstreamOptions): Promise<Upstream> {
  const up = await startUpstream(handler, options)
  open.push(up)
  return up
}

const events = messageEvents({ text: 'žluťoučký kůň' })

async function seenFrom(script: Script) {
  return send((await upstream(() => script)).url, { body: ask() })
}

describe('what the upstream records', () => {
  it('keeps headers as they were spelt, the body and its hash', async () => {
    const up = await upstream(() => json({}))
    const body = Buffer.from(JSON.stringify(ask()))
    await send(up.url, { path: '/v1/messages?beta=true', headers: { 'X-Odd-Case': 'Y' }, body })
    const seen = up.requests[0]!
    expect(seen.url).toBe('/v1/messages?beta=true')
    expect(seen.headers).toContainEqual(['X-Odd-Case', 'Y'])
    expect(seen.header('x-odd-case')).toBe('Y')
    expect(seen.sha256).toBe(createHash('sha256').update(body).digest('hex'))
    expect(seen.aborted).toBe(false)
  })

  it('tells when the other side went away', async () => {
    const up = await upstream(() => [head(200), stall()])
    const gone = new AbortController()
    const sent = send(up.url, { body: ask(), signal: gone.signal }).catch(() => {})
    await up.received(1)
    gone.abort()
    await sent
    await expect.poll(() => up.requests[0]!.aborted).toBe(true)
    expect(up.requests[0]!.abortedAt).toBeGreaterThan(up.requests[0]!.at)
  })

  it('does not take its own reset for the other side going away', async () => {
    const up = await upstream(() => reset())
    await send(up.url, { body: ask() }).catch(() => {})
    await expect.poll(() => up.openSockets).toBe(0)
    expect(up.requests[0]!.aborted).toBe(false)
  })

  it('serves many requests of one connection', async () => {
    const up = await upstream((_request, n) => json({ n }))
    const client = new Client(up.url)
    for (let n = 0; n < 3; n++) {
      const { body } = await client.request({ path: '/', method: 'GET' })
      expect(await body.json()).toEqual({ n })
    }
    expect(up.sockets).toBe(1)
    await client.close()
  })

  it('fails a wait for requests that never come', async () => {
    const up = await upstream(() => json({}))
    await expect(up.received(1, 20)).rejects.toThrow('saw 0 requests, not 1')
  })
})

describe('faults of the connection', () => {
  it('resets before headers', async () => {
    const up = await upstream(() => reset())
    await expect(send(up.url, { body: ask() })).rejects.toMatchObject({ code: 'ECONNRESET' })
  })

  it('resets a connection before it reads anything', async () => {
    const up = await upstream(() => json({}), { refuse: (n) => n === 0 })
    await expect(send(up.url, { body: ask() })).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(up.requests).toHaveLength(0)
    expect((await send(up.url, { body: ask() })).status).toBe(200)
  })

  it('has a port where nothing listens', async () => {
    const url = `http://127.0.0.1:${await closedPort()}`
    await expect(send(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('resets after headers', async () => {
    const seen = await seenFrom([head(200), reset()])
    expect(seen).toMatchObject({ status: 200, end: 'broken', error: 'ECONNRESET' })
    expect(seen.body).toHaveLength(0)
  })

  it.each([1, 2, 5])('resets after %i events, which all arrive', async (n) => {
    const seen = await seenFrom(sse(events.slice(0, n), { ending: reset() }))
    expect(seen.end).toBe('broken')
    expect(seen.text()).toBe(Buffer.concat(frames(events.slice(0, n))).toString())
  })

  it('hangs up with a FIN in the middle of a chunked body', async () => {
    const seen = await seenFrom(sse(events.slice(0, 2), { ending: hangUp() }))
    expect(seen.end).toBe('broken')
    expect(seen.text()).toContain('event: ping')
  })

  it('never sends headers, or never a body', async () => {
    const silent = await upstream(() => stall())
    await expect(send(silent.url, { timeout: 100 })).rejects.toMatchObject({ code: 'TIMEOUT' })
    const bodiless = await upstream(() => [head(200), stall()])
    expect(await send(bodiless.url, { timeout: 100 })).toMatchObject({ status: 200, end: 'timeout' })
  })

  it('answers before the upload ends', async () => {
    const up = await upstream(() => json({}), { early: () => json({ early: true }, 400) })
    const req = request(up.url, { method: 'POST', headers: { 'content-length': '1000' } })
    req.on('error', () => {})
    req.write('a few bytes')
    const status = await new Promise((resolve) => req.on('response', (res) => resolve(res.statusCode)))
    req.destroy()
    expect(status).toBe(400)
    expect(up.requests[0]!.complete).toBe(false)
  })
})

describe('faults inside the bytes', () => {
  it('breaks inside a character', async () => {
    const cut = cutInsideCharacter(frames(events))
    const seen = await seenFrom(streamed([cut], { ending: reset() }))
    expect(seen.body.equals(cut)).toBe(true)
    expect(seen.text().endsWith('�')).toBe(true)
  })

  it('breaks inside a data line', async () => {
    const seen = await seenFrom(streamed([cutInsideData(frames(events), 3)], { ending: reset() }))
    expect(seen.text()).toMatch(/\ndata: [^\n]+$/)
    expect(seen.text().match(/\n\n/g)).toHaveLength(3)
  })

  it.each(['\n', '\r\n', '\r'] as const)('ends lines with %j', (eol) => {
    const text = Buffer.concat(frames(events.slice(0, 1), { eol })).toString()
    expect(text).toBe(`event: message_start${eol}data: ${JSON.stringify(events[0])}${eol}${eol}`)
  })

  it('leaves out spaces and event lines, and spreads data over lines', () => {
    const text = Buffer.concat(frames([{ type: 'ping' }], { space: false, eventLines: false })).toString()
    expect(text).toBe('data:{"type":"ping"}\n\n')
    const multi = Buffer.concat(frames([{ type: 'ping' }], { multiLine: true })).toString()
    expect(multi).toBe('event: ping\ndata: {\ndata:  "type": "ping"\ndata: }\n\n')
  })

  it('drips one byte at a time', async () => {
    const few = events.slice(0, 2)
    const seen = await seenFrom(sse(few, { pieces: 'byte', every: 0 }))
    const whole = Buffer.concat(frames(few))
    expect(seen.body.equals(whole)).toBe(true)
    expect(seen.chunks.length).toBeGreaterThan(whole.length / 2)
  })

  it('waits between events', async () => {
    const seen = await seenFrom(sse(events.slice(0, 3), { every: 60 }))
    expect(seen.chunks).toHaveLength(3)
    expect(seen.chunks[2]!.at - seen.chunks[0]!.at).toBeGreaterThan(100)
  })

  it('sends an event of 20 MB', async () => {
    const text = 'x'.repeat(20 * 1024 * 1024)
    const big = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }
    expect((await seenFrom(sse([big]))).body.length).toBeGreaterThan(text.length)
  })
})

describe('lies about the body', () => {
  it('promises more than it sends', async () => {
    const seen = await seenFrom(respond(200, '{"a":1}', { length: 100 }))
    expect(seen).toMatchObject({ status: 200, end: 'broken' })
    expect(seen.text()).toBe('{"a":1}')
  })

  it('sends more than it promised', async () => {
    const seen = await seenFrom(respond(200, '{"a":1}', { length: 3 }))
    expect(seen.text()).toBe('{"a')
    expect(seen.headers['content-length']).toBe('3')
  })

  it('compresses, and may claim something else', async () => {
    expect(gunzipSync((await seenFrom(compressed('{}', 'gzip'))).body).toString()).toBe('{}')
    expect(brotliDecompressSync((await seenFrom(compressed('{}', 'br'))).body).toString()).toBe('{}')
    const wrong = await seenFrom(compressed('{}', 'gzip', { claim: 'br' }))
    expect(wrong.headers['content-encoding']).toBe('br')
    expect((await seenFrom(compressed('{}', 'zstd'))).body.readUInt32LE(0)).toBe(0xfd2fb528)
  })

  it('sends what is no HTTP at all', async () => {
    const up = await upstream(() => [raw('this is no HTTP\r\n\r\n'), hangUp()])
    await expect(send(up.url, { body: ask() })).rejects.toMatchObject({ code: 'HPE_INVALID_CONSTANT' })
  })
})

describe('the well-behaved upstream', () => {
  it('tells the same message as JSON and as a stream', async () => {
    const init = {
      thinking: { text: 'hm, hm', signature: 'c2ln' },
      text: 'the answer',
      toolUse: { name: 'Bash', input: { command: 'echo hi' } },
    }
    const up = await upstream(anthropicUpstream(init))
    expect((await send(up.url, { body: ask() })).json()).toEqual(
      message({ ...init, model: 'claude-sonnet-5' }),
    )
    const stream = await send(up.url, { body: ask({ stream: true }) })
    expect(stream.headers['content-type']).toContain('text/event-stream')
    const deltas = messageEvents(init).flatMap(({ delta }) =>
      delta ? [delta as Record<string, string>] : [],
    )
    const joined = (field: string) => deltas.map((delta) => delta[field] ?? '').join('')
    expect(joined('thinking')).toBe('hm, hm')
    expect(joined('text')).toBe('the answer')
    expect(JSON.parse(joined('partial_json'))).toEqual({ command: 'echo hi' })
    expect(deltas.at(-1)).toMatchObject({ stop_reason: 'tool_use' })
  })

  it('holds back when the reader is slow', async () => {
    let made = 0
    function* chunks() {
      for (; made < 100; made++) yield Buffer.alloc(1024 * 1024)
    }
    const up = await upstream(() => streamed(chunks()))
    const req = request(up.url, { method: 'POST' }).end()
    const res = await new Promise<IncomingMessage>((resolve) => req.on('response', resolve))
    await sleep(200)
    expect(made).toBeLessThan(20)
    res.destroy()
  })
})
