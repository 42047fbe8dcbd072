import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { ask } from '../support/client.js'
import { messageEvents } from '../support/messages.js'
import { compressed, streamed } from '../support/script.js'
import { frames } from '../support/sse-bytes.js'
import { direct, stand } from '../support/stand.js'
import { wire } from './wire.js'

const MB = 1024 * 1024
const TOTAL = 100 * MB

const EVENTS = messageEvents({ text: 'x'.repeat(64 * 1024), deltaSize: 64 * 1024 })
const [start, ping, open, delta, ...rest] = frames(EVENTS)

/** 100 MB of text, made as they are taken; `made` tells how much was. */
function stream() {
  const counter = { made: 0 }
  function* chunks(): Generator<Buffer> {
    yield* [start!, ping!, open!]
    for (; counter.made < TOTAL; counter.made += delta!.length) yield delta!
    yield* rest
  }
  return { counter, chunks }
}

/** Of 100 MB that are there for the taking; 8 to 10.7 MB were seen, buffers of the sockets among them. */
const GROWTH = 14 * MB

/** What V8's threads have not freed yet goes when they get a core; what the gateway holds for a reader that stopped stays. */
const grown = (before: number) => expect.poll(async () => (await rss()) - before)

const body = JSON.stringify(ask({ stream: true }))
const POST = `POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${body.length}\r\n\r\n${body}`

async function rss(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    global.gc!()
    await sleep(20)
  }
  return process.memoryUsage.rss()
}

it('a reader that stops stops the upstream, memory stays where it was, and the whole stream comes in the end', async () => {
  const { counter, chunks } = stream()
  const { url } = await stand(() => streamed(chunks()), { config: direct })
  // Once before, so that what the first stream needs for ever is there.
  await drain(url)
  counter.made = 0

  const before = await rss()
  const { socket } = wire(url)
  socket.removeAllListeners('data')
  let got = 0
  let tail = ''
  const take = (chunk: Buffer) => {
    got += chunk.length
    tail = (tail + chunk.toString('latin1')).slice(-200)
  }
  socket.pause()
  socket.write(POST)

  // 100 MB are there for the taking, and nobody takes.
  let held = -1
  const stands = () => {
    const still = counter.made > 0 && counter.made === held
    held = counter.made
    return still
  }
  await expect.poll(stands, { interval: 500 }).toBe(true)
  expect(held).toBeLessThan(20 * MB) // sockets of the machine hold some of it
  await grown(before).toBeLessThan(GROWTH)

  // Then about 1 MB a second.
  for (let i = 0; i < 32; i++) {
    socket.once('data', (chunk: Buffer) => {
      socket.pause()
      take(chunk)
    })
    socket.resume()
    await sleep(62)
  }
  await grown(before).toBeLessThan(GROWTH)
  expect(counter.made - held).toBeLessThan(10 * MB)

  socket.on('data', take)
  socket.resume()
  await expect.poll(() => tail, { timeout: 20_000 }).toContain('message_stop')
  expect(got).toBeGreaterThan(TOTAL / 2)
})

it('a slow reader of a compressed stream stops the upstream too, and gets the whole stream in the end', async () => {
  const text = Buffer.concat([start!, ping!, open!, ...Array<Buffer>(1600).fill(delta!), ...rest])
  const { url } = await stand(
    () => compressed(text, 'gzip', { headers: { 'content-type': 'text/event-stream' } }),
    { config: direct },
  )
  const before = await rss()
  const { socket } = wire(url)
  socket.removeAllListeners('data')
  socket.pause()
  socket.write(POST)
  // 100 MB came as 100 kB, and take their time to unpack: a look after a second saw nothing of them on a busy machine.
  let last = 0
  const stands = async () => {
    const now = await rss()
    const still = socket.bytesRead > 0 && Math.abs(now - last) < MB
    last = now
    return still
  }
  await expect.poll(stands, { interval: 1_000 }).toBe(true)
  await grown(before).toBeLessThan(20 * MB)
  let got = 0
  let tail = ''
  socket.on('data', (chunk: Buffer) => {
    got += chunk.length
    tail = (tail + chunk.toString('latin1')).slice(-200)
  })
  socket.resume()
  await expect.poll(() => tail, { timeout: 20_000 }).toContain('message_stop')
  expect(got).toBeGreaterThan(text.length)
})

function drain(url: string): Promise<void> {
  return new Promise((resolve) => {
    const { socket } = wire(url, POST)
    socket.removeAllListeners('data')
    let tail = ''
    socket.on('data', (chunk: Buffer) => {
      tail = (tail + chunk.toString('latin1')).slice(-200)
      if (!tail.includes('message_stop')) return
      socket.destroy()
      resolve()
    })
  })
}
