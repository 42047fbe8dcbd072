import Anthropic from '@anthropic-ai/sdk'
import { describe, expect, it } from 'vitest'
import { type AttemptRecord, definePlugin } from '../../core/index.js'
import type { TestConfig } from '../../testing.js'
import { ask } from '../support/client.js'
import { errorData, message, messageEvents } from '../support/messages.js'
import { delay, end, head, json, type Script, sse, stall, write } from '../support/script.js'
import { frames } from '../support/sse-bytes.js'
import { direct, stand, zaiPair } from '../support/stand.js'

const ASK = {
  model: 'claude-sonnet-5',
  max_tokens: 100,
  messages: [{ role: 'user' as const, content: 'hi' }],
}
const SAID = {
  thinking: { text: 'well, well', signature: 'c2ln' },
  text: 'žluťoučký kůň 🐎',
  toolUse: { name: 'Bash', input: { command: 'ls -la', depth: 2 } },
}
const WIRE = Buffer.concat(frames(messageEvents(SAID))).toString()
const JSON_TEXT = JSON.stringify(message(SAID))

const plain = (text: string, type?: string): Script => [
  head(200, type === undefined ? {} : { 'content-type': type }),
  write(text),
  end(),
]
/** Bytes with other numbers of blocks. */
const numbered = (change: (index: string) => string) => WIRE.replace(/"index":(\d),/g, (_, n) => change(n))
/** Without the blank lines from an event on, to another one. */
const cut = (from: number, to = Number.POSITIVE_INFINITY) =>
  WIRE.split('\n\n')
    .map((event, i) => (event === '' ? event : `${event}${i < from || i >= to ? '\n\n' : '\n'}`))
    .join('')
const linesOf = (text: string) => text.split(/(?<=\n)/).map((line) => Buffer.from(line))
const EVENTS = { 'content-type': 'text/event-stream' }
const unnamed = WIRE.replace(/^event: .*\n/gm, '')

/** One preset with every fix, and one that changes nothing: what an attempt ends in is the same for both. */
const CONFIGS: readonly (readonly [string, (url: string) => TestConfig])[] = [
  ['claude-code', direct],
  ['passthrough', (url) => ({ ...direct(url), preset: 'passthrough' })],
  ['claude-code without stream-guard and errors', without],
]

function without(url: string): TestConfig {
  const { plugins, ...config } = direct(url) as { plugins: object }
  return { ...config, plugins: { ...plugins, 'stream-guard': false, errors: false } } as TestConfig
}

describe.each(CONFIGS)(
  'the official SDK gets the whole answer through %s, where the upstream sends',
  (_name, config) => {
    it.each<[string, Script]>([
      ['a stream', plain(WIRE, 'text/event-stream')],
      ['a stream that is said to be JSON', plain(WIRE, 'application/json')],
      ['a stream without a content type', plain(WIRE)],
      ['a stream without event: lines', plain(unnamed, 'text/event-stream')],
      ['a stream whose blank lines stop in the middle', plain(cut(4), 'text/event-stream')],
      ['the same line by line', [head(200, EVENTS), write(linesOf(cut(4)), 0), end()]],
      ['a stream that leaves out one blank line', plain(cut(4, 5), 'text/event-stream')],
      ['a stream without its last blank line', plain(WIRE.trimEnd(), 'text/event-stream')],
      [
        'a stream whose blocks all have the number 0',
        plain(
          numbered(() => '"index":0,'),
          'text/event-stream',
        ),
      ],
      [
        'a stream whose blocks have no numbers',
        plain(
          numbered(() => ''),
          'text/event-stream',
        ),
      ],
      ['a message', plain(JSON_TEXT, 'application/json')],
      ['a message that is said to be a stream', plain(JSON_TEXT, 'text/event-stream')],
      ['a message as plain text', plain(`\n${JSON_TEXT}`, 'text/plain; charset=utf-8')],
    ])('%s', async (_what, script) => {
      const { url, up } = await stand(() => script, { config })
      const client = new Anthropic({ baseURL: url, apiKey: 'sk-client', maxRetries: 0 })
      const { content, stop_reason, usage } = message(SAID)
      const expected = { content, stop_reason, usage: { output_tokens: usage.output_tokens } }
      expect(await client.messages.create(ASK)).toMatchObject(expected)
      expect(await client.messages.stream(ASK).finalMessage()).toMatchObject(expected)
      expect(up.requests).toHaveLength(2)
    })

    it('an error as a first event, under its own status', async () => {
      const { send, up } = await stand(
        () => sse([errorData('invalid_request_error', 'max_tokens: too many')]),
        { config },
      )
      for (const stream of [true, false]) {
        const seen = await send({ body: ask({ stream }) })
        expect(seen.status).toBe(400)
        expect(seen.json()).toMatchObject({ error: { message: 'max_tokens: too many' } })
      }
      expect(up.requests).toHaveLength(2)
    })

    it('an answer of another API: a 502 that is not to be tried again', async () => {
      const chunk = 'data: {"object":"chat.completion.chunk","choices":[]}\n\n'
      const { send, up } = await stand(() => plain(chunk, 'text/event-stream'), { config })
      const seen = await send({ body: ask({ stream: true }) })
      expect([seen.status, seen.headers['x-should-retry'], up.requests.length]).toEqual([502, 'false', 1])
    })
  },
)

