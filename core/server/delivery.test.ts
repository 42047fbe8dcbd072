import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { wire } from '../../test/faults/wire.js'
import { anthropicUpstream } from '../../test/support/anthropic-upstream.js'
import type { Handler } from '../../test/support/bad-upstream.js'
import { ask } from '../../test/support/client.js'
import { message } from '../../test/support/messages.js'
import { delay, end, head, json, reset, stall, write } from '../../test/support/script.js'
import { direct, stand } from '../../test/support/stand.js'
import type { TestConfig } from '../../testing.js'
import { Reply } from '../exchange/reply.js'
import { definePlugin } from '../plugin/define.js'

const MB = 1024 * 1024
const STREAM = { 'content-type': 'text/event-stream' }
const START = Buffer.from('event: message_start\ndata: {"type":"message_start"}\n\n')
const PING = Buffer.from(`event: ping\ndata: {"type":"ping","pad":"${'x'.repeat(60_000)}"}\n\n`)

/** Events of 60 kB, as fast as they are taken. */
function* events(bytes = Number.POSITIVE_INFINITY): Generator<Buffer> {
  yield START
  for (let sent = 0; sent < bytes; sent += PING.length) yield PING
}

function post(fields: object): string {
  const body = JSON.stringify(ask(fields))
  return `POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${body.length}\r\n\r\n${body}`
}

const STREAMED = post({ stream: true })

async function limited(
  handler: Handler,
  server: TestConfig['server'] = { writeTimeout: 400 },
  more: object = {},
) {
  const running = await stand(handler, { config: (url) => ({ ...direct(url), server, ...more }) })
  const { accounts: pool } = running.gateway
  return { ...running, inFlight: () => pool.status().map((status) => status.inFlight) }
}

/** A client that asks and then reads nothing, as one that is suspended. */
function suspended(url: string, request = STREAMED) {
  const { socket } = wire(url)
  socket.removeAllListeners('data')
  socket.pause()
  socket.write(request)
  return socket
}

describe('a client that stops reading and stays is cut off after writeTimeout', () => {
  it.each<[string, string, Handler]>([
    ['in a stream', STREAMED, () => [head(200, STREAM), write(events())]],
    [
      'in a whole answer that is larger than the buffers on the way',
      post({}),
      () => json(message({ text: 'x'.repeat(10 * MB) })),
    ],
    [
      'with the end of a stream still to read',
      STREAMED,
      () => [head(200, STREAM), write(events(12 * MB)), stall()],
    ],
    [
      'in a stream that its upstream has broken since',
      STREAMED,
      () => [head(200, STREAM), write(events(12 * MB), 0), reset()],
    ],
  ])('%s', async (_what, request, handler) => {
    const { url, gateway, up, inFlight } = await limited(handler)
    const socket = suspended(url, request)
    await expect.poll(() => gateway.requests('messages'), { timeout: 15_000 }).toHaveLength(1)
    await expect.poll(inFlight).toEqual([0])
    await expect.poll(() => up.openSockets).toBeLessThan(2)
    // What was on the way is still to be read, and is no whole answer.
    let got = 0
    socket.on('data', (chunk: Buffer) => {
      got += chunk.length
    })
    socket.resume()
    await once(socket, 'close')
    expect(got).toBeLessThan(10 * MB)
  })

  it('and the log says why', async () => {
    const { url, gateway } = await limited(() => [head(200, STREAM), write(events())])
    suspended(url)
    await expect.poll(() => gateway.requests('messages'), { timeout: 15_000 }).toHaveLength(1)
    expect(gateway.requests('messages')[0]).toMatchObject({
      ending: 'gone',
      status: 200,
      error: 'the client took nothing for 400 ms (server.writeTimeout)',
    })
  })

  it('with an answer behind it in the queue of the connection', async () => {
    const { url, gateway, inFlight } = await limited((_request, n) =>
      n === 0 ? [head(200, STREAM), write(events())] : json(message()),
    )
    suspended(url, STREAMED + post({}))
    await expect.poll(() => gateway.requests('messages'), { timeout: 15_000 }).toHaveLength(2)
    await expect.poll(inFlight).toEqual([0])
  })

  it('which is requestTimeout where none is set', async () => {
    const { url, gateway } = await limited(() => [head(200, STREAM), write(events())], {
      requestTimeout: 500,
    })
    suspended(url)
    await expect.poll(() => gateway.requests('messages'), { timeout: 15_000 }).toHaveLength(1)
    expect(gateway.requests('messages')[0]!.error).toMatch(/500 ms/)
  })
})

/** Long enough for a client that takes something after 200 ms on a busy machine. */
const UNHURRIED = { writeTimeout: 2_000 }

