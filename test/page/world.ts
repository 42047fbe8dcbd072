import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { definePlugin, z } from '../../core/index.js'
import { startTestGateway, type TestConfig, type TestGateway } from '../../testing.js'
import { failure } from '../support/anthropic-upstream.js'
import { type Handler, startUpstream, type Upstream } from '../support/bad-upstream.js'
import { send } from '../support/client.js'
import { messageEvents } from '../support/messages.js'
import { delay, json, type Script, sse } from '../support/script.js'

export const ADMIN_KEY = 'admin-key-of-the-browser-tests'

/** One turn of a conversation, as a client of this world sends it. */
export interface Turn {
  readonly session?: string
  /** The user's prompt that it works on, and its words. */
  readonly prompt?: string
  readonly words?: string
  readonly agent?: string
  readonly agentType?: string
  readonly parent?: string
  readonly model?: string
  readonly text?: string
  /** Tokens from the cache, into it, beside it, and of the answer. */
  readonly read?: number
  readonly made?: number
  readonly input?: number
  readonly output?: number
  /** What the first attempts get instead of an answer. */
  readonly failures?: readonly Script[]
  readonly labels?: string
  /** Milliseconds until the upstream's headers. */
  readonly wait?: number
  /** The gateway's own plugin `clock` puts this into the system prompt. */
  readonly clock?: string
}

export interface World {
  readonly up: Upstream
  readonly gateway: TestGateway
  /** The page with the key in its fragment; `#/…` behind it. */
  page(view?: string): string
  turn(turn: Turn): Promise<number>
  /** A call of the operator's. */
  // biome-ignore lint/suspicious/noExplicitAny: as each test reads it
  api(path: string, method?: string): Promise<any>
  close(): Promise<void>
}

/**
 * A gateway with two z.ai accounts and one of Anthropic's, and an upstream that answers as each turn says, so many times slower
 * than the tests want it.
 */
