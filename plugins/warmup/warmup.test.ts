import { readFileSync } from 'node:fs'
import Anthropic from '@anthropic-ai/sdk'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import type { MessageReply, MessagesRequest, Reply } from '../../core/index.js'
import { jsonValue } from '../../test/support/json-value.js'
import { makeCall, mount } from '../../testing.js'
import { warmup } from './index.js'

const fixture = new URL('../../test/fixtures/claude-code-2.0.77-warmup.json', import.meta.url)
const CLAUDE_CODE_2_0 = JSON.parse(readFileSync(fixture, 'utf8')) as MessagesRequest

const REMINDER = { type: 'text', text: '<system-reminder>\nToday is Monday.\n</system-reminder>\n' }
const SYSTEM = { role: 'system', content: 'You are helpful.', output_config: { effort: 'medium' } }
const TOOL_USE = { type: 'tool_use', id: 'toolu_1', name: 'Bash', input: { command: 'ls' } }

const text = (value: string) => ({ type: 'text', text: value })
const user = (content: unknown) => ({ role: 'user', content })
const assistant = (content: unknown) => ({ role: 'assistant', content })
const failed = (content: unknown, is_error: unknown = true) => ({
  type: 'tool_result',
  tool_use_id: 'toolu_1',
  is_error,
  content,
})

/** Sends messages through the plugin; says whether it answered, and that it is either that or the upstream. */
async function intercepted(messages: unknown[], options?: { text: string }): Promise<boolean> {
  const plugin = await mount(warmup(options))
  const reply = await plugin.send({ messages: messages as never })
  const here = reply.header('x-warmup-intercepted') === 'true'
  expect(plugin.calls).toHaveLength(here ? 0 : 1)
  await plugin.dispose()
  return here
}

describe('answers locally', () => {
  it.each<[string, unknown[]]>([
    ['a string', [user('Warmup')]],
    ['a string with space around it', [user('\n  Warmup \n')]],
    ['one text block', [user([text(' Warmup\n')])]],
    ['a text block behind a reminder', [user([REMINDER, text('Warmup')])]],
    ['a text block between reminders', [user([REMINDER, text('Warmup'), REMINDER])]],
    ['two reminders in one block', [user([text(REMINDER.text.repeat(2)), text('Warmup')])]],
    ['the last message of a conversation', [user('hi'), assistant('hello'), user('Warmup')]],
    ['a warm-up right behind another user message', [user('hi'), user('Warmup')]],
    ['the shape of Claude Code 2.1: system entry last', [user([REMINDER, text('Warmup')]), SYSTEM]],
    ['several system entries last', [user('Warmup'), SYSTEM, SYSTEM]],
    ['a failed tool result, as a string', [user('x'), assistant([TOOL_USE]), user([failed('Warmup')])]],
    ['a failed tool result that goes on', [user([failed('Warmup: unknown tool')])]],
    ['a failed tool result with space before it', [user([failed('\n Warmup failed')])]],
    ['a failed tool result, as blocks', [user([failed([text('Warmup failed')])])]],
    ['a failed tool result with text behind an image', [user([failed([{ type: 'image' }, text('Warmup')])])]],
    ['a failed tool result with a reminder', [user([failed('Warmup'), REMINDER])]],
    ['a failed tool result among others', [user([failed('fine', false), failed('Warmup')])]],
  ])('%s', async (_, messages) => {
    expect(await intercepted(messages)).toBe(true)
  })
})

