import { describe, expect, it, onTestFinished } from 'vitest'
import { answer } from '../support/anthropic-upstream.js'
import { startUpstream } from '../support/bad-upstream.js'
import { ask, NoAnswer, send } from '../support/client.js'
import { errorData, message, messageEvents } from '../support/messages.js'
import { hangUp, json, raw, respond, type Script, sse, streamed } from '../support/script.js'
import { frames } from '../support/sse-bytes.js'
import { type GatewayProcess, startProcess } from './process.js'

const KEY = 'sk-upstream/0123~456789abcdef+'
const SECOND_KEY = 'sk-upstream/second~0123456789+'
const CLIENT_KEY = 'sk-client-0123456789abcdef'
const PROMPT = 'PROMPT-that-is-nobodys-business'
const ANSWER = 'ANSWER-that-is-nobodys-business'

/** Ways in which an upstream may quote the key that it was called with. */
const ECHOES: Readonly<Record<string, (key: string) => Script>> = {
  'an error': (key) => json(errorData('authentication_error', quoting(key)), 401),
  'an error that is tried again': (key) => json(errorData('api_error', quoting(key)), 500),
  'an error that goes back as it is': (key) => json(errorData('invalid_request_error', quoting(key)), 400),
  'an error of z.ai': (key) => json({ error: { code: '1113', message: quoting(key) } }, 429),
  'an error page': (key) => respond(403, `<html><title>${quoting(key)}</title><body>${key}</body></html>`),
  'plain text': (key) => respond(404, quoting(key)),
  'headers of an error': (key) =>
    json(errorData('authentication_error', 'no'), 401, {
      headers: { 'www-authenticate': `Bearer realm="${key}"`, 'request-id': key, 'x-echo': ['a', key] },
    }),
  'headers of an answer': (key) =>
    json(message({ text: ANSWER }), 200, {
      headers: { 'x-request-id': key, 'set-cookie': [`k=${key}`, 'a=b'] },
    }),
  'a redirect': (key) =>
    respond(307, '', { headers: { location: `https://${key}@elsewhere.example/${key}` } }),
  'a first `event: error`': (key) => sse([errorData('authentication_error', quoting(key))]),
  'an error under 200': (key) => json(errorData('invalid_request_error', quoting(key))),
  'a URL': (key) => json(errorData('invalid_request_error', `GET /?key=${encodeURIComponent(key)}`), 400),
  'JSON that escapes all': (key) => respond(400, `{"error":{"message":"${escaped(key)}"}}`),
  'JSON in JSON': (key) =>
    json({ error: { message: JSON.stringify({ said: JSON.stringify(quoting(key)) }) } }, 500),
  base64: (key) => respond(403, `Basic ${Buffer.from(`user:${key}`).toString('base64')}`),
  'headers, spelt otherwise': (key) =>
    json(message({ text: ANSWER }), 200, {
      headers: { 'set-cookie': `k=${encodeURIComponent(key)}`, 'x-json': `{"k":"${escaped(key)}"}` },
    }),
  'an error behind the beginning': (key) =>
    sse([...events('').slice(0, 3), errorData('api_error', quoting(key))]),
  'words behind the beginning, spelt otherwise': (key) =>
    streamed([...frames(events('').slice(0, 3)), Buffer.from(`event: error\ndata: ${escaped(key)}\n\n`)]),
  'something that is no HTTP': (key) => [raw(`${key}\r\n\r\n`), hangUp()],
}

