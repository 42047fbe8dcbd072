import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { MemoryStore } from '../../core/state/memory.js'
import { anthropicCompatible } from '../../plugins/index.js'
import { answer, anthropicUpstream, failure } from '../support/anthropic-upstream.js'
import type { Handler, SeenRequest } from '../support/bad-upstream.js'
import { type AnyBody, REFUSALS } from '../support/refusals.js'
import type { Script } from '../support/script.js'
import { stand } from '../support/stand.js'
import { assistant, CHAT, isMain, TOOL, toolResult } from './assistant.js'
import { claude } from './claude.js'
import { describeClients, NEWEST } from './clients.js'
import type { Client } from './install.js'

/** What the user asks for, and what the model does with it. */
interface Talk {
  readonly prompt: string
  readonly result: string
  readonly model: Handler
}

const CHATS: Talk = { prompt: CHAT.prompt, result: CHAT.answer, model: assistant }

/** The model looks for a tool, and the client answers with references to tools. */
const SEARCHES: Talk = {
  ...CHATS,
  model: anthropicUpstream((request) => {
    if (!isMain(request) || toolResult(request)) return assistant(request, 0)
    const input = { query: 'select:WebFetch,WebSearch', max_results: 5 }
    return answer({ text: 'Looking.', toolUse: { name: 'ToolSearch', input } }, request)
  }),
}

interface Case {
  readonly name: string
  readonly talk: Talk
  refuses(body: AnyBody, beta: string): boolean
  answer(body: AnyBody): Script
}

/** Those of the list of refusals that name something which Claude Code 2.1.330 sends by itself. */
const LISTED: Readonly<Record<string, Talk>> = {
  'Anthropic, older models': CHATS,
  'Anthropic, by model': CHATS,
  'LM Studio': CHATS,
  DeepSeek: CHATS,
  MiniMax: CHATS,
  zod: CHATS,
  'z.ai, FastAPI': CHATS,
  'vLLM before 0.21': CHATS,
  'OpenRouter, wrapped': CHATS,
  'under status 200': CHATS,
  'DashScope, as events': CHATS,
  'z.ai, naming nothing': CHATS,
  'Anthropic up to 4.5': CHATS,
  LiteLLM: CHATS,
  Kimi: CHATS,
  'z.ai, 1213 for adaptive thinking': CHATS,
  'Anthropic, an unknown field': CHATS,
  'Anthropic, output_config': CHATS,
  'OpenRouter, cache control': CHATS,
  'Kimi until June, tool_reference': SEARCHES,
  'Kimi, naming nothing': SEARCHES,
  'Anthropic, before May 2026': CHATS,
  'Alibaba’s coding plan, naming nothing': CHATS,
  DashScope: CHATS,
  Ark: CHATS,
}

const has = (text: string) => (body: AnyBody) => JSON.stringify(body).includes(text)
const words = (text: string) => failure(400, 'invalid_request_error', text)

const OTHERS: readonly Case[] = [
  {
    name: 'Anthropic, effort',
    talk: CHATS,
    refuses: ({ output_config, messages }) =>
      [output_config, ...messages.map((message) => message.output_config)].some((config) =>
        JSON.stringify(config ?? {}).includes('"effort"'),
      ),
    answer: () => words('This model does not support the effort parameter.'),
  },
  {
    name: 'Anthropic, a field of thinking',
    talk: CHATS,
    refuses: ({ thinking }) => thinking !== undefined && 'display' in thinking,
    answer: () => words('thinking.adaptive.display: Extra inputs are not permitted'),
  },
  {
    name: 'Kimi and DeepSeek, no thinking on a tool call',
    talk: { prompt: TOOL.prompt, result: TOOL.answer, model: assistant },
    refuses: (body) =>
      body.thinking !== undefined && has('"tool_use"')(body) && !has('"type":"thinking","thinking"')(body),
    answer: () =>
      words('thinking is enabled but reasoning_content is missing in assistant tool call message at index 2'),
  },
  {
    name: 'Anthropic, defer_loading of the tool that has it',
    talk: CHATS,
    refuses: has('"defer_loading"'),
    answer({ tools }) {
      const at = (tools as readonly object[]).findIndex((tool) => 'defer_loading' in tool)
      return words(`tools.${at}.custom.defer_loading: Extra inputs are not permitted`)
    },
  },
  {
    name: 'Anthropic, a beta value with its field',
    talk: CHATS,
    refuses: (body, beta) => beta.includes('context-management-') || has('context_management')(body),
    answer: () =>
      words(
        'Unexpected value(s) `context-management-2025-06-27` for the `anthropic-beta` header. Please consult our documentation.',
      ),
  },
  {
    name: 'Bedrock and Vertex, a beta value that is not named',
    talk: CHATS,
    refuses: (_, beta) => beta.includes('effort-'),
    answer: () => words('invalid beta flag'),
  },
  {
    name: 'Anthropic, max_tokens',
    talk: CHATS,
    refuses: ({ max_tokens = 0 }) => max_tokens > 8_192,
    answer: ({ max_tokens }) =>
      words(`max_tokens: ${max_tokens} > 8192, which is the maximum allowed number of output tokens for x`),
  },
]

