import Anthropic from '@anthropic-ai/sdk'
import { describe, expect, it } from 'vitest'
import type { EventData } from '../../core/index.js'
import { aiSdk } from '../../plugins/index.js'
import type { Answer } from '../providers/answer.js'
import { PROVIDERS, type TestedProvider } from '../providers/providers.js'
import { expectGrammar } from '../support/event-grammar.js'
import { delay, hangUp, json, reset, respond, type Script, stall, streamed } from '../support/script.js'
import { inPieces } from '../support/sse-bytes.js'
import { stand } from '../support/stand.js'
import { hash, randomOf } from './schedule.js'

const SEED = Number(process.env.FAULT_SEED ?? Math.floor(Math.random() * 2 ** 31))
const REQUESTS = 120

/** What the model says to a token: words, thinking and tools that nobody else gets. */
function answerTo(token: string): Answer {
  const random = randomOf(hash(token))
  const tools = Array.from({ length: Math.floor(random() * 3) }, (_, i) => ({
    id: `call_${i}`,
    name: 'Bash',
    input: { token, i, text: 'ž'.repeat(random() * 200) },
  }))
  return {
    ...(random() < 0.5 && { thinking: `thinking of ${token}`, signature: token }),
    text: `${token} žluťoučký ${'kůň '.repeat(random() * 100)}`,
    tools,
  }
}

/** A whole answer in pieces of any size, or a fault. */
function scriptFor(provider: TestedProvider, token: string, random: () => number): Script {
  const { contentType = 'text/event-stream' } = provider
  const frames = provider.frames(answerTo(token))
  const all = Buffer.concat(frames)
  const headers = { 'content-type': contentType }
  const part = all.subarray(0, Math.floor(random() * all.length))
  const kinds: (() => Script)[] = [
    () => streamed(inPieces(frames, random() < 0.3 ? 7 : 500), { headers, every: 0 }),
    () => [delay(random() * 100), streamed(frames, { headers })],
    () => streamed([part], { headers, ending: reset() }),
    () => streamed([part], { headers, ending: hangUp() }),
    () => streamed([part], { headers }),
    () => streamed([part], { headers, ending: stall() }),
    () => streamed(frames.slice(0, Math.floor(random() * frames.length)), { headers }),
    () => json(provider.error(`sorry ${token}`, 'server_error', 500), 500),
    () =>
      json(provider.error(`sorry ${token}`, 'rate_limit_exceeded', 429), 429, {
        headers: { 'retry-after': '1' },
      }),
    () => json({ error: { message: `sorry ${token}` } }),
    () => respond(200, `<html>${token}</html>`, { headers: { 'content-type': 'text/html' } }),
    () => respond(200, ''),
    () => reset(),
    () => stall(),
  ]
  // Half of them good, or hardly any request would get through.
  return random() < 0.5 ? kinds[Math.floor(random() * 2)]!() : kinds[Math.floor(random() * kinds.length)]!()
}

/** What the client must have got, if it got all. */
function wholeOf({ text, tools = [] }: Answer) {
  return { text, inputs: tools.map(({ input }) => input) }
}

describe.each(PROVIDERS)('$title', (provider) => {
  it(`gives whole answers or errors, whatever its service does (FAULT_SEED=${SEED})`, async () => {
    const { name, options, path, model } = provider
    const attempts = new Map<string, number>()
    const { url } = await stand(
      (request) => {
        const token = /T\d+T/.exec(request.body.toString())![0]
        const n = (attempts.get(token) ?? 0) + 1
        attempts.set(token, n)
        return scriptFor(provider, token, randomOf(hash(`${SEED} ${token} ${n} ${name}`)))
      },
      {
        allowErrors: true,
        config: (upstream) => ({
          preset: 'claude-code',
          accounts: Array.from({ length: 6 }, (_, i) => ({
            id: `a${i}`,
            upstream: name,
            apiKey: `sk-of-account-${i}`,
            priority: 1,
          })),
          plugins: {
            'stream-guard': { firstEventTimeout: 500, idleTimeout: 500, headersAfter: 300 },
            warmup: false,
          },
          use: [aiSdk({ ...options, name, baseURL: upstream + path, models: { 'claude-*': model } })],
        }),
      },
    )
    const client = new Anthropic({ baseURL: url, apiKey: 'sk', maxRetries: 0 })
    const tools = [{ name: 'Bash', input_schema: { type: 'object' as const } }]
    let whole = 0
    const one = async (token: string) => {
      const events: EventData[] = []
      try {
        const stream = client.messages.stream({
          model: 'claude-sonnet-5',
          max_tokens: 1000,
          tools,
          messages: [{ role: 'user', content: `say ${token}` }],
        })
        stream.on('streamEvent', (event) => void events.push(event as never))
        const { content } = await stream.finalMessage()
        whole++
        expectGrammar(events)
        const got = {
          text: content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join(''),
          inputs: content.flatMap((block) => (block.type === 'tool_use' ? [block.input] : [])),
        }
        expect(got).toEqual(wholeOf(answerTo(token)))
      } catch (error) {
        if (!(error instanceof Anthropic.AnthropicError)) throw error
        expect(events.map(({ type }) => type)).not.toContain('message_stop')
      }
    }
    for (let i = 0; i < REQUESTS; i += 30)
      await Promise.all(Array.from({ length: 30 }, (_, j) => one(`T${i + j}T`)))
    expect(whole).toBeGreaterThan(REQUESTS / 4)
    expect(whole).toBeLessThan(REQUESTS)
  }, 120_000)
})
