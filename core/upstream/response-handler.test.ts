import { setImmediate } from 'node:timers/promises'
import { expect, it, vi } from 'vitest'
import type { Reply } from '../contract/reply.js'
import { ResponseHandler } from './response-handler.js'

const unexpected = (error: Error) => {
  throw error
}

it('joins what comes in one tick, and keeps nothing for the next turn of the event loop', async () => {
  const controller = { pause() {}, resume() {}, abort() {} } as never
  let reply: Reply | undefined
  const answer = new ResponseHandler(
    { origin: 'http://upstream' },
    undefined,
    (r) => {
      reply = r
    },
    unexpected,
  )
  answer.onRequestStart(controller)
  answer.onResponseStart(controller, 200, {})
  const seen: string[] = []
  reply!.source().pipe({
    data: (chunk) => void seen.push(chunk.toString()),
    end: () => void seen.push('end'),
    error: unexpected,
  })
  const turn = setImmediate() // asked for first, so that whoever else waits for the next turn comes later
  answer.onResponseData(controller, Buffer.from('a'))
  answer.onResponseData(controller, Buffer.from('b'))
  await turn
  expect(seen).toEqual(['ab'])
  answer.onResponseData(controller, Buffer.from('c'))
  answer.onResponseEnd()
  expect(seen).toEqual(['ab', 'c', 'end'])
})

it('breaks the answer off when its reader throws', async () => {
  const controller = { pause() {}, resume() {}, abort: vi.fn() }
  let reply: Reply | undefined
  const keep = (r: Reply) => {
    reply = r
  }
  const answer = new ResponseHandler({ origin: 'http://upstream' }, undefined, keep, unexpected)
  answer.onRequestStart(controller as never)
  answer.onResponseStart(controller as never, 200, {})
  const broken = vi.fn()
  const data = () => {
    throw new TypeError('a bug')
  }
  reply!.source().pipe({ data, end: unexpected as never, error: broken })
  answer.onResponseData(controller as never, Buffer.from('a'))
  await setImmediate()
  expect(broken).toHaveBeenCalledWith(new TypeError('a bug'))
  expect(controller.abort).toHaveBeenCalled()
})
