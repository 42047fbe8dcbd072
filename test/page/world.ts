import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { definePlugin, z } from '../../core/index.js'
import { startTestGateway, type TestConfig, type TestGateway } from '../../testing.js'
import { type Handler, startUpstream, type Upstream } from '../support/bad-upstream.js'
import { send } from '../support/client.js'
import { messageEvents } from '../support/messages.js'
import { delay, json, type Script, sse } from '../support/script.js'
import type { FrameInit } from '../support/sse-bytes.js'

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
  /** Headers of the answer. */
  readonly headers?: Readonly<Record<string, string>>
  /** Anthropic's `diagnostics` in the answer. */
  readonly diagnostics?: object
  /** Further fields of the request's body. */
  readonly fields?: object
}

export interface World {
  readonly up: Upstream
  readonly gateway: TestGateway
  /** The page with the key in its fragment; `#/…` behind it. */
  page(view?: string): string
  turn(turn: Turn): Promise<number>
  /** What the upstream answers from now on, whoever asks. */
  next(turn: Turn): void
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
  const next = (turn: Turn) => {
    now = turn
    attempt = 0
  }
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
    const events: readonly FrameInit[] = messageEvents({ text, usage, model }).map((event) =>
      event.type === 'message_start' && now.diagnostics
        ? { ...event, message: { ...(event.message as object), diagnostics: now.diagnostics } }
        : event,
    )
    const { headers = {} } = now
    return [delay((now.wait ?? 4) * pace), sse(events, { every: 2 * pace, headers })]
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
    next,
    async turn(turn) {
      next(turn)
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
          ...turn.fields,
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
