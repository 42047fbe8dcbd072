import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { TestConfig } from '../harness/gateway.js'
import { answer, anthropicUpstream, failure } from '../support/anthropic-upstream.js'
import { expectAtOnce } from '../support/at-once.js'
import type { SeenRequest } from '../support/bad-upstream.js'
import { ask } from '../support/client.js'
import { messageEvents } from '../support/messages.js'
import { compressed, hangUp, head, json, reset, sse, stall, streamed } from '../support/script.js'
import { frames } from '../support/sse-bytes.js'
import { direct, stand, zaiPair } from '../support/stand.js'

interface Recorded {
  readonly method: string
  readonly path: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: object
}

const folder = new URL('../fixtures/requests/', import.meta.url)
const recorded = readdirSync(folder)
  .filter((file) => file.endsWith('-turn.json'))
  .map((file) => ({
    name: file.replace('.json', ''),
    ...(JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Recorded),
  }))

const CHAINS = [
  { preset: 'claude-code' as const, config: direct },
  {
    preset: 'passthrough' as const,
    config: (url: string): TestConfig => ({ ...direct(url), preset: 'passthrough' }),
  },
]

const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex')
const namesOf = (request: SeenRequest) => request.headers.map(([name]) => name.toLowerCase())

describe.each(CHAINS)('with nothing to rewrite, preset $preset', ({ config }) => {
  it.each(recorded)('the upstream gets the very bytes of $name', async ({ path, headers, body }) => {
    const { up, send } = await stand(anthropicUpstream(), { config })
    const bytes = JSON.stringify(body)
    const seen = await send({ path, headers: Object.fromEntries(headers), body: bytes })
    expect(seen.status).toBe(200)
    expect(up.requests).toHaveLength(1)
    const request = up.requests[0]!
    expect(request.sha256).toBe(sha256(bytes))
    expect(request.url).toBe(path)
    const kept = headers.filter(([name]) =>
      /^(anthropic-|x-claude-code-|x-stainless-|x-app$|user-agent$|accept$)/i.test(name),
    )
    expect(kept.length).toBeGreaterThan(2)
    for (const [name, value] of kept)
      expect([name, request.header(name.toLowerCase())]).toEqual([name, value])
  })

  it('leaves spacing, escapes, doubled keys and unknown fields as the client wrote them', async () => {
    const { up, send } = await stand(anthropicUpstream(), { config })
    const bytes =
      '{ "unknown":{"b":1.0,"a":1e3} , "model" : "claude-sonnet-5","model":"claude-sonnet-5",\n"max_tokens":1,' +
      '"messages":[{"role":"user","content":"caf\\u00e9 \\ud83d\\ude00","odd":null}]}  '
    expect((await send({ body: bytes })).status).toBe(200)
    expect(up.requests[0]!.body.toString()).toBe(bytes)
  })
})