const CASES: readonly Case[] = [
  ...Object.entries(LISTED).map(([name, talk]): Case => {
    const { refuses, answer: script } = REFUSALS.find((refusal) => refusal.name === name)!
    return { name, talk, refuses, answer: () => script }
  }),
  ...OTHERS,
]

const DAY = 24 * 3_600_000

/** A gateway in front of an upstream of which nothing is known, and what one run of the client made of it. */
async function before(client: Client, { talk, refuses, answer: refusal }: Case) {
  let moved = 0
  let refused = 0
  const isRefused = (request: SeenRequest) =>
    request.url.startsWith('/v1/messages?') &&
    refuses(request.json() as unknown as AnyBody, request.header('anthropic-beta') ?? '')
  const { url, up, gateway } = await stand(
    (request, n) => {
      if (!isRefused(request)) return talk.model(request, n)
      refused++
      return refusal(request.json() as unknown as AnyBody)
    },
    {
      config: (baseURL) => ({
        preset: 'claude-code',
        accounts: [{ id: 'one', upstream: 'box', apiKey: 'sk-upstream-1' }],
        use: [anthropicCompatible({ name: 'box', baseURL, accepts: { cacheControl: true } })],
        services: { state: () => new MemoryStore(() => Date.now() + moved) },
      }),
    },
  )
  const args = ['-p', talk.prompt, '--allowedTools', 'Bash', '--output-format', 'json']
  return {
    async run() {
      const [asked, sent, refusals] = [gateway.requests('messages').length, up.requests.length, refused]
      const run = await claude(client, { url, args })
      expect(run).toMatchObject({ code: 0, timedOut: false, stderr: '' })
      expect(JSON.parse(run.stdout)).toMatchObject({ is_error: false, result: talk.result })
      const lines = gateway.requests('messages').slice(asked)
      expect(lines.map(({ status }) => status)).toEqual(lines.map(() => 200))
      return { asked: lines.length, sent: up.requests.length - sent, refused: refused - refusals }
    },
    aWeekLater: () => {
      moved += 8 * DAY
    },
  }
}

describeClients(NEWEST, (client) => {
  it.each(CASES)('asks once where the upstream refuses: $name', async (refusal) => {
    const { run, aWeekLater } = await before(client, refusal)
    const first = await run()
    expect(first.refused).toBeGreaterThan(0)
    const second = await run()
    expect(second).toEqual({ asked: first.asked, sent: first.asked, refused: 0 })
    aWeekLater()
    const third = await run()
    expect(third.refused).toBeGreaterThan(0)
    expect(third.asked).toBe(first.asked)
  })
})

/** What a second upstream says of a turn that began at the first. */
const MOVED: readonly { readonly text: string; readonly thinks: boolean; refuses(body: AnyBody): boolean }[] =
  [
    ...[
      'messages.1.content.0: Invalid `signature` in `thinking` block',
      'messages.1.content.0.thinking.signature: Field required',
      'messages.1.content.0: this signature is bound to a different conversation',
    ].map((text) => ({ text, thinks: true, refuses: has('"type":"thinking","thinking"') })),
    {
      text: 'messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`',
      thinks: false,
      refuses: (body) => body.thinking !== undefined && has('"tool_use"')(body),
    },
  ]

const ofFirst = (request: SeenRequest) => request.header('x-api-key') === 'sk-first'

describeClients(NEWEST, (client) => {
  it.each(MOVED)(
    'a turn that moves in the middle of its tool calls: $text',
    async ({ text, thinks, refuses }) => {
      let refused = 0
      const thinking = { text: 'I had better run it.', signature: '0123456789abcdef0123456789abcdef' }
      const input = { command: TOOL.command, description: 'Print a marker' }
      const call = { toolUse: { id: 'call_1', name: 'Bash', input }, ...(thinks && { thinking }) }
      const { url, up, gateway } = await stand(
        anthropicUpstream((request) => {
          if (ofFirst(request))
            return toolResult(request)
              ? failure(429, 'rate_limit_error', 'used up', { 'retry-after': '3' })
              : answer(call, request)
          if (!refuses(request.json() as unknown as AnyBody)) return assistant(request, 0)
          refused++
          return words(text)
        }),
        {
          config: (baseURL) => ({
            preset: 'claude-code',
            accounts: [
              { id: 'first', upstream: 'first', apiKey: 'sk-first' },
              { id: 'second', upstream: 'second', apiKey: 'sk-second' },
            ],
            use: ['first', 'second'].map((name) =>
              anthropicCompatible({ name, baseURL, accepts: { adaptiveThinking: false } }),
            ),
          }),
        },
      )
      for (const refusals of [1, 1]) {
        const before = gateway.requests('messages').length
        const args = ['-p', TOOL.prompt, '--allowedTools', 'Bash', '--output-format', 'json']
        const run = await claude(client, { url, args })
        expect(run).toMatchObject({ code: 0, timedOut: false, stderr: '' })
        expect(JSON.parse(run.stdout)).toMatchObject({ is_error: false, result: TOOL.answer, num_turns: 2 })
        expect(
          gateway
            .requests('messages')
            .slice(before)
            .map(({ status }) => status),
        ).toEqual([200, 200])
        expect(refused).toBe(refusals) // the second time it is known
        await sleep(3_200)
      }
      expect(up.requests.filter((request) => !ofFirst(request))).toHaveLength(3)
    },
  )
})
