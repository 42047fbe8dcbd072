import { describe, expect, it } from 'vitest'
import { Reply } from '../../core/index.js'
import { bytesSource } from '../../core/kit.js'
import { makeCall, messageReply, mount } from '../../testing.js'
import { errors } from './index.js'

const reply = (status: number, body: unknown) =>
  Reply.bytes(Buffer.from(JSON.stringify(body)), { status, headers: { 'content-type': 'application/json' } })

async function send(answer: Reply): Promise<Reply> {
  return (await mount(errors(), { answer: () => answer })).send({})
}

describe('a business code', () => {
  it('decides instead of the status', async () => {
    const seen = await send(reply(429, { error: { code: '1305', message: 'busy' } }))
    expect(seen.status).toBe(529)
    expect(seen.cooldown).toMatchObject({ reason: 'overloaded' })
  })

  it.each(['constructor', '__proto__', 'toString', '9999'])(
    'that is not in the table keeps the status: %s',
    async (code) => {
      const seen = await send(reply(429, { error: { code, message: 'busy' } }))
      expect(seen.status).toBe(429)
      expect(await seen.json()).toMatchObject({
        type: 'error',
        error: { type: 'rate_limit_error', message: `busy (code ${code})` },
      })
    },
  )
})

describe('an error under status 200', () => {
  const text = (body: unknown, type: string) =>
    Reply.stream(bytesSource([Buffer.from(body as string)]), { headers: { 'content-type': type } })
  const shapes = {
    'plain JSON': [false, (body: unknown) => text(JSON.stringify(body), 'application/json')],
    'JSON instead of a stream': [true, (body: unknown) => text(JSON.stringify(body), 'application/json')],
    'a first event': [
      true,
      (body: unknown) => text(`data: ${JSON.stringify(body)}\n\n`, 'text/event-stream'),
    ],
    'an `event: error`': [
      true,
      (body: unknown) => text(`event: error\ndata: ${JSON.stringify(body)}\n\n`, 'text/event-stream'),
    ],
    'a stream where JSON was asked for': [
      false,
      (body: unknown) => text(`data: ${JSON.stringify(body)}\n\n`, 'application/json'),
    ],
  } as const

  describe.each(Object.entries(shapes))('in %s', (_name, [stream, shape]) => {
    async function answer(body: unknown, zaiCodes = true): Promise<Reply> {
      const plugin = await mount(errors({ zaiCodes }), { answer: () => shape(body) })
      return plugin.send(makeCall({ stream }))
    }

    it.each([
      ['1302', 429, 'rate-limit'],
      ['1305', 529, 'overloaded'],
      ['1113', 402, 'billing'],
    ])('is what its code %s means: %d', async (code, status, reason) => {
      const seen = await answer({ error: { code, message: 'busy' } })
      expect(seen.status).toBe(status)
      expect(seen.cooldown).toMatchObject({ reason })
      expect(await seen.json()).toMatchObject({
        type: 'error',
        error: { message: expect.stringContaining('busy') },
      })
    })

    it.each(['9999', 'constructor'])(
      'with the unknown code %s is a failure of the upstream',
      async (code) => {
        const seen = await answer({ error: { code, message: 'busy' } })
        expect(seen.status).toBeGreaterThanOrEqual(500)
        // Another account is worth a call; `retry-rotate` asks the same one again for a bare 5xx.
        expect(seen.cooldown).toMatchObject({ reason: 'server-error' })
        expect(await seen.json()).toMatchObject({
          type: 'error',
          error: { type: 'api_error', message: `busy (code ${code})` },
        })
      },
    )
  })

  it("in Anthropic's shape has the status of its type and keeps its bytes", async () => {
    const body = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
    const plugin = await mount(errors(), { answer: () => text(JSON.stringify(body), 'application/json') })
    const seen = await plugin.send(makeCall())
    expect(seen.status).toBe(529)
    expect(await seen.text()).toBe(JSON.stringify(body))
  })

  it('is seen in a body that is held', async () => {
    expect((await send(reply(200, { error: { code: '1302', message: 'busy' } }))).status).toBe(429)
  })

  it('is none for a message, nor for one that has an empty `error`', async () => {
    const answer = messageReply('hi', { error: null })
    expect(await (await send(answer)).text()).toBe(await answer.text())
  })
})
