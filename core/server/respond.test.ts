import { EventEmitter } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { expect, it, vi } from 'vitest'
import { ClientCancellation } from '../exchange/cancellation.js'
import { Reply } from '../exchange/reply.js'
import { PassThrough } from '../stream/pass-through.js'
import { bytesSource } from '../stream/source.js'
import { respond } from './respond.js'

/** As much of a ServerResponse as is written to. */
class Written extends EventEmitter {
  readonly req = { method: 'POST' }
  readonly writes: string[] = []
  headersSent = false
  destroyed = false
  writableEnded = false
  writableFinished = false

  writeHead(): void {
    this.headersSent = true
  }

  flushHeaders(): void {}

  write(bytes: Buffer): boolean {
    this.writes.push(bytes.toString())
    return true
  }

  end(bytes: Buffer): void {
    this.writes.push(`${bytes} end`)
    this.writableEnded = true
    this.writableFinished = true
    this.emit('close')
  }
}

it('writes what comes in one tick at once, and before the next turn of the event loop', async () => {
  const res = new Written()
  const source = new PassThrough()
  const outcome = respond(res as never, Reply.stream(source), [], {
    cancellation: new ClientCancellation(),
    writeTimeout: 0,
  })
  await setImmediate()
  await setImmediate()
  expect(res.headersSent).toBe(true) // although no byte has come
  const turn = setImmediate() // asked for first, so that whoever else waits for the next turn comes later
  source.data(Buffer.from('a'))
  source.data(Buffer.from('b'))
  await turn
  expect(res.writes).toEqual(['ab'])
  source.data(Buffer.from('c'))
  source.end()
  expect(res.writes).toEqual(['ab', 'c end'])
  expect(await outcome).toEqual({ ending: 'complete' })
})

/** A client whose buffer is full from the start. */
function full(writeTimeout: number) {
  const res = new Written()
  res.write = () => false
  const socket = { bytesWritten: 10, writableLength: 10, destroySoon: vi.fn(), destroy: vi.fn() }
  Object.assign(res, { socket, req: { method: 'POST', socket } })
  const source = new PassThrough()
  const cancellation = new ClientCancellation()
  const outcome = respond(res as never, Reply.stream(source), [], { cancellation, writeTimeout })
  return { res, socket, source, cancellation, outcome }
}

it('waits once for a client whose buffer is full, however much its source still delivers', async () => {
  const { res, source } = full(0)
  for (let i = 0; i < 20; i++) {
    source.data(Buffer.from('a'))
    await setImmediate()
  }
  expect(res.listenerCount('drain')).toBe(1)
})

it('cuts off a client that takes nothing of the last bytes of a broken answer, and leaves nothing registered', async () => {
  const { socket, source, cancellation, outcome } = full(40)
  await setImmediate()
  source.error(new Error('broken'))
  expect(socket.destroySoon).toHaveBeenCalled()
  expect(await outcome).toMatchObject({
    ending: 'gone',
    error: { message: expect.stringMatching(/took nothing for 40 ms/) },
  })
  expect(socket.destroy).toHaveBeenCalled()
  expect(cancellation.idle).toBe(true)
})

it('leaves nothing registered after an ordinary answer', async () => {
  const cancellation = new ClientCancellation()
  const init = { cancellation, writeTimeout: 0 }
  for (const reply of [Reply.json({}), Reply.stream(bytesSource([Buffer.from('a')]))])
    expect(await respond(new Written() as never, reply, [], init)).toEqual({ ending: 'complete' })
  expect(cancellation.idle).toBe(true)
})
