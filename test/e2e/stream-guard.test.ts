import { describe, expect, it } from 'vitest'
import type { TestConfig } from '../harness/gateway.js'
import { answer, failure } from '../support/anthropic-upstream.js'
import { ask } from '../support/client.js'
import { errorData, messageEvents } from '../support/messages.js'
import type { Script } from '../support/script.js'
import { delay, end, hangUp, head, json as json200, reset, sse, stall, write } from '../support/script.js'
import { frames } from '../support/sse-bytes.js'
import { stand, zaiPair } from '../support/stand.js'

const EVENTS = { 'content-type': 'text/event-stream' }
const events = messageEvents({ text: 'hello' })
const some = frames(events.slice(0, 3))
const guard =
  (options: object) =>
  (url: string): TestConfig => {
    const config = zaiPair(url)
    return { ...config, plugins: { ...config.plugins, 'stream-guard': options } }
  }
const ASK = { body: ask({ stream: true }) }
const json = { json: () => ask({ stream: true }) }
const good = () => answer({ text: 'hello' }, json)

/** What each request of a test gets. */
const inTurn =
  (...scripts: Script[]) =>
  (_request: unknown, n: number) =>
    scripts[n] ?? scripts.at(-1)!

describe('before the first event', () => {
  it('headers wait for it', async () => {
    const { send } = await stand(() => [head(200, EVENTS), delay(150), write(frames(events)), end()])
    const seen = await send(ASK)
    expect(seen.headersAt).toBeGreaterThan(140)
    expect(seen.end).toBe('clean')
  })

  it('heartbeats begin when the wait grows long, and another account may still take over', async () => {
    const { up, send } = await stand(inTurn([head(200, EVENTS), delay(3_000), reset()], good()), {
      config: guard({ headersAfter: 50, heartbeat: 60 }),
    })
    const seen = await send(ASK)
    expect(seen.headersAt).toBeLessThan(2_500)
    expect(seen.text()).toMatch(/^(: keep-alive\n\n)+event: message_start/)
    expect(seen.text()).toContain('message_stop')
    expect(up.requests).toHaveLength(2)
  })

  it('pings and comments of the upstream come with it, once; until then the heartbeat is heard', async () => {
    const ping = 'event: ping\ndata: {"type":"ping"}\n\n'
    const { send } = await stand(
      () => [
        head(200, EVENTS),
        delay(150),
        write(': mine\n\n'),
        write(ping),
        delay(1_500),
        write(frames(events)),
        end(),
      ],
      { config: guard({ headersAfter: 50, heartbeat: 60 }) },
    )
    const seen = await send(ASK)
    expect(seen.chunks[0]!.at).toBeLessThan(1_500)
    expect(seen.text().replace(/^(: keep-alive\n\n)+/, '')).toBe(
      `: mine\n\n${ping}${Buffer.concat(frames(events))}`,
    )
    expect(seen.text()).toMatch(/^: keep-alive/)
  })

  it.each([
    ['a stream', true],
    ['a message', false],
  ])("z.ai's busy account under status 200 is asked again, for %s", async (_name, stream) => {
    const busy = json200({ error: { code: '1302', message: 'busy' } })
    const wanted = ask({ stream })
    const { up, send } = await stand(
      inTurn(busy, answer({ text: 'hello' }, { json: () => ask({ stream: true }) })),
      {
        config: zaiPair,
      },
    )
    const seen = await send({ body: wanted })
    expect(seen.status).toBe(200)
    expect(seen.text()).toContain('hello')
    expect(up.requests).toHaveLength(2)
    expect(seen.headers['x-account-email']).toBe('first') // the code, not a broken answer: that goes elsewhere
  })

  it('a failure after that is an `event: error`, as the status can no longer tell', async () => {
    const { send } = await stand(() => [delay(120), failure(529, 'overloaded_error', 'Overloaded')], {
      config: guard({ headersAfter: 30 }),
    })
    const seen = await send(ASK)
    expect(seen.status).toBe(200)
    expect(seen.text()).toContain(
      'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
    )
    expect(seen.end).toBe('clean')
  })

  it('an upstream that keeps silent is given up, and the next one asked', async () => {
    const { up, send } = await stand(inTurn([head(200, EVENTS), stall()], good()), {
      config: guard({ firstEventTimeout: 600 }),
    })
    expect((await send(ASK)).text()).toContain('message_stop')
    expect(up.requests).toHaveLength(2)
    await expect.poll(() => up.requests[0]!.aborted).toBe(true)
  })
})