describe('a client that is only slow', () => {
  it('is not cut off while it takes something now and then', async () => {
    const { url, gateway } = await limited(() => [head(200, STREAM), write(events())], {
      writeTimeout: 1_500,
    })
    const socket = suspended(url)
    for (let i = 0; i < 35; i++) {
      await sleep(100)
      for (let taken = 0; taken < 256 * 1024; ) taken += (socket.read() as Buffer | null)?.length ?? MB
    }
    expect(gateway.requests('messages')).toHaveLength(0)
    expect(socket.destroyed).toBe(false)
  })

  it('gets the whole answer when it reads on in time', async () => {
    const { url, gateway } = await limited(() => json(message({ text: 'x'.repeat(10 * MB) })), {
      writeTimeout: 2_000,
    })
    const socket = suspended(url, post({}))
    await sleep(500)
    let got = 0
    socket.on('data', (chunk: Buffer) => {
      got += chunk.length
    })
    socket.resume()
    await expect.poll(() => gateway.requests('messages'), { timeout: 15_000 }).toHaveLength(1)
    expect(gateway.requests('messages')[0]).toMatchObject({ ending: 'complete' })
    await expect.poll(() => got).toBeGreaterThan(10 * MB)
  })

  it('waits for a slow upstream as long as that takes', async () => {
    const { url, gateway } = await limited(() => [delay(900), json(message())])
    const { text } = wire(url, post({}))
    await expect.poll(text, { timeout: 15_000 }).toContain('hello')
    await expect.poll(() => gateway.requests('messages')).toMatchObject([{ ending: 'complete' }])
  })

  it('is not cut off for the time in which its upstream sends nothing', async () => {
    const late = [delay(3_500), write(PING), end()]
    const { url, gateway } = await limited(() => [head(200, STREAM), write(events(8 * MB)), late], UNHURRIED)
    const socket = suspended(url)
    await sleep(250)
    socket.on('data', () => {})
    socket.resume()
    await expect.poll(() => gateway.requests('messages'), { timeout: 15_000 }).toHaveLength(1)
    expect(gateway.requests('messages')[0]).toMatchObject({ ending: 'complete' })
  })

  it('keeps its connection after an answer that it took late', async () => {
    const { url, gateway, up } = await limited(
      () => [head(200, STREAM), write(events(8 * MB)), end()],
      UNHURRIED,
    )
    const socket = suspended(url)
    await sleep(200)
    socket.on('data', () => {})
    socket.resume()
    await expect
      .poll(() => gateway.requests('messages'), { timeout: 15_000 })
      .toMatchObject([{ ending: 'complete' }])
    up.use(anthropicUpstream())
    await sleep(2_200)
    socket.write(post({}))
    await expect.poll(() => gateway.requests('messages')).toHaveLength(2)
    expect(gateway.requests('messages')[1]).toMatchObject({ ending: 'complete', status: 200 })
  })

  it('may take any time with 0', async () => {
    const { url, gateway } = await limited(() => [head(200, STREAM), write(events())], { writeTimeout: 0 })
    suspended(url)
    await sleep(1_500)
    expect(gateway.requests('messages')).toHaveLength(0)
  })
})

it('no heartbeat is written for a client whose buffer is full, and one again when it is not', async () => {
  const warnings: Error[] = []
  const onWarning = (warning: Error) => void warnings.push(warning)
  process.on('warning', onWarning)
  onTestFinished(() => void process.off('warning', onWarning))
  let written = 0
  const counting = definePlugin({
    name: 'counting',
    phase: 'request',
    before: 'stream-guard',
    create: () => ({
      async handle(call, next) {
        const reply = await next(call)
        const source = reply.source()
        const counted = {
          pause: () => source.pause(),
          resume: () => source.resume(),
          cancel: () => source.cancel(),
          pipe: (sink: Parameters<typeof source.pipe>[0]) =>
            source.pipe({
              data(chunk) {
                if (chunk.toString().startsWith(': keep-alive')) written++
                sink.data(chunk)
              },
              end: () => sink.end(),
              error: (error) => sink.error(error),
            }),
        }
        return Reply.stream(counted, { status: reply.status, headers: reply.headers })
      },
    }),
  })
  const { url, gateway } = await stand(() => [head(200, STREAM), write(events(12 * MB)), stall()], {
    config: (base) => ({
      ...direct(base),
      plugins: { ...direct(base).plugins, 'stream-guard': { heartbeat: 20 } },
      use: [counting()],
    }),
  })
  const socket = suspended(url)
  let before = -1
  const fill = () => {
    const isFull = written === before
    before = written
    return isFull
  }
  await expect.poll(fill, { interval: 300 }).toBe(true) // the buffers fill up, and heartbeats come every 20 ms until then
  await sleep(600)
  expect(written).toBe(before)
  socket.on('data', () => {})
  socket.resume()
  await expect.poll(() => written).toBeGreaterThan(before)
  expect(warnings).toEqual([])
  expect(gateway.requests('messages')).toHaveLength(0)
})
