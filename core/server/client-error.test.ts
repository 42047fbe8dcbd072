import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { answerIn, wire } from '../../test/faults/wire.js'
import { anthropicUpstream } from '../../test/support/anthropic-upstream.js'
import { expectAtOnce } from '../../test/support/at-once.js'
import { ask } from '../../test/support/client.js'
import { message, messageEvents } from '../../test/support/messages.js'
import { json, sse, stall } from '../../test/support/script.js'
import { direct, stand } from '../../test/support/stand.js'

function post(fields: object): string {
  const body = JSON.stringify(ask(fields))
  return `POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${body.length}\r\n\r\n${body}`
}

const STREAMED = post({ stream: true })
const WHOLE = post({})

describe('what Node would answer by itself is answered in the shape of every error', () => {
  it.each([
    ['no Host', 400, 'POST /v1/messages HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}', /Host/],
    ['no Host, by a route of h3', 400, 'GET /healthz HTTP/1.1\r\n\r\n', /Host/],
    [
      'an expectation that nobody knows',
      417,
      'GET /healthz HTTP/1.1\r\nhost: a\r\nexpect: magic\r\n\r\n',
      /100-continue/,
    ],
    ['a tunnel', 405, 'CONNECT api.anthropic.com:443 HTTP/1.1\r\nhost: a\r\n\r\n', /ANTHROPIC_BASE_URL/],
    ['rubbish', 400, '\x16\x03\x01 rubbish\r\n\r\n', /not valid HTTP/],
    ['HTTP/2', 400, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', /not valid HTTP/],
    [
      'a length that is no number',
      400,
      'POST /v1/messages HTTP/1.1\r\nhost: a\r\ncontent-length: x\r\n\r\n',
      /not valid/,
    ],
    ['headers without end', 431, `GET / HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, /16 kB/],
  ])('%s is a %i', async (_what, status, request, words) => {
    const { url } = await stand(anthropicUpstream())
    const { text, socket } = wire(url, request)
    await expect.poll(text).toContain('}')
    const answer = answerIn(text())
    expect(answer.status).toBe(status)
    expect(answer.body).toMatchObject({ type: 'error', error: { message: expect.stringMatching(words) } })
    const id = /^request-id: (req_\w+)\r$/m.exec(text())?.[1]
    expect(answer.body.request_id).toBe(id)
    expect(id).toMatch(/^req_[0-9a-f]{24}$/)
    expect(text()).toMatch(/^x-should-retry: false\r$/m)
    expect(text()).toMatch(/^content-length: \d+\r$/m)
    socket.destroy()
  })

  it('HTTP/1.0 needs no Host, and an upload may be announced', async () => {
    const { url } = await stand(anthropicUpstream())
    expect(await wire(url, 'GET /healthz HTTP/1.0\r\n\r\n').ended).toMatch(/^HTTP\/1\.1 200/)
    const { text } = wire(url, WHOLE.replace('\r\n\r\n', '\r\nexpect: 100-continue\r\n\r\n'))
    await expect.poll(text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200/)
  })

  it.each([
    ['rubbish', '\x16\x03\x01 rubbish\r\n\r\n'],
    ['a tunnel', 'CONNECT a:1 HTTP/1.1\r\nhost: a\r\n\r\n'],
  ])('and a client that sends %s and stays is cut off', async (_what, bytes) => {
    const { url } = await stand(anthropicUpstream())
    const { socket, ended } = wire(url)
    socket.allowHalfOpen = true
    socket.write(bytes)
    const drip = setInterval(() => socket.write('more'), 100)
    expect(await ended.finally(() => clearInterval(drip))).toMatch(/^HTTP\/1\.1 4/)
  })
})

describe('what is no HTTP, on a connection', () => {
  const rubbish = [
    ['rubbish', '\x16\x03\x01 rubbish\r\n\r\n'],
    ['a tunnel', 'CONNECT a:1 HTTP/1.1\r\nhost: a\r\n\r\n'],
    ['headers without end', `GET / HTTP/1.1\r\nx: ${'y'.repeat(20_000)}`],
  ] as const

  it.each(rubbish)('in mid-answer ends it, and becomes no part of it: %s', async (_what, bytes) => {
    const { url, gateway } = await stand(() => sse(messageEvents({ text: 'hello' }), { every: 50 }))
    const { socket, text, ended } = wire(url, STREAMED)
    await expect.poll(text).toContain('message_start')
    socket.write(bytes)
    const seen = await ended
    expect(seen.match(/HTTP\/1\.1/g)).toHaveLength(1)
    expect(seen).not.toContain('message_stop')
    await expect.poll(() => gateway.requests('messages')).toMatchObject([{ ending: 'gone' }])
  })

  it.each(rubbish)(
    'before an answer has begun is answered, and ends what waits: %s',
    async (_what, bytes) => {
      const { url, gateway, up } = await stand(() => stall())
      const { socket, ended } = wire(url, STREAMED)
      await up.received(1)
      socket.write(bytes)
      expect(answerIn(await ended).status).toBeGreaterThanOrEqual(400)
      await expect.poll(() => up.requests[0]!.aborted).toBe(true)
      await expect.poll(() => gateway.requests('messages')).toMatchObject([{ ending: 'gone' }])
    },
  )

  it('after an answer is answered', async () => {
    const { url } = await stand(() => json(message()))
    const { socket, text } = wire(url, WHOLE)
    await expect.poll(text).toContain('hello')
    await sleep(20)
    socket.write('rubbish\r\n\r\n')
    await expect.poll(text).toMatch(/HTTP\/1\.1 200[\s\S]*HTTP\/1\.1 400/)
  })

  it('behind an answer that waits in the queue of the connection does not become part of it', async () => {
    const { url, gateway } = await stand(() => stall(), { config: direct })
    const { socket, ended } = wire(url, `${WHOLE}GET /v1/models/claude HTTP/1.1\r\nhost: a\r\n\r\n`)
    await sleep(200) // the list has been written, and waits for the first answer
    socket.write('rubbish\r\n\r\n')
    expect((await ended).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400'])
    await expect.poll(() => gateway.requests()).toHaveLength(2)
  })

  it('ends what waits at once, not when its client closes', async () => {
    const { url, up } = await stand(() => stall())
    const { socket } = wire(url, STREAMED)
    socket.allowHalfOpen = true
    await up.received(1)
    socket.write('rubbish\r\n\r\n')
    await expectAtOnce(() => up.requests[0]!.aborted)
  })
})
