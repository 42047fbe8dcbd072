import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { describe, expect, it } from 'vitest'
import { closesAtOnce } from '../../test/providers/trial.js'
import { chatStream } from '../../test/providers/wires/chat.js'
import { responsesFrames } from '../../test/providers/wires/responses.js'
import { ask } from '../../test/support/client.js'
import { head, json, reset, respond, type Script, sse, stall, streamed } from '../../test/support/script.js'
import { gatewayTo } from '../../test/support/scripted-provider.js'
import { stand } from '../../test/support/stand.js'

describe('over the wire', () => {
  const to = (script: Script, then = script, accounts = 1) =>
    stand((_, n) => (n === 0 ? script : then), {
      config: (url) => gatewayTo(createOpenAICompatible, url, accounts),
      allowErrors: true,
    })
  const chunk = (fields: object) =>
    `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', ...fields })}\n\n`

  it.each([
    ['an error in the place of a stream', json({ error: { message: 'no', type: 'overloaded_error' } })],
    [
      'an error as the first event',
      sse([chunk({ error: { message: 'no', code: 503 } })], { eventLines: false }),
    ],
    ['a web page', respond(200, '<html>log in</html>', { headers: { 'content-type': 'text/html' } })],
    ['nothing', sse([])],
    ['a reset', [head(200, { 'content-type': 'text/event-stream' }), reset()] as Script],
    ['an error by status', json({ error: { message: 'no' } }, 500)],
  ])('%s is a failed attempt, and the next account answers', async (_, script) => {
    const { send, up } = await to(script, chatStream({ text: 'from the second' }), 2)
    const seen = await send({ body: ask({ stream: true }) })
    expect(seen.status).toBe(200)
    expect(seen.text()).toContain('message_stop')
    expect(up.requests.map((request) => request.header('authorization'))).toEqual([
      'Bearer sk-of-account-0',
      'Bearer sk-of-account-1',
    ])
  })

  it.each([
    [json({ error: { message: 'go away', type: 'overloaded_error' } }), 529, 'go away'],
    [
      respond(200, ' <html>log in</html>', { headers: { 'content-type': 'text/html' } }),
      502,
      'answered with a web page instead of an event stream',
    ],
    [sse([]), 502, 'the provider ended its stream in the middle of the answer'],
  ])('says what came in the place of a stream (%#)', async (script, status, words) => {
    const { send } = await to(script)
    const seen = await send({ body: ask() })
    expect([seen.status, seen.text()]).toEqual([status, expect.stringContaining(words)])
  })

  it.each([
    ['chat', createOpenAICompatible, undefined],
    ['responses', createOpenAI, responsesFrames({ text: 'all of it' })],
  ])(
    'an answer is over with its last event, though the connection stays open: %s',
    async (_, provider, frames) => {
      const script = frames
        ? streamed(frames, { ending: stall() })
        : chatStream({ text: 'all of it', ending: stall() })
      const { send, up } = await stand(() => script, { config: (url) => gatewayTo(provider, url) })
      for (const stream of [true, false]) {
        const seen = await send({ body: ask({ stream }) })
        expect([seen.status, seen.end]).toEqual([200, 'clean'])
        expect(seen.text()).toContain('end_turn')
        expect(up.requests.at(-1)!.aborted).toBe(false) // it did not wait for the connection's end
      }
      await expect.poll(() => up.requests.map(({ aborted }) => aborted)).toEqual([true, true])
    },
  )

  it('a redirect is never followed with a key', async () => {
    const { send, up } = await to(respond(302, '', { headers: { location: 'https://elsewhere.example' } }))
    const seen = await send({ body: ask() })
    expect(seen.status).toBe(502)
    expect(seen.text()).toContain('answered with a redirect')
    expect(up.requests).toHaveLength(1)
  })

  it('a connection that is cut in the middle is broken for the client too', async () => {
    const { send, up } = await to(chatStream({ text: 'half of it', cut: true, ending: reset() }))
    const seen = await send({ body: ask({ stream: true }) })
    expect(seen.text()).toContain('half')
    expect(seen.text()).not.toContain('message_stop')
    expect(seen.end).toBe('broken')
    expect(up.requests).toHaveLength(1)
  })

  it('a client that goes while the provider still thinks takes the connection along', async () => {
    expect(await closesAtOnce(await to(stall()), 0)).toBe(true)
  })

  it('logs neither the prompt nor the key', async () => {
    const { send, gateway } = await to(json({ error: { message: 'bad sk-of-account-0' } }, 400))
    await send({ body: ask({ messages: [{ role: 'user', content: 'THE PROMPT' }] }) })
    const logs = JSON.stringify(
      gateway.logs.map(({ fields, message }) => [fields, String(fields.err ?? ''), message]),
    )
    expect(logs).not.toContain('THE PROMPT')
    expect(logs).not.toContain('sk-of-account-0')
  })

  it('a slow client stops the provider’s stream from being read', async () => {
    let pulled = 0
    const content = 'x'.repeat(4000)
    function* endless() {
      for (; pulled < 50_000; pulled++)
        yield Buffer.from(chunk({ choices: [{ index: 0, delta: { content } }] }))
    }
    const { url, up } = await to(streamed(endless()))
    const response = await fetch(`${url}/v1/messages`, {
      method: 'POST',
      body: JSON.stringify(ask({ stream: true })),
    })
    const reader = response.body!.getReader()
    await reader.read()
    await expect
      .poll(async () => {
        const before = pulled
        await new Promise((done) => setTimeout(done, 200))
        return pulled - before
      })
      .toBe(0)
    expect(pulled).toBeLessThan(20_000)
    await reader.cancel()
    await expect.poll(() => up.openSockets).toBe(0)
  })
})