describe('what takes time', () => {
  const guard = (options: object) => (url: string) => {
    const { plugins, ...config } = zaiPair(url) as { plugins: object }
    return {
      ...config,
      plugins: { ...plugins, 'stream-guard': options, 'force-stream': { mode: 'never' } },
    } as unknown as TestConfig
  }

  it('a message that takes longer than the first event may is waited for', async () => {
    const { send, up } = await stand(() => [delay(600), json(message(SAID))], {
      config: guard({ firstEventTimeout: 100, headersAfter: 50 }),
    })
    const seen = await send({ body: ask() })
    expect(seen.status).toBe(200)
    expect(up.requests).toHaveLength(1)
  })

  it('a fold takes as long as the stream does, once that has begun', async () => {
    const slow = () => sse(messageEvents(SAID), { every: 200 })
    const { send, up } = await stand(slow, {
      config: (url) => {
        const { plugins, ...config } = zaiPair(url) as { plugins: object }
        return {
          ...config,
          plugins: { ...plugins, 'stream-guard': { firstEventTimeout: 1_000 } },
        } as TestConfig
      },
    })
    expect((await send({ body: ask() })).status).toBe(200)
    expect(up.requests).toHaveLength(1)
  })

  it('a message that stalls in its middle is not asked for again: the upstream was at work', async () => {
    const { send, up, gateway } = await stand(
      () => [head(200, { 'content-type': 'application/json' }), write('{"type":"mess'), stall()],
      { config: guard({ idleTimeout: 150 }) },
    )
    const seen = await send({ body: ask() })
    expect(seen.status).toBe(504)
    expect(up.requests).toHaveLength(1)
    expect(gateway.requests('messages')[0]).toMatchObject({ attempts: 1, account: 'first' })
  })

  it('a stream that shows no event is asked for at the other account, once at each', async () => {
    const { send, up } = await stand(() => [head(200, { 'content-type': 'text/event-stream' }), stall()], {
      config: guard({ firstEventTimeout: 150, headersAfter: 5_000 }),
    })
    const seen = await send({ body: ask({ stream: true }) })
    expect(seen.status).toBe(504)
    expect(up.requests).toHaveLength(2)
  })
})

it('an answer that is larger than is held in memory is refused in those words, and paid for once', async () => {
  const endless = plain(
    `${JSON_TEXT.slice(0, -1)},"x":"${'x'.repeat(65 * 1024 * 1024)}"}`,
    'application/json',
  )
  const { send, up } = await stand(() => endless, { config: direct })
  const seen = await send({ body: ask() })
  expect(seen.status).toBe(502)
  expect(seen.json()).toMatchObject({ error: { message: expect.stringContaining('more than 64 MB') } })
  expect(up.requests).toHaveLength(1)
})

describe('the record of a request', () => {
  /** Notes the attempts of each request, when its answer is there. */
  function watched() {
    const seen: (readonly AttemptRecord[])[] = []
    const watch = definePlugin({
      name: 'watch',
      phase: 'request',
      create: () => ({
        onReply(_reply, call) {
          seen.push(call.record.attempts)
        },
      }),
    })
    const config = (url: string): TestConfig => ({ ...zaiPair(url), use: [watch()] }) as TestConfig
    return { seen, config }
  }

  it('has each attempt with what it cost, also one that was paid for and thrown away', async () => {
    const { seen, config } = watched()
    const cut = sse(messageEvents(SAID).slice(0, -1)) // its usage came, its end did not
    const whole = sse(messageEvents({ ...SAID, usage: { input_tokens: 77, output_tokens: 5 } }))
    const { send, gateway } = await stand((_request, n) => (n === 0 ? cut : whole), { config })
    expect((await send({ body: ask() })).status).toBe(200)
    const thrown = message(SAID).usage as Record<string, number>
    expect(seen[0]).toMatchObject([
      {
        upstream: 'zai',
        account: 'first',
        status: undefined,
        failure: 'truncated',
        inputTokens: thrown.input_tokens,
        outputTokens: thrown.output_tokens,
        stopReason: 'tool_use',
      },
      {
        upstream: 'zai',
        account: 'second',
        status: 200,
        failure: undefined,
        inputTokens: 77,
        outputTokens: 5,
      },
    ])
    for (const { ms, model } of seen[0]!) {
      expect(ms).toBeGreaterThan(0)
      expect(model).toMatch(/^glm-/)
    }
    // The log line tells of the client's answer.
    expect(gateway.requests('messages')[0]).toMatchObject({
      account: 'second',
      inputTokens: 77,
      outputTokens: 5,
    })
  })

  it('has the status that an error under 200 means, and what a stream costs to its end', async () => {
    const { seen, config } = watched()
    const busy = sse([errorData('overloaded_error', 'Overloaded')])
    const { send } = await stand((_request, n) => (n === 0 ? busy : sse(messageEvents(SAID))), { config })
    expect((await send({ body: ask({ stream: true }) })).end).toBe('clean')
    expect(seen[0]).toMatchObject([
      { account: 'first', status: 529, inputTokens: undefined },
      {
        account: 'second',
        status: 200,
        outputTokens: message(SAID).usage.output_tokens,
        stopReason: 'tool_use',
      },
    ])
  })
})
