import { expect, it } from 'vitest'
import type { TestConfig } from '../harness/gateway.js'
import { failure } from '../support/anthropic-upstream.js'
import { expectAtOnce } from '../support/at-once.js'
import { ask, send } from '../support/client.js'
import { messageEvents } from '../support/messages.js'
import { head, type Script, stall, write } from '../support/script.js'
import { frames } from '../support/sse-bytes.js'
import { direct, stand, zaiPair } from '../support/stand.js'
import { wire } from './wire.js'

const STREAM = { 'content-type': 'text/event-stream' }
const FRAMES = frames(messageEvents({ text: 'hello' }))
const JSON_TYPE = { 'content-type': 'application/json' }

const guard =
  (config: (url: string) => TestConfig, options: object) =>
  (url: string): TestConfig => ({
    ...config(url),
    plugins: { ...config(url).plugins, 'stream-guard': options },
  })

interface Case {
  readonly when: string
  readonly script: Script
  readonly body: object
  readonly config?: (url: string) => TestConfig
  /** The client goes when it has so many bytes of the body; default: when the upstream has the request. */
  readonly after?: number
}

const streaming = ask({ stream: true })

const CASES: readonly Case[] = [
  { when: 'while it waits for headers', script: stall(), body: streaming },
  { when: 'while it waits for JSON', script: stall(), body: ask() },
  { when: 'while it waits for the first event', script: [head(200, STREAM), stall()], body: streaming },
  {
    when: 'while it waits for a JSON body',
    script: [head(200, JSON_TYPE), write('{"type":'), stall()],
    body: ask(),
  },
  {
    when: 'in the middle of a stream',
    script: [head(200, STREAM), write(FRAMES.slice(0, 4)), stall()],
    body: streaming,
    after: 1,
  },
  {
    when: 'in the middle of a stream that goes on',
    script: [head(200, STREAM), write(forever(), 5)],
    body: streaming,
    after: 1000,
  },
  {
    when: 'while a stream is folded',
    script: [head(200, STREAM), write(FRAMES.slice(0, 4)), stall()],
    body: ask(),
    config: zaiPair,
  },
  {
    when: 'after late headers, while it gets nothing but comments',
    script: stall(),
    body: streaming,
    config: guard(direct, { headersAfter: 30, heartbeat: 20 }),
    after: 1,
  },
  {
    when: 'after late headers, with the upstream’s headers there',
    script: [head(200, STREAM), stall()],
    body: streaming,
    config: guard(direct, { headersAfter: 30, heartbeat: 20 }),
    after: 1,
  },
  {
    when: 'while an error body is awaited',
    script: [head(500, JSON_TYPE), write('{"type":'), stall()],
    body: streaming,
  },
]

it.each(CASES)(
  'the upstream call is cancelled at once when the client goes $when',
  async ({ script, body, config, after }) => {
    const { up, gateway, url } = await stand(() => script, { config: config ?? direct })
    const bytes = JSON.stringify(body)
    const { socket, text } = wire(
      url,
      `POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${bytes.length}\r\n\r\n${bytes}`,
    )
    await up.received(1)
    if (after) await expect.poll(() => text().split('\r\n\r\n')[1]?.length ?? 0).toBeGreaterThanOrEqual(after)
    else await new Promise((resolve) => setTimeout(resolve, 50)) // until what the script sends first has come
    socket.resetAndDestroy()
    await expectAtOnce(() => up.requests[0]!.aborted)
    await expect.poll(() => gateway.requests('messages')).toHaveLength(1)
    expect(gateway.requests('messages')[0]).toMatchObject({ ending: 'gone' })
    expect(up.requests).toHaveLength(1)
  },
)

it('nothing more is sent when the client goes between two attempts', async () => {
  const { up, gateway, url } = await stand(() => failure(503, 'api_error', 'down'), {
    config: (up) => ({
      ...direct(up),
      plugins: { ...direct(up).plugins, 'retry-rotate': { maxAttempts: 10 } },
    }),
  })
  const gone = new AbortController()
  const sent = send(url, { body: ask(), signal: gone.signal }).catch(() => 'gone')
  await up.received(3)
  await new Promise((resolve) => setTimeout(resolve, 40)) // the third pause is 400 to 800 ms
  gone.abort()
  await expectAtOnce(() => gateway.requests('messages').length === 1)
  expect(await sent).toBe('gone')
  expect(gateway.requests('messages')[0]).toMatchObject({ ending: 'gone' })
  await new Promise((resolve) => setTimeout(resolve, 900))
  expect(up.requests).toHaveLength(3)
})

it('nothing more is sent when the client goes while a short delay is waited out', async () => {
  const { up, gateway, url } = await stand(() =>
    failure(429, 'rate_limit_error', 'slow down', { 'retry-after': '1' }),
  )
  const gone = new AbortController()
  const sent = send(url, { body: ask(), signal: gone.signal }).catch(() => 'gone')
  await up.received(1)
  await new Promise((resolve) => setTimeout(resolve, 60))
  gone.abort()
  await sent
  await expectAtOnce(() => gateway.requests('messages').length === 1)
  await new Promise((resolve) => setTimeout(resolve, 1_100))
  expect(up.requests).toHaveLength(1)
})

it('the usage that was seen is kept', async () => {
  const { gateway, url } = await stand(() => [head(200, STREAM), write(FRAMES.slice(0, 4)), stall()])
  const gone = new AbortController()
  const sent = send(url, { body: streaming, signal: gone.signal }).catch(() => 'gone')
  setTimeout(() => gone.abort(), 100)
  await sent
  await expect.poll(() => gateway.requests('messages')).toHaveLength(1)
  expect(gateway.requests('messages')[0]).toMatchObject({ ending: 'gone', inputTokens: 12, outputTokens: 1 })
})

it('an account is not blamed for clients that go', async () => {
  const { up, gateway, url } = await stand(() => [head(200, STREAM), stall()])
  const clients = Array.from({ length: 20 }, () => new AbortController())
  const sent = clients.map(({ signal }) => send(url, { body: streaming, signal }).catch(() => 'gone'))
  await up.received(20)
  for (const client of clients) client.abort()
  await Promise.all(sent)
  await expect.poll(() => gateway.requests('messages')).toHaveLength(20)
  const [status] = gateway.accounts.status()
  expect(status).toMatchObject({ cooldownMs: 0, inFlight: 0, cooldowns: [] })
  await expect.poll(() => up.openSockets).toBe(0)
})

/** Text, without end. */
function* forever(): Generator<Buffer> {
  yield* FRAMES.slice(0, 3)
  for (;;) yield FRAMES[3]!
}