describe('what travels to the upstream', () => {
  it.each(['?beta=true', '?beta=true&x=%2F%20+&beta=false', '?', ''])(
    'the query string %j',
    async (query) => {
      const { up, send } = await stand(anthropicUpstream())
      await send({ path: `/v1/messages${query}`, body: ask() })
      expect(up.requests[0]!.url).toBe(`/v1/messages${query}`)
    },
  )

  it.each<Record<string, string>>([
    { 'x-api-key': 'sk-client' },
    { authorization: 'Bearer sk-client' },
    { 'x-api-key': 'sk-client', 'anthropic-version': '2026-10-21' },
    { authorization: 'Bearer sk-client', 'anthropic-version': '2023-06-01' },
    { authorization: 'sk-client', 'x-api-key': 'sk-client', 'x-goog-api-key': 'sk-client' },
    {},
  ])('the account key, once, in place of %j', async (credentials) => {
    for (const config of [direct, zaiPair]) {
      const { up, send } = await stand(anthropicUpstream(), { config })
      await send({ headers: credentials, body: ask() })
      const { headers } = up.requests[0]!
      expect(JSON.stringify(headers)).not.toContain('sk-client')
      expect(headers.filter(([, value]) => value.includes('sk-upstream-1'))).toHaveLength(1)
      const names = headers.map(([name]) => name.toLowerCase())
      expect(names.filter((name) => /^(authorization|x-api-key|x-goog-api-key)$/.test(name))).toHaveLength(1)
    }
  })

  it('no hop-by-hop header, none that `connection` names, no cookie', async () => {
    const { up, send } = await stand(anthropicUpstream())
    const headers = {
      connection: 'close, x-private-hop',
      'keep-alive': 'timeout=5',
      'proxy-authorization': 'Basic c2VjcmV0',
      'proxy-connection': 'keep-alive',
      te: 'trailers',
      upgrade: 'h2c',
      'x-private-hop': '1',
      cookie: 'session=1',
      'x-kept': 'yes',
    }
    await send({ headers, body: ask() })
    const names = namesOf(up.requests[0]!)
    const forbidden = Object.keys(headers).filter((name) => name !== 'connection' && name !== 'x-kept')
    expect(names.filter((name) => forbidden.includes(name))).toEqual([])
    expect(up.requests[0]!.header('connection')).not.toContain('x-private-hop')
    expect(up.requests[0]!.header('x-kept')).toBe('yes')
    expect(up.requests[0]!.header('host')).toBe(new URL(up.url).host)
    expect(names.filter((name) => name === 'content-length')).toHaveLength(1)
  })

  it('the body of a chunked upload, with its length', async () => {
    const { up, url } = await stand(anthropicUpstream())
    const bytes = Buffer.from(JSON.stringify(ask({ padding: 'x'.repeat(300_000) })))
    const body = new ReadableStream({
      start(controller) {
        for (let i = 0; i < bytes.length; i += 50_000) controller.enqueue(bytes.subarray(i, i + 50_000))
        controller.close()
      },
    })
    const res = await fetch(`${url}/v1/messages`, { method: 'POST', body, duplex: 'half' } as RequestInit)
    expect(res.status).toBe(200)
    expect(up.requests[0]!.sha256).toBe(sha256(bytes))
    expect(up.requests[0]!.header('content-length')).toBe(String(bytes.length))
  })
})

describe('what comes back to the client', () => {
  it('status, body and end-to-end headers, without those of the upstream connection', async () => {
    const limits = {
      'anthropic-ratelimit-requests-remaining': '3',
      'request-id': 'req_theirs',
      'x-extra': 'a',
    }
    const { send } = await stand(() =>
      json({ type: 'message', odd: true }, 200, { headers: { ...limits, 'keep-alive': 'timeout=1' } }),
    )
    const seen = await send({ body: ask() })
    expect(seen.headers).toMatchObject(limits)
    expect(seen.headers['keep-alive']).not.toBe('timeout=1')
    expect(seen.headers['x-account-email']).toBe('one')
    expect(seen.headers['server-timing']).toMatch(/^agproxy;dur=[\d.]+, upstream;dur=[\d.]+$/)
    expect(seen.body.toString()).toBe('{"type":"message","odd":true}')
  })

  it('an upstream error, byte for byte', async () => {
    const script = failure(400, 'invalid_request_error', 'max_tokens: too many', {
      'x-should-retry': 'false',
    })
    const { send } = await stand(() => script)
    const seen = await send({ body: ask() })
    expect(seen.status).toBe(400)
    expect(seen.headers['x-should-retry']).toBe('false')
    expect(seen.body.toString()).toBe(
      '{"type":"error","error":{"type":"invalid_request_error","message":"max_tokens: too many"}}',
    )
  })

  it('a stream as it was spelt, with its comments, ids and unknown events', async () => {
    const odd = [': a comment\n\n', 'id: 7\nevent: brand_new\ndata:{"type":"brand_new"}\n\n', 'retry: 10\n\n']
    const chunks = frames([...odd, ...messageEvents()], { eol: '\n' })
    const { send } = await stand(() => streamed(chunks))
    const seen = await send({ body: ask({ stream: true }) })
    expect(seen.end).toBe('clean')
    expect(seen.text()).toBe(Buffer.concat(chunks).toString())
  })

  it('each chunk as it comes, the first before the upstream says more', async () => {
    const { send } = await stand(() => streamed(frames(messageEvents()), { every: 40 }))
    const seen = await send({ body: ask({ stream: true }) })
    const events = messageEvents().length
    expect(seen.chunks.length).toBe(events)
    expect(seen.chunks.at(-1)!.at - seen.chunks[0]!.at).toBeGreaterThan((events - 1) * 30)
  })

  it.each(['gzip', 'br', 'deflate'] as const)(
    'a readable answer where the upstream used %s',
    async (encoding) => {
      const { send, up } = await stand((request) => {
        expect(request.header('accept-encoding')).toBe('identity')
        return compressed('{"type":"message","compressed":true}', encoding, {
          headers: { 'content-type': 'application/json' },
        })
      })
      const seen = await send({ headers: { 'accept-encoding': 'gzip, br' }, body: ask() })
      expect(seen.headers['content-encoding']).toBeUndefined()
      expect(seen.text()).toBe('{"type":"message","compressed":true}')
      expect(up.requests[0]!.header('accept-encoding')).toBe('identity')
      expect(up.requests).toHaveLength(1)
    },
  )
})

