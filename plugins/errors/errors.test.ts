import { describe, expect, it } from 'vitest'
import { Reply } from '../../core/reply.js'
import { mount } from '../../testing.js'
import { errors } from './index.js'

const reply = (status: number, body: unknown) =>
  Reply.bytes(Buffer.from(JSON.stringify(body)), { status, headers: { 'content-type': 'application/json' } })

async function send(answer: Reply): Promise<Reply> {
  return (await mount(errors(), { upstream: () => answer })).send({})
}

describe('a business code', () => {
  it('decides instead of the status', async () => {
    const seen = await send(reply(429, { error: { code: '1305', message: 'busy' } }))
    expect(seen.status).toBe(529)
    expect(seen.diagnosis).toMatchObject({ reason: 'overloaded' })
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
