import { describe, expect, it } from 'vitest'
import { anthropicUpstream } from '../support/anthropic-upstream.js'
import { expectAtOnce } from '../support/at-once.js'
import { ask } from '../support/client.js'
import { errorData, message, messageEvents } from '../support/messages.js'
import { head, json, reset, type Script, sse, stall, write } from '../support/script.js'
import { stand, zaiPair } from '../support/stand.js'

const SAID = { text: 'hello' }
const whole = sse(messageEvents(SAID))

describe('a client without a stream, an upstream that needs one', () => {
  it('gets the message, over connections that are used again', async () => {
    const { up, send } = await stand(anthropicUpstream(SAID), { config: zaiPair })
    for (let n = 0; n < 3; n++) {
      const seen = await send({ body: ask() })
      expect(seen.status).toBe(200)
      expect(seen.headers['content-type']).toBe('application/json')
      expect(seen.json()).toMatchObject({ type: 'message', content: [{ type: 'text', text: 'hello' }] })
    }
    expect(up.requests.map((r) => (r.json() as { stream?: boolean }).stream)).toEqual([true, true, true])
    expect(up.sockets).toBe(1)
  })

  it.each<[string, Script]>([
    [
      'breaks',
      [
        head(200, { 'content-type': 'text/event-stream' }),
        write('event: ping\ndata: {"type":"ping"}\n\n'),
        reset(),
      ],
    ],
    ['ends early', sse(messageEvents(SAID).slice(0, -1))],
    [
      'brings an error event',
      sse([...messageEvents(SAID).slice(0, 3), errorData('overloaded_error', 'Overloaded')]),
    ],
    ['is HTML', json('<html>')],
  ])('gets the answer of the second account when the stream of the first %s', async (_, first) => {
    const { up, send } = await stand((_request, n) => (n === 0 ? first : whole), { config: zaiPair })
    const seen = await send({ body: ask() })
    expect(seen.status).toBe(200)
    expect(seen.json()).toMatchObject({ content: [{ type: 'text', text: 'hello' }] })
    expect(seen.headers['x-account-email']).toBe('second@example.com')
    expect(up.requests).toHaveLength(2)
  })

  it('gets an error, and never a 200, when every stream is cut short', async () => {
    const { send } = await stand(() => sse(messageEvents(SAID).slice(0, -1)), { config: zaiPair })
    const seen = await send({ body: ask() })
    expect(seen.status).toBe(502)
    expect(seen.json()).toMatchObject({ type: 'error', error: { type: 'api_error' } })
  })

  it('gets a message that came in JSON all the same', async () => {
    const { send } = await stand(() => json(message(SAID)), { config: zaiPair })
    expect((await send({ body: ask() })).json()).toEqual(message(SAID))
  })

  it('lets go of the upstream when it goes', async () => {
    const { up, send } = await stand(
      () => [
        head(200, { 'content-type': 'text/event-stream' }),
        write('event: ping\ndata: {"type":"ping"}\n\n'),
        stall(),
      ],
      { config: zaiPair },
    )
    const client = new AbortController()
    const sent = send({ body: ask(), signal: client.signal }).catch(() => undefined)
    await up.received(1)
    client.abort()
    await expectAtOnce(() => up.requests[0]!.aborted)
    await sent
    expect(up.requests).toHaveLength(1)
  })
})