const escaped = (key: string) => key.replace(/./g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`)
const base64Of = (key: string) => Buffer.from(`user:${key}`).toString('base64').slice(8, -4)
const quoting = (key: string) => `Incorrect API key provided: ${key}. You can find yours at …`
const events = (key: string) => messageEvents({ text: `${ANSWER} ${key}`, deltaSize: 100 })

async function started(
  echo: (key: string) => Script,
  upstream = 'anthropic',
): Promise<{ gateway: GatewayProcess; sent: () => string }> {
  const up = await startUpstream((request) => echo(request.header('x-api-key')!))
  onTestFinished(() => up.close())
  const gateway = await startProcess('agproxy.config.json', {
    preset: 'claude-code',
    log: { level: 'debug' },
    accounts: [
      { id: 'one', upstream, apiKey: KEY },
      { id: 'two', upstream, apiKey: SECOND_KEY },
    ],
    plugins: { [upstream]: { baseURL: up.url }, auth: { mode: 'strict', keys: [CLIENT_KEY] } },
  })
  const sent = () =>
    up.requests.map(({ url, headers, body }) => `${url}\n${JSON.stringify(headers)}\n${body}`).join('\n')
  return { gateway, sent }
}

const CREDENTIALS = {
  authorization: `Bearer ${CLIENT_KEY}`,
  'x-api-key': CLIENT_KEY,
  'x-goog-api-key': CLIENT_KEY,
  cookie: `session=${CLIENT_KEY}`,
}

const messages = [{ role: 'user', content: PROMPT }]

describe('an upstream that quotes its key in', () => {
  it.each(Object.entries(ECHOES))('%s', async (_name, echo) => {
    const { gateway, sent } = await started(echo)
    for (const stream of [true, false]) {
      const body = ask({ messages, ...(stream && { stream }) })
      const seen = await send(gateway.url, { headers: CREDENTIALS, body }).catch((error) => error)
      if (seen instanceof NoAnswer) continue
      for (const key of [KEY, SECOND_KEY]) {
        for (const text of [...seen.rawHeaders, seen.text()])
          for (const spelt of [key, encodeURIComponent(key), escaped(key), base64Of(key)])
            expect(text).not.toContain(spelt)
      }
    }
    await expect.poll(() => gateway.requests().length).toBe(2)
    const output = gateway.output()
    for (const secret of [KEY, SECOND_KEY, CLIENT_KEY, PROMPT, ANSWER]) expect(output).not.toContain(secret)
    for (const key of [KEY, SECOND_KEY])
      for (const spelt of [encodeURIComponent(key), escaped(key), base64Of(key)])
        expect(output).not.toContain(spelt)
    expect(sent()).toContain(KEY)
    expect(sent()).not.toContain(CLIENT_KEY)
  })
})

it('an answer that is folded and breaks off with an error that quotes the key is an error without it', async () => {
  const { gateway } = await started(
    (key) => sse([...events(key).slice(0, 3), errorData('invalid_request_error', quoting(key))]),
    'zai',
  )
  const seen = await send(gateway.url, { headers: CREDENTIALS, body: ask({ messages }) })
  expect(seen.text()).toContain('Incorrect API key provided: [key].')
  await expect.poll(() => gateway.requests().length).toBe(1)
  for (const text of [seen.text(), gateway.output()]) expect(text).not.toContain(KEY)
})

it('a good answer passes byte for byte, though it has the key in it', async () => {
  const answers = (key: string) => ({
    stream: sse(events(key)),
    json: json(message({ text: `${ANSWER} ${key}` })),
  })
  for (const form of ['stream', 'json'] as const) {
    const { gateway } = await started((key) => answers(key)[form])
    const seen = await send(gateway.url, {
      headers: CREDENTIALS,
      body: ask({ messages, ...(form === 'stream' && { stream: true }) }),
    })
    expect(seen.text()).toContain(`${ANSWER} ${KEY}`)
    await expect.poll(() => gateway.requests().length).toBe(1)
    for (const secret of [KEY, ANSWER]) expect(gateway.output()).not.toContain(secret)
  }
})

it('a prompt that is no valid request is not quoted either, and a wrong key neither', async () => {
  const { gateway, sent } = await started(() => answer({ text: ANSWER }, { json: () => ask() }))
  const bodies = [
    `{"model":"m","messages":[{"role":"user","content":"${PROMPT}"`,
    `{"model":"m","messages":"${PROMPT}"}`,
    `{"model":["${PROMPT}"],"messages":[]}`,
    `{"model":"m","messages":["${PROMPT}"]}`,
    `["${PROMPT}"]`,
    `${PROMPT}`,
  ]
  for (const body of bodies) {
    expect((await send(gateway.url, { headers: CREDENTIALS, body })).status).toBe(400)
  }
  const wrong = 'sk-wrong-0123456789abcdef'
  const refused = await send(gateway.url, { headers: { 'x-api-key': wrong }, body: ask({ messages }) })
  expect(refused.status).toBe(401)
  expect(refused.text()).not.toContain(wrong)
  expect(refused.text()).not.toContain(CLIENT_KEY)
  await expect.poll(() => gateway.requests().length).toBe(bodies.length + 1)
  for (const secret of [PROMPT, wrong, CLIENT_KEY, KEY]) expect(gateway.output()).not.toContain(secret)
  expect(sent()).toBe('')
})
