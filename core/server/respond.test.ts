import { EventEmitter } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { ClientCancellation } from '../exchange/cancellation.js'
import { Reply } from '../exchange/reply.js'
import { PassThrough } from '../stream/pass-through.js'
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
