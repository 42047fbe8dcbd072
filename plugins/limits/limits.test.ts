import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Accepts, type MessagesRequest, Reply } from '../../core/index.js'
import { makeCall, mount } from '../../testing.js'
import { limits } from './index.js'
import { wordsIn } from './least-tokens.js'

interface Init {
  readonly accepts?: Partial<Accepts>
  readonly mode?: 'auto' | 'always' | 'never'
  readonly answer?: () => Reply
}

async function sent(body: object, { accepts = {}, mode = 'auto', answer }: Init) {
  const plugin = await mount(limits({ mode }), { accepts, ...(answer && { answer }) })
  const call = makeCall(body as Partial<MessagesRequest>)
  const reply = await plugin.send(call)
  const [out] = plugin.calls
  return { reply, out, isSame: out?.bytes === call.bytes, notes: call.record.notes.map(({ text }) => text) }
}

describe('max_tokens', () => {
  it('comes down to the largest that the model takes, and the budget below it', async () => {
    const body = { max_tokens: 128_000, thinking: { type: 'enabled', budget_tokens: 31_999 } }
    const { out, notes } = await sent(body, { accepts: { maxTokens: 8_192 } })
    expect(out!.body).toMatchObject({
      max_tokens: 8_192,
      thinking: { type: 'enabled', budget_tokens: 4_096 },
    })
    expect(notes).toEqual(["max_tokens is 8192, not 128000: the model's largest"])
  })

  it('leaves a budget that fits', async () => {
    const thinking = { type: 'enabled', budget_tokens: 2_000 }
    const { out } = await sent({ max_tokens: 9_000, thinking }, { accepts: { maxTokens: 8_192 } })
    expect(out!.body.thinking).toEqual(thinking)
  })

  it('without room for the least budget there is no thinking', async () => {
    const body = { max_tokens: 9_000, thinking: { type: 'enabled', budget_tokens: 2_000 } }
    const { out } = await sent(body, { accepts: { maxTokens: 1_024 } })
    expect(out!.body).not.toHaveProperty('thinking')
  })

  it.each<[string, object, Partial<Accepts>]>([
    ['it fits', { max_tokens: 8_192 }, { maxTokens: 8_192 }],
    ['no limit is known', { max_tokens: 999_999 }, {}],
    ['there is none', {}, { maxTokens: 8_192 }],
    ['it is no number', { max_tokens: '9000' }, { maxTokens: 8_192 }],
  ])('stays where %s', async (_, body, accepts) => {
    expect((await sent(body, { accepts })).isSame).toBe(true)
  })

  it('stays with mode never', async () => {
    const { isSame } = await sent({ max_tokens: 9_000 }, { accepts: { maxTokens: 10 }, mode: 'never' })
    expect(isSame).toBe(true)
  })
})

describe('a prompt that can not fit', () => {
  const accepts = { contextWindow: 1_000 }
  const long = 'word '.repeat(1_001)
  const user = (content: unknown) => [{ role: 'user', content }]

  it('is answered here, in the words on which clients compact', async () => {
    const { reply, out, notes } = await sent({ messages: user(long) }, { accepts })
    expect(out).toBeUndefined()
    expect(reply.status).toBe(400)
    expect(reply.header('x-should-retry')).toBe('false')
    const { error } = await reply.json<{ error: { type: string; message: string } }>()
    expect(error.type).toBe('invalid_request_error')
    const [tokens, maximum] = /^prompt is too long: (\d+) tokens > (\d+) maximum$/
      .exec(error.message)!
      .slice(1)
    expect(Number(tokens)).toBeGreaterThan(1_000)
    expect(maximum).toBe('1000')
    expect(notes).toEqual(['answered here: at least 1001 tokens do not fit into 1000'])
  })

  it.each<[string, object]>([
    ['it may fit', { messages: user('word '.repeat(1_000)) }],
    [
      'it is a file',
      { messages: user([{ type: 'image', source: { type: 'base64', data: 'a+'.repeat(4_000) } }]) },
    ],
    ['it is old thinking', { messages: user([{ type: 'thinking', thinking: long }]) }],
    ['tools are loaded later', { tools: [{ name: 'a', description: long, defer_loading: true }] }],
    [
      'the upstream shortens it',
      { messages: user(long), context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] } },
    ],
  ])('is not known where %s', async (_, body) => {
    expect((await sent(body, { accepts })).out).toBeDefined()
  })

  it('is counted in system, tools, calls and results', async () => {
    const third = 'word '.repeat(260)
    const body = {
      system: [{ type: 'text', text: third }],
      tools: [{ name: 'a', description: third }],
      messages: [
        { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'a', input: { a: third } }] },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: third }] }],
        },
      ],
    }
    expect((await sent(body, { accepts })).out).toBeUndefined()
  })

  it('has as many words as its decoded text has', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const naive = text.match(/(?<![A-Za-z0-9\u0080-\u{10ffff}])[A-Za-z]/gu) ?? []
        expect(wordsIn(Buffer.from(JSON.stringify(text)))).toBe(naive.length)
      }),
    )
    expect(wordsIn(Buffer.from(JSON.stringify('two words\n\nand\tx86 "7up"')))).toBe(4)
  })
})