describe('after the first event', () => {
  it('silence is filled with comments, between events and inside one, never inside a line', async () => {
    // An event of two lines of data, as the grammar allows it: between its lines there is room.
    const lines = [
      'event: content_block_delta\n',
      'data: {"type":"content_block_delta","index":0,  \n',
      'data: "delta":{"type":"text_delta","text":"in two lines"}}\n\n',
    ]
    const split = Buffer.from(lines.join(''))
    const half = split.length - lines[2]!.length
    const all = frames(events)
    const { send } = await stand(
      () => [
        head(200, EVENTS),
        write(Buffer.concat(all.slice(0, 4))),
        delay(100),
        write(split.subarray(0, half)),
        delay(100),
        write(split.subarray(half, half + 9)),
        delay(100),
        write(Buffer.concat([split.subarray(half + 9), ...all.slice(4)])),
        end(),
      ],
      { config: guard({ heartbeat: 40 }) },
    )
    const text = (await send(ASK)).text()
    // The line that came in two halves, with more than two heartbeats between them.
    expect(text).toContain(lines[2])
    expect(text).toMatch(/: keep-alive\n\n/)
    expect(text).toMatch(/"index":0, {2}\n(: keep-alive\n)+data: "delta"/)
    expect(text.replaceAll(': keep-alive\n\n', '').replaceAll(': keep-alive\n', '')).toBe(
      Buffer.concat([...all.slice(0, 4), split, ...all.slice(4)]).toString(),
    )
  })

  it('pings and comments of the upstream pass at once', async () => {
    const { send } = await stand(() => [
      head(200, EVENTS),
      write(some),
      write(': mine\n\n'),
      delay(1_000),
      write(frames(events.slice(3))),
      end(),
    ])
    const seen = await send(ASK)
    const at = seen.chunks.find((c) => c.bytes.includes(': mine'))!.at
    expect(seen.endedAt - at).toBeGreaterThan(500)
  })

  it('a stall ends in an `event: error` that says so', async () => {
    const { up, send } = await stand(() => [head(200, EVENTS), write(some), stall()], {
      config: guard({ idleTimeout: 200 }),
    })
    const seen = await send(ASK)
    expect(seen.text()).toMatch(
      /event: error\ndata: \{"type":"error","error":\{"type":"overloaded_error","message":"the upstream stalled/,
    )
    expect(seen.end).toBe('clean')
    expect(seen.text()).not.toContain('message_stop')
    expect(up.requests).toHaveLength(1)
    await expect.poll(() => up.requests[0]!.aborted).toBe(true)
  })

  it.each([
    ['a reset', reset()],
    ['a connection that ends too early', hangUp()],
  ])('%s reaches the client as a broken connection', async (_name, fault) => {
    const { send } = await stand(() => [head(200, EVENTS), write(some), fault])
    const seen = await send(ASK)
    expect(seen.end).toBe('broken')
    expect(seen.text()).toBe(Buffer.concat(some).toString())
  })

  it('or as an `event: error`, where that is wanted', async () => {
    const { send } = await stand(() => [head(200, EVENTS), write(some), reset()], {
      config: guard({ onBreak: 'error-event' }),
    })
    const seen = await send(ASK)
    expect(seen.end).toBe('clean')
    expect(seen.text()).toContain('"message":"the upstream broke the stream')
  })

  it('but never inside a half-sent line, where it would be read as data', async () => {
    const { send } = await stand(() => [head(200, EVENTS), write(some), write('data: {"half'), reset()], {
      config: guard({ onBreak: 'error-event' }),
    })
    const seen = await send(ASK)
    expect(seen.end).toBe('broken')
    expect(seen.text()).not.toContain('event: error')
  })

  it('a clean end without message_stop stays one', async () => {
    const { send } = await stand(() => [head(200, EVENTS), write(some), end()])
    const seen = await send(ASK)
    expect(seen.end).toBe('clean')
    expect(seen.text()).toBe(Buffer.concat(some).toString())
  })

  it('an `event: error` passes as it is', async () => {
    const { up, send } = await stand(() =>
      sse([...events.slice(0, 3), errorData('overloaded_error', 'Overloaded')]),
    )
    const seen = await send(ASK)
    expect(seen.text()).toMatch(/"type":"overloaded_error","message":"Overloaded"/)
    expect(up.requests).toHaveLength(1)
  })
})

it('the log tells usage and stop reason of a stream', async () => {
  const { gateway, send } = await stand(good)
  await send(ASK)
  await expect.poll(() => gateway.requests('messages')).toHaveLength(1)
  expect(gateway.requests('messages')[0]).toMatchObject({
    stopReason: 'end_turn',
    account: 'one',
    attempts: 1,
    status: 200,
  })
  expect(gateway.requests('messages')[0]!.inputTokens).toBeGreaterThan(0)
  expect(gateway.requests('messages')[0]!.outputTokens).toBeGreaterThan(0)
})