describe('a stream that breaks', () => {
  it.each([
    { how: 'by a reset', ending: reset() },
    { how: 'by an end in the middle of the chunked body', ending: hangUp() },
  ])('$how has no clean end for the client either, and all that came before', async ({ ending }) => {
    const events = messageEvents({ text: 'half of it' }).slice(0, 5)
    const { send, up } = await stand(() => sse(events, { ending }), { allowErrors: true })
    const seen = await send({ body: ask({ stream: true }) })
    expect(seen.end).toBe('broken')
    expect(seen.text()).toBe(Buffer.concat(frames(events)).toString())
    expect(up.requests).toHaveLength(1)
  })

  it('that just stops gets the same clean end, and no invented message_stop', async () => {
    const events = messageEvents().slice(0, 5)
    const { send } = await stand(() => sse(events), { allowErrors: true })
    const seen = await send({ body: ask({ stream: true }) })
    expect(seen.end).toBe('clean')
    expect(seen.text()).toBe(Buffer.concat(frames(events)).toString())
  })
})

describe('a client that goes away', () => {
  it.each([
    { when: 'while the upstream thinks', script: stall() },
    {
      when: 'in the middle of a stream',
      script: streamed(frames(messageEvents().slice(0, 3)), { ending: stall() }),
    },
    { when: 'after the headers', script: [head(200, { 'content-type': 'text/event-stream' }), stall()] },
  ])('cancels the upstream request at once: $when', async ({ script }) => {
    const { up, send, gateway } = await stand(() => script)
    const gone = new AbortController()
    const sent = send({ body: ask({ stream: true }), signal: gone.signal }).catch(() => {})
    await up.received(1)
    await new Promise((resolve) => setTimeout(resolve, 50))
    gone.abort()
    await expectAtOnce(() => up.requests[0]!.aborted)
    await sent
    await expect.poll(() => gateway.requests()).toHaveLength(1)
    expect(up.requests).toHaveLength(1)
  })
})

describe('many clients at a time', () => {
  it('get their own answers', async () => {
    const { send, up } = await stand(
      anthropicUpstream((request) => {
        const { messages } = request.json<{ messages: { content: string }[] }>()
        return answer({ text: `echo of ${messages[0]!.content}` }, request)
      }),
    )
    const names = Array.from({ length: 50 }, (_, i) => `client-${i}-ž`)
    const texts = await Promise.all(
      names.map(async (name, i) => {
        const stream = i % 2 === 0
        const seen = await send({ body: ask({ stream, messages: [{ role: 'user', content: name }] }) })
        return stream
          ? textOfStream(seen.text())
          : seen.json<{ content: { text: string }[] }>().content[0]!.text
      }),
    )
    expect(texts).toEqual(names.map((name) => `echo of ${name}`))
    expect(up.requests).toHaveLength(50)
  })
})

function textOfStream(text: string): string {
  const data = text
    .split('\n')
    .flatMap((line) => (line.startsWith('data: ') ? [JSON.parse(line.slice(6))] : []))
  return data.map((event) => event.delta?.text ?? '').join('')
}