describe("an upstream's words for too long a prompt", () => {
  it.each<[string, string]>([
    [
      "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens (8500 in the messages, 500 in the completion). Please reduce the length.",
      'prompt is too long: 8500 tokens > 8192 maximum',
    ],
    [
      "This model's maximum context length is 32768 tokens. However, you requested 33000 tokens (1000 in the messages, 32000 in the completion).",
      'input length and `max_tokens` exceed context limit: 1000 + 32000 > 32768',
    ],
    [
      "'max_tokens' or 'max_completion_tokens' is too large: 32000. This model's maximum context length is 32768 tokens and your request has 1200 input tokens (32000 > 32768 - 1200).",
      'input length and `max_tokens` exceed context limit: 1200 + 32000 > 32768',
    ],
    [
      "This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens.",
      'prompt is too long: 130000 tokens > 128000 maximum',
    ],
    [
      "This endpoint's maximum context length is 131072 tokens. However, you requested about 140000 tokens (135000 of text input, 5000 in the output).",
      'prompt is too long: 135000 tokens > 131072 maximum',
    ],
    [
      "Requested token count exceeds the model's maximum context length of 32768 tokens. You requested a total of 40000 tokens: 38000 tokens from the input messages and 2000 tokens for the completion.",
      'prompt is too long: 38000 tokens > 32768 maximum',
    ],
    [
      'request (70000 tokens) exceeds the available context size (65536 tokens), try increasing it',
      'prompt is too long: 70000 tokens > 65536 maximum',
    ],
    [
      'Invalid request: Your request exceeded model token limit: 262144 (requested: 300000)',
      'prompt is too long: 300000 tokens > 262144 maximum',
    ],
    [
      '<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 129024]',
      'prompt is too long: 129025 tokens > 129024 maximum',
    ],
    [
      'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
      'prompt is too long: 1200000 tokens > 1048576 maximum',
    ],
    [
      'invalid params, context window exceeds limit (2013)',
      'prompt is too long: 100001 tokens > 100000 maximum',
    ],
    ['Input is too long for requested model.', 'prompt is too long: 100001 tokens > 100000 maximum'],
    [
      'litellm.BadRequestError: AnthropicException - prompt is too long: 215000 tokens > 200000 maximum',
      'prompt is too long: 215000 tokens > 200000 maximum',
    ],
  ])('%s', async (message, expected) => {
    const answer = () => Reply.json({ error: { message } }, { status: 400, headers: { 'request-id': 'r1' } })
    const { reply } = await sent({}, { accepts: { contextWindow: 100_000 }, answer })
    expect(reply.status).toBe(400)
    expect(await reply.json()).toEqual({
      type: 'error',
      error: { type: 'invalid_request_error', message: expected },
      request_id: 'r1',
    })
  })

  it.each([
    ["Anthropic's own", 400, 'prompt is too long: 215000 tokens > 200000 maximum'],
    [
      'about max_tokens',
      400,
      'max_tokens: 128000 > 64000, which is the maximum allowed number of output tokens',
    ],
    [
      'of a rate limit',
      429,
      "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens",
    ],
    ['of another kind', 400, 'messages.1.role: Input should be'],
  ])('that are %s pass', async (_, status, message) => {
    const body = { type: 'error', error: { type: 'invalid_request_error', message }, more: 1 }
    const { reply } = await sent({}, { answer: () => Reply.json(body, { status }) })
    expect(reply.status).toBe(status)
    expect(await reply.text()).toBe(JSON.stringify(body))
  })
})
