import { describe, expect, it } from 'vitest'
import type { Cassette } from '../../core/kit.js'
import { failure } from '../../test/support/anthropic-upstream.js'
import { ask } from '../../test/support/client.js'
import { message, messageEvents } from '../../test/support/messages.js'
import { json, type Script, sse } from '../../test/support/script.js'
import { stand, zaiPair } from '../../test/support/stand.js'
import type { TestConfig } from '../../testing.js'

const KEY = 'admin-key-1234'
const auth = { authorization: `Bearer ${KEY}` }
const DEVICE = 'd0c5a1d2e3f4a5b6'

/** A gateway whose upstream gives these answers, one after the other. */
async function served(answers: readonly Script[], body: object, trace: object = { bodies: true }) {
  let n = 0
  const made = await stand(() => answers[n++]!, {
    config: (url) => ({ ...zaiPair(url), server: { adminKey: KEY }, trace }) as unknown as TestConfig,
  })
  const get = (path: string) =>
    made.send({ method: 'GET', path: `/_agproxy/api/requests${path}`, headers: auth })
  await made.send({ body, headers: { 'x-api-key': 'sk-client-key-of-a-test', 'anthropic-beta': 'a-beta' } })
  const rows = async () => (await get('')).json<{ requests: { id: string }[] }>().requests
  await expect.poll(async () => (await rows()).length, { timeout: 10_000 }).toBe(1)
  const { id } = (await rows())[0]!
  const seen = await get(`/${id}/cassette`)
  const cassette = () => JSON.parse(seen.text()) as Cassette
  return { ...made, id, seen, cassette }
}

describe('the cassette of a kept request', () => {
  it('has what was asked, the failed attempts and the events of the answer in their time', async () => {
    const user = JSON.stringify({ session_id: 's1', device_id: DEVICE })
    const words = `my key is sk-client-key-of-a-test, yours sk-upstream-2, the device ${DEVICE}, ghp_${'a'.repeat(36)}`
    const events = messageEvents({ text: 'the keys are sk-upstream-1, ok', deltaSize: 100 })
    const { id, seen, cassette } = await served(
      [failure(429, 'rate_limit_error', 'slow down'), sse(events, { every: 3 })],
      ask({ stream: true, metadata: { user_id: user }, messages: [{ role: 'user', content: words }] }),
    )
    expect(seen.status).toBe(200)
    expect(seen.headers['content-disposition']).toMatch(
      new RegExp(`^attachment; filename="20[\\dTZ.-]+-${id}\\.json"$`),
    )
    const { request, attempts, ...rest } = cassette()
    expect(rest).toMatchObject({ agproxy: 'cassette', version: 1, id, status: 200, ending: 'complete' })
    expect(request).toMatchObject({
      method: 'POST',
      path: '/v1/messages',
      headers: { 'anthropic-beta': 'a-beta' },
      body: {
        stream: true,
        messages: [{ content: 'my key is [key], yours [key], the device [user], [key]' }],
      },
    })
    const [first, second] = attempts
    expect(first).toMatchObject({
      account: 'first',
      answer: { status: 429, body: { error: { type: 'rate_limit_error' } } },
    })
    expect(second).toMatchObject({ account: 'second', answer: { status: 200, ending: 'complete' } })
    const played = second!.answer!.events!
    expect(played[0]!.lines![0]).toBe('event: message_start')
    expect(played.at(-1)!.lines![0]).toBe('event: message_stop')
    expect(played.at(-1)!.ms).toBeGreaterThan(played[0]!.ms)
    for (const secret of ['sk-upstream', 'sk-client', DEVICE, 'ghp_'])
      expect(seen.text()).not.toContain(secret)
  })

  it('of an answer in JSON has its body', async () => {
    const whole = await served([json(message({ text: 'hello' }))], ask())
    expect(whole.cassette().attempts).toMatchObject([
      { answer: { status: 200, body: { content: [{ text: 'hello' }] }, ending: 'complete' } },
    ])
  })

  it('is none where no body is kept', async () => {
    const { seen } = await served([json(message({ text: 'hello' }))], ask(), {})
    expect(seen.status).toBe(404)
    expect(seen.text()).toContain('trace: { bodies: true }')
  })
})