export async function startWorld(config: TestConfig = {}, pace = 1): Promise<World> {
  const conversations = new Map<string, object[]>()
  let now: Turn = {}
  let attempt = 0
  const handler: Handler = (request) => {
    if (!request.url.startsWith('/v1/messages')) return json({ data: [], has_more: false })
    const failed = now.failures?.[attempt++]
    if (failed) return failed
    const { read = 0, made = 0, input = 20, output = 40, text = 'Done.' } = now
    const usage = {
      input_tokens: input,
      output_tokens: output,
      cache_read_input_tokens: read,
      cache_creation_input_tokens: made,
    }
    const { model } = request.json<{ model: string }>()
    return [delay((now.wait ?? 4) * pace), sse(messageEvents({ text, usage, model }), { every: 2 * pace })]
  }
  const up = await startUpstream(handler)
  const clock = definePlugin({
    name: 'clock',
    phase: 'attempt',
    options: z.strictObject({}),
    touches: ['system'],
    create: () => ({ onRequest: (call) => (now.clock ? call.set({ system: now.clock }) : undefined) }),
  })
  const folder = mkdtempSync(join(tmpdir(), 'agproxy-page-'))
  const { plugins, ...rest } = config
  const gateway = await startTestGateway(
    {
      preset: 'claude-code',
      accounts: [
        { id: 'team-a', upstream: 'zai', apiKey: 'sk-upstream-1', email: 'a@example.com' },
        { id: 'team-b', upstream: 'zai', apiKey: 'sk-upstream-2' },
        { id: 'own', upstream: 'anthropic', apiKey: 'sk-upstream-3', maxConcurrent: 4 },
      ],
      server: { adminKey: ADMIN_KEY },
      ...rest,
      use: [clock(), ...(config.use ?? [])],
      plugins: {
        zai: { baseURL: up.url },
        anthropic: { baseURL: up.url },
        trace: { bodies: true },
        ledger: { file: join(folder, 'ledger.db') },
        ...plugins,
      },
    },
    { env: { AGPROXY_LEDGER: 'true' }, allowErrors: true },
  )
  return {
    up,
    gateway,
    page: (view = '/live') => `${gateway.url}/_agproxy/#key=${ADMIN_KEY}&${view}`,
    async api(path, method = 'GET') {
      const headers = { authorization: `Bearer ${ADMIN_KEY}` }
      return (await fetch(`${gateway.url}/_agproxy/api/${path}`, { method, headers })).json()
    },
    async turn(turn) {
      now = turn
      attempt = 0
      const {
        session,
        prompt,
        agent,
        agentType,
        parent,
        model = 'claude-opus-5-5',
        words = 'go on',
        labels,
      } = turn
      const key = `${session}/${agent}`
      const messages = conversations.get(key) ?? []
      messages.push({
        role: 'user',
        content: [{ type: 'text', text: words, cache_control: { type: 'ephemeral' } }],
      })
      const seen = await send(gateway.url, {
        headers: {
          ...(session !== undefined && { 'x-claude-code-session-id': encoded(session) }),
          ...(prompt !== undefined && { 'x-claude-code-prompt-id': encoded(prompt) }),
          ...(agent !== undefined && { 'x-claude-code-agent-id': encoded(agent) }),
          ...(agentType !== undefined && { 'x-claude-code-agent-type': encoded(agentType) }),
          ...(parent !== undefined && { 'x-claude-code-parent-agent-id': parent }),
          ...(labels !== undefined && { 'x-agproxy-label': labels }),
        },
        body: {
          model,
          max_tokens: 4_000,
          stream: true,
          system: 'You are Claude Code.',
          messages: messages.map((message, i) =>
            i === messages.length - 1 ? message : withoutMarks(message),
          ),
        },
      })
      messages.push({ role: 'assistant', content: turn.text ?? 'Done.' })
      if (session !== undefined) conversations.set(key, messages)
      return seen.status
    },
    async close() {
      await gateway.close().catch(() => {})
      await up.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Headers are Latin-1 on the wire. */
function encoded(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

function withoutMarks(message: object): object {
  return JSON.parse(JSON.stringify(message, (key, value) => (key === 'cache_control' ? undefined : value)))
}

export const busy = (seconds = '41') =>
  failure(429, 'rate_limit_error', 'slow down', { 'retry-after': seconds })

/**
 * A session in which things went wrong: a failover, a cache that a plugin of the gateway's broke, an agent that an overloaded
 * upstream refused, beside two that went well.
 */
export async function badSession({ turn }: World): Promise<{ bad: string }> {
  const [good, bad] = [randomUUID(), randomUUID()]
  const first = { session: good, prompt: 'p-good', words: 'Explain how the retry policy works' }
  await turn({ ...first, made: 21_400, output: 320 })
  await turn({ ...first, read: 21_400, made: 900, output: 180 })
  const explore = { ...first, agent: 'agent-1', agentType: 'Explore', model: 'claude-sonnet-5' }
  await turn({ ...explore, words: 'Find all callers of retryPolicy', made: 8_000, output: 90 })
  await turn({ ...explore, words: 'Now the tests', read: 8_000, made: 700, output: 240 })

  const fix = {
    session: bad,
    prompt: 'p-fix',
    words: 'Fix the failing test in core/stream and run the suite',
  }
  await turn({ ...fix, made: 38_000, output: 420, wait: 20 })
  await turn({ ...fix, read: 38_000, made: 1_200, output: 150 })
  await turn({ ...fix, read: 0, made: 39_900, output: 300, clock: 'It is 10:14', wait: 60 })
  const runner = { ...fix, agent: 'agent-2', agentType: 'test-runner', model: 'claude-haiku-4-5' }
  await turn({ ...runner, words: 'Run npm test', made: 6_000, output: 80, failures: [busy()] })
  await turn({ ...runner, words: 'Only the stream tests', read: 6_000, made: 300, output: 200 })
  await turn({ ...fix, read: 39_900, made: 800, output: 700 })
  const again = { session: bad, prompt: 'p-again', words: 'Why did it take so long? Check the logs' }
  await turn({
    ...again,
    failures: Array.from({ length: 3 }, () => failure(500, 'api_error', 'internal')),
    output: 0,
  })
  await turn({ ...again, read: 40_700, made: 500, output: 260, labels: 'task=login' })
  return { bad }
}