describe('sends to the upstream', () => {
  it.each<[string, unknown[]]>([
    ['"Warmup the oven"', [user('Warmup the oven')]],
    ['"Warmup the oven" in a block', [user([text('Warmup the oven')])]],
    ['another spelling', [user('warmup')]],
    ['a warm-up followed by another user message', [user('Warmup'), user('What is 2 + 2?')]],
    ['the same with a system entry between', [user('Warmup'), SYSTEM, user('What is 2 + 2?'), SYSTEM]],
    ['a warm-up followed by an answer', [user('Warmup'), assistant('OK')]],
    ['a warm-up that the assistant says', [user('Say it'), assistant('Warmup')]],
    ['a system entry', [{ role: 'system', content: 'Warmup' }]],
    ['a warm-up with a second text', [user([text('Warmup'), text('the oven')])]],
    ['a warm-up with an image', [user([text('Warmup'), { type: 'image', source: {} }])]],
    [
      'a question in a block that begins with a reminder',
      [user([text(`${REMINDER.text}Why?`), text('Warmup')])],
    ],
    ['a reminder that never ends', [user([text('<system-reminder>x'), text('Warmup')])]],
    ['a warm-up inside a reminder', [user([text('<system-reminder>Warmup</system-reminder>')])]],
    ['a tool result without an error', [user([failed('Warmup', false)])]],
    [
      'a tool result with no word about errors',
      [user([{ type: 'tool_result', tool_use_id: 't', content: 'Warmup' }])],
    ],
    ['an error that only mentions it', [user([failed('no Warmup here')])]],
    ['an error whose second text is it', [user([failed([text('no'), text('Warmup')])])]],
    ['no messages', []],
    ['no content', [{ role: 'user' }]],
    ['content of odd types', [user(null)]],
    ['content that is a number', [user(7)]],
    ['content that is an object', [user({ type: 'text', text: 'Warmup' })]],
    ['blocks of odd types', [user([null, 'Warmup', 7, [text('Warmup')], { text: 'Warmup' }])]],
    ['a text block without text', [user([{ type: 'text' }])]],
    ['a failed tool result without content', [user([failed(undefined)])]],
    [
      'a failed tool result with odd content',
      [user([failed([null, 'Warmup', 3]), failed({}), failed(null)])],
    ],
  ])('%s', async (_, messages) => {
    expect(await intercepted(messages)).toBe(false)
  })

  it('whatever content a client makes up, with the very bytes that came', async () => {
    const plugin = await mount(warmup)
    const content = fc.oneof(jsonValue(), fc.array(fc.record({ type: fc.string(), text: jsonValue() })))
    await fc.assert(
      fc.asyncProperty(fc.array(content), async (contents) => {
        const call = makeCall({ messages: contents.map((c) => ({ role: 'user', content: c as never })) })
        const before = Buffer.from(call.bytes)
        await plugin.send(call)
        expect(plugin.calls.at(-1)?.bytes.equals(before)).toBe(true)
      }),
    )
  })

  it('a count of tokens, which costs nothing', async () => {
    const plugin = await mount(warmup)
    await plugin.send({ messages: [user('Warmup') as never] }, { route: 'count-tokens' })
    expect(plugin.calls).toHaveLength(1)
  })
})

it('takes another word when told so', async () => {
  expect(await intercepted([user('Ready?')], { text: 'Ready?' })).toBe(true)
  expect(await intercepted([user('Warmup')], { text: 'Ready?' })).toBe(false)
})

it('decodes the end of a conversation only, and that only when it may be a warm-up', async () => {
  const decoded = vi.spyOn(JSON, 'parse')
  try {
    expect(await intercepted([user('Warmup and more'), assistant('Hi'), user('a question')])).toBe(false)
    expect(await intercepted([user('Warmup and more'), assistant('Hi'), user('Warmup')])).toBe(true)
    expect(decoded.mock.calls.filter(([json]) => /more|question/.test(json))).toEqual([])
  } finally {
    decoded.mockRestore()
  }
})

it('knows a warm-up that is written in escapes', async () => {
  const plugin = await mount(warmup({ text: 'up/W' }))
  for (const spelt of ['\\u0075p/W', 'up\\/W']) {
    const bytes = Buffer.from(`{"model":"m","messages":[{"role":"user","content":"${spelt}"}]}`)
    const reply = await plugin.send(makeCall().with({ bytes }))
    expect(reply.header('x-warmup-intercepted')).toBe('true')
  }
})

describe('the answer', () => {
  const answer = async (stream: boolean): Promise<Reply> =>
    (await mount(warmup)).send({ ...CLAUDE_CODE_2_0, stream })

  it('is a message when the client asked for JSON', async () => {
    const reply = await answer(false)
    expect(reply.status).toBe(200)
    expect(reply.header('content-type')).toBe('application/json')
    expect(await reply.json()).toEqual({
      id: expect.stringMatching(/^msg_[0-9a-f]{32}$/),
      type: 'message',
      role: 'assistant',
      model: CLAUDE_CODE_2_0.model,
      content: [{ type: 'text', text: 'OK' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 1, output_tokens: 1 },
    })
  })

  it('is the six events of a stream when the client asked for one', async () => {
    const reply = await answer(true)
    expect(reply.isEventStream).toBe(true)
    expect(reply.header('x-warmup-intercepted')).toBe('true')
    const types: string[] = []
    for await (const event of reply.events()) types.push(event.type)
    expect(types).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ])
  })

  it('has an id of its own each time', async () => {
    const ids = await Promise.all(
      [1, 2, 3].map(async () => (await (await answer(false)).json<MessageReply>()).id),
    )
    expect(new Set(ids).size).toBe(3)
  })

  it.each([true, false])('is the same message to the Anthropic SDK (stream: %s)', async (stream) => {
    const reply = await answer(stream)
    const client = new Anthropic({
      apiKey: 'test',
      fetch: async () =>
        new Response(new Uint8Array(await reply.bytes()), {
          headers: reply.headers as Record<string, string>,
        }),
    })
    const request: Anthropic.MessageCreateParamsNonStreaming = {
      model: 'claude-sonnet-5',
      max_tokens: 64,
      messages: [{ role: 'user', content: 'Warmup' }],
    }
    const message = stream
      ? await client.messages.stream(request).finalMessage()
      : await client.messages.create(request)
    expect(message).toMatchObject({
      model: CLAUDE_CODE_2_0.model,
      content: [{ type: 'text', text: 'OK' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 1, output_tokens: 1 },
    })
  })
})
