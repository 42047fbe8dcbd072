import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Call, MessagesRequest } from '../core/index.js'
import * as plugins from '../plugins/index.js'
import { makeCall, testChain } from '../testing.js'
import { strictSchema, takesBetas, UPSTREAMS } from './support/strict-upstreams.js'

interface Request {
  readonly name: string
  readonly beta?: string
  readonly body: MessagesRequest
}

/** Requests of Claude Code 1.0.128 to 2.1.330, SDKs, the AI SDK, opencode and LangChain, shortened. */
const path = new URL('fixtures/requests/clients.json', import.meta.url)
const REQUESTS = JSON.parse(readFileSync(path, 'utf8')) as Request[]

const factoryOf = (name: string) =>
  Object.values(plugins).find((p) => 'definition' in p && p.definition.name === name) as never

/** What leaves for an upstream, of each request. */
async function fitted(upstream: string, requests: readonly Request[]): Promise<{ sent: Call; left: Call }[]> {
  const ofPreset = ['zai', 'anthropic'].includes(upstream)
  const chain = await testChain({
    preset: 'claude-code',
    accounts: [{ id: 'a', upstream, apiKey: 'key-of-a' }],
    plugins: {
      warmup: false, // answers Claude Code 2.0's by itself
      ...(upstream === 'vertex' && { vertex: { project: 'some-project' } }),
    },
    ...(!ofPreset && { use: [factoryOf(upstream)] }),
  })
  const calls: { sent: Call; left: Call }[] = []
  for (const { beta, body } of requests) {
    const headers = beta === undefined ? {} : { 'anthropic-beta': beta }
    const sent = makeCall({}, { headers, bytes: Buffer.from(JSON.stringify(body)) })
    await chain.send(sent)
    calls.push({ sent, left: chain.calls.at(-1)! })
  }
  expect(chain.calls).toHaveLength(requests.length)
  await chain.dispose()
  return calls
}

const bodyOf = (call: Call) => JSON.parse(call.bytes.toString('utf8')) as MessagesRequest
const again = (call: Call): Request => {
  const beta = call.header('anthropic-beta')
  return { name: '', body: bodyOf(call), ...(beta && { beta }) }
}

it("Anthropic's requests are byte for byte the client's", async () => {
  for (const { sent, left } of await fitted('anthropic', REQUESTS)) {
    expect(left.bytes).toEqual(sent.bytes)
    expect(left.header('anthropic-beta')).toBe(sent.header('anthropic-beta'))
  }
})

describe.each(UPSTREAMS)('what clients send today, fitted to %s', (upstream) => {
  it('is what it takes, and stays as it is in a second pass', async () => {
    const schema = strictSchema(upstream)
    const first = await fitted(upstream, REQUESTS)
    first.forEach(({ left }, i) => {
      const { error } = schema.safeParse(bodyOf(left))
      expect(error ? `${REQUESTS[i]!.name}: ${z.prettifyError(error)}` : '').toBe('')
      const beta = left.header('anthropic-beta')
      expect([REQUESTS[i]!.name, beta, takesBetas(upstream, beta)]).toEqual([REQUESTS[i]!.name, beta, true])
    })
    const second = await fitted(
      upstream,
      first.map(({ left }) => again(left)),
    )
    second.forEach(({ left }, i) => {
      expect(left.bytes.toString()).toBe(first[i]!.left.bytes.toString())
      expect(left.header('anthropic-beta')).toBe(first[i]!.left.header('anthropic-beta'))
    })
  })

  it.skipIf(['anthropic', 'litellm'].includes(upstream))('is not what it takes before', () => {
    const schema = strictSchema(upstream)
    expect(REQUESTS.some(({ body }) => !schema.safeParse(body).success)).toBe(true)
  })

  it('has a growing prefix over ten turns of a session', async () => {
    const first = REQUESTS.find(({ name }) => name === 'cc330-agent 1')!
    const turns = Array.from({ length: 10 }, (_, i) => session(first, i))
    let before: string[] = []
    for (const { left } of await fitted(upstream, turns)) {
      const now = prompt(bodyOf(left))
      expect(now.slice(0, before.length)).toEqual(before)
      expect(now.length).toBeGreaterThan(before.length)
      before = now
    }
  })
})

/** The request of a turn: the first one's, and what was said since. Claude Code marks the last block, and strings what it marked. */
function session({ name, beta, body }: Request, turn: number): Request {
  const [user, system] = body.messages
  const messages: unknown[] = [
    user,
    turn === 0
      ? system
      : { ...system, content: (system!.content as unknown as readonly [{ text: string }])[0].text },
  ]
  for (let i = 1; i <= turn; i++) {
    const id = `toolu_${i}`
    const mark = i === turn ? { cache_control: { type: 'ephemeral' } } : {}
    messages.push(
      {
        role: 'assistant',
        content: [
          ...(i % 4 === 2
            ? [
                {
                  type: 'thinking',
                  thinking: `I had better do ${i}`,
                  signature: 'c2lnbmVkIGJ5IHRoZSBtb2RlbA==',
                },
              ]
            : []),
          { type: 'text', text: `step ${i}` },
          { type: 'tool_use', id, name: 'Bash', input: { command: `echo ${i}` } },
        ],
      },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: `${i}`, ...mark }] },
      ...(i % 3 === 0 ? [{ role: 'system', content: `remember ${i}` }] : []),
    )
  }
  return { name, ...(beta && { beta }), body: { ...body, messages: messages as never } }
}

/** What a model reads, in order; an upstream's cache holds the beginning of it. Marks of the cache are no part of it. */
function prompt(body: MessagesRequest): string[] {
  const plain = (value: unknown) =>
    JSON.stringify(value, (key, inner) => (key === 'cache_control' ? undefined : inner))
  return [
    plain(body.tools),
    plain(body.system),
    ...body.messages.flatMap(({ role, content }) =>
      (typeof content === 'string' ? [{ type: 'text', text: content }] : content).map((block) =>
        plain([role, block]),
      ),
    ),
  ]
}
