import { describe, expect, it } from 'vitest'
import { definePlugin, type FinishedRecord } from '../../core/index.js'
import type { TestConfig } from '../../testing.js'
import { anthropicUpstream, failure } from '../support/anthropic-upstream.js'
import type { Handler } from '../support/bad-upstream.js'
import { ask } from '../support/client.js'
import { messageEvents } from '../support/messages.js'
import { delay, hangUp, head, sse, write } from '../support/script.js'
import { frames } from '../support/sse-bytes.js'
import { stand, zaiPair } from '../support/stand.js'

/** A gateway that hands over the record of each finished request. */
async function watched(handler: Handler = anthropicUpstream(), config: object = {}) {
  const records: FinishedRecord[] = []
  const watch = definePlugin({
    name: 'watch',
    phase: 'request',
    create: () => ({ onFinish: (record) => void records.push(record) }),
  })
  const made = await stand(handler, {
    config: (url) => {
      const { plugins, ...pair } = zaiPair(url)
      return { ...pair, plugins: { ...plugins, ...config }, use: [watch()] } as TestConfig
    },
  })
  const record = async (n = 0): Promise<FinishedRecord> => {
    await expect.poll(() => records.length, { timeout: 10_000 }).toBeGreaterThan(n)
    return records[n]!
  }
  return { ...made, record }
}

const facts = async (headers: Record<string, string | string[]>, body: object = ask()) => {
  const { send, record } = await watched()
  await send({ body, headers })
  return (await record()).facts
}

describe('who a request belongs to', () => {
  it('is what the client says in its headers', async () => {
    const seen = await facts({
      'x-claude-code-session-id': 'session-1',
      'x-claude-code-agent-id': 'agent-2',
      'x-claude-code-parent-agent-id': 'agent-1',
      'x-claude-code-agent-type': 'Explore',
      'x-claude-code-request-class': 'subagent',
      'x-claude-code-prompt-id': 'prompt-1',
      'x-agproxy-label': ['team=blue', 'ticket = A-1, =x,bad key=1,empty='],
    })
    expect(seen).toMatchObject({
      session: 'session-1',
      agent: 'agent-2',
      parentAgent: 'agent-1',
      agentType: 'Explore',
      requestClass: 'subagent',
      prompt: 'prompt-1',
      labels: { team: 'blue', ticket: 'A-1' },
      requestBytes: JSON.stringify(ask()).length,
    })
  })

  it('is bounded, whatever comes', async () => {
    const many = Array.from({ length: 20 }, (_, i) => `k${i}=v`).join(',')
    const seen = await facts({ 'x-claude-code-agent-id': 'a'.repeat(5_000), 'x-agproxy-label': many })
    expect(seen.agent).toHaveLength(200)
    expect(Object.keys(seen.labels!)).toHaveLength(8)
  })

  it('goes to the upstream but for the labels', async () => {
    const { send, up } = await watched()
    await send({ body: ask(), headers: { 'x-claude-code-agent-id': 'a', 'x-agproxy-label': 'team=blue' } })
    const names = up.requests[0]!.headers.map(([name]) => name)
    expect(names).toContain('x-claude-code-agent-id')
    expect(names).not.toContain('x-agproxy-label')
  })
})

describe('a prompt without an id of the client’s', () => {
  const text = (words: string) => ({ type: 'text', text: words })
  const turn = (i: number) => [
    { role: 'assistant', content: [{ type: 'tool_use', id: `t${i}`, name: 'Bash', input: {} }] },
    {
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: `t${i}`, content: 'ok' }, text('<system-reminder>now')],
    },
  ]
  const asked = { role: 'user', content: [text('<system-reminder>x'), text('mend the tests')] }
  const of = async (messages: object[]) => (await facts({}, ask({ messages }))).prompt

  it('is the same while tools are called, and another one for the next text', async () => {
    const marked = {
      ...asked,
      content: [asked.content[0], { ...asked.content[1], cache_control: { type: 'ephemeral' } }],
    }
    const [first, second, third] = [
      await of([marked]),
      await of([asked, ...turn(1), ...turn(2)]),
      await of([asked, ...turn(1), asked]),
    ]
    expect(first).toMatch(/^p-[\w-]{16}$/)
    expect(second).toBe(first)
    expect(third).not.toBe(first)
  })

  it('tells nothing of the text', async () => {
    expect(await of([{ role: 'user', content: 'canary' }])).not.toContain('canary')
    expect(await of([{ role: 'user', content: [] }])).toBeUndefined()
  })
})

