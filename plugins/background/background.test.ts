import { describe, expect, it } from 'vitest'
import { GatewayError, type MessagesRequest, Reply } from '../../core/index.js'
import { makeCall, messageReply, mount } from '../../testing.js'
import { background } from './index.js'

const text = (value: string) => ({ type: 'text', text: value })
const user = (content: unknown) => ({ role: 'user', content }) as MessagesRequest['messages'][0]
const IDENTITY = text("You are Claude Code, Anthropic's official CLI for Claude.")
const BILLING = text('x-anthropic-billing-header: cc_version=2.1.126.09b; cc_entrypoint=sdk-cli; cch=11818;')
const schema = (...names: string[]) => ({
  output_config: {
    format: {
      type: 'json_schema',
      schema: {
        type: 'object',
        properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
      },
    },
  },
})

const TITLE = {
  max_tokens: 32_000,
  tools: [],
  system: [
    BILLING,
    IDENTITY,
    text(
      'Generate a concise, sentence-case title (3-7 words) that captures the main topic or goal of this coding session. The title should be clear.',
    ),
  ],
  messages: [user([text('<session>\nfix the login button on   mobile devices, please\n</session>')])],
  ...schema('title'),
}
const TOPIC = {
  max_tokens: 512,
  system: [
    IDENTITY,
    text(
      "Analyze if this message indicates a new conversation topic. If it does, extract a 2-3 word title that captures the new topic. Format your response as a JSON object with two fields: 'isNewTopic' (boolean) and 'title'.",
    ),
  ],
  messages: [user('hello')],
}
const QUOTA = { max_tokens: 1, messages: [user('quota')] }

async function ask(
  body: Partial<MessagesRequest>,
  options: Parameters<typeof background>[0] = {},
  headers = {},
) {
  const plugin = await mount(background(options))
  const reply = await plugin.send(body, { headers })
  return { reply, plugin, kind: reply.header('x-background-intercepted') }
}
const said = async (reply: Reply) => ((await reply.json()) as { content: [{ text: string }] }).content[0].text

describe('is answered here', () => {
  it('a title, by the first words', async () => {
    const { reply, plugin } = await ask(TITLE)
    expect(JSON.parse(await said(reply))).toEqual({ title: 'Fix the login button on mobile' })
    expect(plugin.calls).toHaveLength(0)
  })

  it('a title of nothing', async () => {
    const { reply } = await ask({ ...TITLE, messages: [user('')] })
    expect(JSON.parse(await said(reply))).toEqual({ title: 'New session' })
  })

  it('a topic, also where the client began the answer', async () => {
    expect(JSON.parse(await said((await ask(TOPIC)).reply))).toEqual({ isNewTopic: false, title: null })
    const begun = { ...TOPIC, messages: [...TOPIC.messages, { role: 'assistant', content: '{' }] }
    expect(JSON.parse(`{${await said((await ask(begun)).reply)}`)).toEqual({ isNewTopic: false, title: null })
  })

  it.each(['quota', 'Hi'])('the probe %s', async (word) => {
    const { reply, kind } = await ask({ max_tokens: 1, messages: [user(word)] })
    expect(kind).toBe('probe')
    expect(await reply.json()).toMatchObject({ type: 'message', stop_reason: 'max_tokens' })
  })

  it('as a stream for who wants one', async () => {
    const { reply } = await ask({ ...TITLE, stream: true })
    const events = []
    for await (const event of reply.events()) events.push(event.type)
    expect(events).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ])
  })
})

describe('is the conversation, and goes on as the bytes that came', () => {
  it.each<[string, Partial<MessagesRequest>, Record<string, string>]>([
    [
      'a request for a title by the user',
      { messages: [user('Please write a 5-10 word title for the following conversation: …')] },
      {},
    ],
    ['a title with tools', { ...TITLE, tools: [{ name: 'Bash' }] }, {}],
    ['a title with another answer', { ...TITLE, ...schema('title', 'tags') }, {}],
    ['a system prompt that only mentions it', { ...TITLE, system: `Do this. ${TITLE.system[2]!.text}` }, {}],
    [
      'a topic in a longer conversation',
      { ...TOPIC, messages: [user('a'), { role: 'assistant', content: 'b' }, user('c')] },
      {},
    ],
    ['the word quota with room for an answer', { max_tokens: 2, messages: [user('quota')] }, {}],
    ['another word', { max_tokens: 1, messages: [user('test connection')] }, {}],
    ['what the client itself calls main', QUOTA, { 'x-claude-code-request-class': 'main' }],
    ['nothing in particular', {}, {}],
  ])('%s', async (_, body, headers) => {
    const plugin = await mount(background({ to: { model: 'cheap' } }))
    const call = makeCall(body, { headers })
    await plugin.send(call)
    expect(plugin.calls[0]!.bytes).toBe(call.bytes)
    expect(plugin.calls[0]!.preference).toBeUndefined()
  })
})

describe('goes to a cheaper model', () => {
  const AUXILIARY = { 'x-claude-code-request-class': 'auxiliary' }

  it('what the client calls auxiliary, and what is not to be answered here', async () => {
    const to = { model: 'glm-5.3-flash', upstream: 'zai' }
    for (const [body, headers] of [
      [{}, AUXILIARY],
      [TITLE, {}],
    ] as const) {
      const { plugin } = await ask(body, { local: [], to }, headers)
      expect(plugin.calls.map(({ model, preference }) => [model, preference?.upstream])).toEqual([
        ['glm-5.3-flash', 'zai'],
      ])
    }
  })

  it('and to the usual one where that can not serve', async () => {
    for (const fail of [
      () => Reply.json({}, { status: 429 }),
      () => {
        throw new GatewayError('rate_limit_error', 'busy')
      },
    ]) {
      const plugin = await mount(background({ to: { model: 'cheap' } }), {
        answer: (call) => (call.model === 'cheap' ? fail() : messageReply()),
      })
      expect((await plugin.send({}, { headers: AUXILIARY })).status).toBe(200)
      expect(plugin.calls.map(({ model }) => model)).toEqual(['cheap', 'claude-sonnet-5'])
    }
  })
})