describe('an attempt', () => {
  it('has the times of its steps, in order, and the size and silence of its stream', async () => {
    const bytes = frames(messageEvents({ text: 'hello there' }))
    const total = bytes.reduce((sum, frame) => sum + frame.length, 0)
    const slow = () => [
      head(200, { 'content-type': 'text/event-stream' }),
      delay(20),
      write(bytes.slice(0, 2)),
      delay(400),
      write(bytes.slice(2)),
      ({ res }: { res: { end(): void } }) => res.end(),
    ]
    const { send, record } = await watched(slow as never)
    await send({ body: ask({ stream: true }) })
    const { attempts, times } = await record()
    const { started, connected, headers, firstEvent, firstContent, lastByte } = attempts[0]!.times
    const steps = [
      times.bodyRead,
      started,
      connected,
      headers,
      firstEvent,
      firstContent,
      lastByte,
      times.finished,
    ]
    expect(steps.every((ms) => ms !== undefined)).toBe(true)
    expect(steps).toEqual([...steps].sort((a, b) => a! - b!))
    expect(attempts[0]).toMatchObject({ bytes: total, error: undefined, cooldown: undefined })
    expect(attempts[0]!.longestGap).toBeGreaterThan(200)
    expect(attempts[0]!.chunks).toBeGreaterThan(1)
    expect(attempts[0]!.requestBytes).toBeGreaterThan(50)
  })

  it('has them for JSON too', async () => {
    const { send, record } = await watched(anthropicUpstream(), { 'force-stream': false })
    const seen = await send({ body: ask() })
    const [attempt] = (await record()).attempts
    expect(attempt!.bytes).toBe(seen.body.length)
    expect(attempt!.times.lastByte).toBeGreaterThanOrEqual(attempt!.times.headers!)
  })

  it('that failed says why, what it started for its account, and why the next account', async () => {
    const limited = anthropicUpstream((_request, n) =>
      n === 0
        ? failure(429, 'rate_limit_error', 'the prompt was: canary', { 'retry-after': '40' })
        : sse(messageEvents({ text: 'ok' })),
    )
    const { send, record } = await watched(limited)
    await send({ body: ask({ stream: true }) })
    const { attempts } = await record()
    expect(attempts).toMatchObject([
      {
        account: 'first',
        choice: { reason: 'tier', tier: 0, others: [] },
        error: 'rate_limit_error (429)',
        cooldown: { reason: 'rate-limit', ms: 40_000 },
      },
      {
        account: 'second',
        choice: { reason: 'tier', tier: 1, others: [{ account: 'first', lacks: 'tried' }] },
        error: undefined,
      },
    ])
    expect(JSON.stringify(attempts)).not.toContain('canary')
  })

  it('that was cut says so', async () => {
    const cut = () => sse(messageEvents({ text: 'ok' }).slice(0, 1), { ending: hangUp() })
    const { send, record } = await watched(cut)
    await send({ body: ask() })
    expect((await record()).attempts[0]).toMatchObject({
      failure: expect.stringMatching(/reset|truncated/),
      error: expect.stringMatching(/broke the connection|upstream/),
    })
  })

  it('of a session that has an account says so', async () => {
    const { send, record } = await watched()
    const headers = { 'x-claude-code-session-id': 'one' }
    await send({ body: ask(), headers })
    await send({ body: ask(), headers })
    expect((await record(1)).attempts[0]!.choice).toEqual({ reason: 'pinned', tier: 0, others: [] })
  })
})

it('heartbeats are counted', async () => {
  const slow = () => [
    head(200, { 'content-type': 'text/event-stream' }),
    write(frames(messageEvents({ text: 'a' })).slice(0, 2)),
    delay(800),
    write(frames(messageEvents({ text: 'a' })).slice(2)),
    ({ res }: { res: { end(): void } }) => res.end(),
  ]
  const { send, record } = await watched(slow as never, { 'stream-guard': { heartbeat: 30 } })
  await send({ body: ask({ stream: true }) })
  expect((await record()).facts.heartbeats).toBeGreaterThan(1)
})
