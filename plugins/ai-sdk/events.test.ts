import { describe, expect, it } from 'vitest'
import { type EventData, UpstreamError } from '../../core/index.js'
import { expectGrammar } from '../../test/support/event-grammar.js'
import { growth, LINEAR } from '../../test/support/growth.js'
import { assistantParts } from './assistant.js'
import { FailedAnswer } from './errors.js'
import { MessageEvents } from './events.js'
import { MessageFold } from './fold.js'
import type { FinishReason, StreamPart, TokenUsage } from './language-model.js'

const USAGE: TokenUsage = {
  inputTokens: { total: 30, noCache: 10, cacheRead: 15, cacheWrite: 5 },
  outputTokens: { total: 9, text: 4, reasoning: 5 },
}
const finish = (unified = 'stop', raw: string | undefined = unified, usage = USAGE): StreamPart => ({
  type: 'finish',
  finishReason: { unified, raw },
  usage,
})
const text = (id: string, ...words: string[]): StreamPart[] => [
  { type: 'text-start', id },
  ...words.map((delta): StreamPart => ({ type: 'text-delta', id, delta })),
  { type: 'text-end', id },
]
const toolStart = (id: string, toolName = 'Bash'): StreamPart => ({ type: 'tool-input-start', id, toolName })
const toolDelta = (id: string, delta: string): StreamPart => ({ type: 'tool-input-delta', id, delta })
const toolEnd = (id: string): StreamPart => ({ type: 'tool-input-end', id })
const toolCall = (toolCallId: string, input: string, toolName = 'Bash', more: object = {}): StreamPart => ({
  type: 'tool-call',
  toolCallId,
  toolName,
  input,
  ...more,
})

/** Readers of JSON are recursive. */
const DEEP = `{"n":${'['.repeat(20_000)}${']'.repeat(20_000)}}`

const init = {
  provider: 'acme.chat',
  model: 'm-1',
  toolIds: new Set<string>(),
  searches: false,
  hidesThinking: false,
  folds: false,
  requestId: 'req_1',
  reported: (): unknown => undefined,
}

function events(parts: readonly StreamPart[], more: Partial<typeof init> = {}): EventData[] {
  const mapped = new MessageEvents({ ...init, ...more })
  const all = parts.flatMap((part) => mapped.push(part))
  return [...all, ...mapped.end()]
}

function message(parts: readonly StreamPart[], more: Partial<typeof init> = {}) {
  const all = events(parts, { folds: true, ...more })
  expectGrammar(all)
  const fold = new MessageFold()
  for (const event of all) fold.push(event)
  return fold.result()
}

function failed(run: () => unknown): FailedAnswer {
  try {
    run()
  } catch (error) {
    if (error instanceof FailedAnswer) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

function failure(run: () => unknown): UpstreamError {
  try {
    run()
  } catch (error) {
    if (UpstreamError.is(error)) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('tool inputs in JSON', () => {
  const NUMBERS = '{"id": 12345678901234567890, "sum":10.00,"far":1e999,"2":1,"1":2}'

  it.each([
    ['numbers that JavaScript has not', NUMBERS, NUMBERS],
    ['half of a surrogate pair', '{"a":"\ud83d"}', String.raw`{"a":"\ud83d"}`],
    ['a byte order mark', '\ufeff{"a":1.0}', '{"a":1.0}'],
    ['nothing', '', '{}'],
    ['no JSON', '{"a":', String.raw`{"INVALID_JSON":"{\"a\":"}`],
  ])('are as the model wrote them: %s', (_, written, told) => {
    const fold = new MessageFold()
    const parts = ['a', 'b'].flatMap((id) => [
      toolStart(id),
      toolDelta(id, written),
      toolEnd(id),
      toolCall(id, written),
    ])
    const all = events([...text('t', 'I look.'), ...parts, finish('tool-calls')], { folds: true })
    for (const event of all) fold.push(event)
    const json = fold.json().toString()
    expect(json.split(`"input":${told}}`)).toHaveLength(3)
    expect(() => JSON.parse(json)).not.toThrow()
  })
})

describe('one open block at a time', () => {
  it('closes a text that ends behind the tools that follow it', () => {
    const all = events([
      { type: 'text-start', id: 't' },
      { type: 'text-delta', id: 't', delta: 'I look.' },
      toolStart('a'),
      toolStart('b'),
      toolDelta('a', '{"n":'),
      toolDelta('b', '{"n":2}'),
      toolDelta('a', '1}'),
      toolEnd('a'),
      toolCall('a', '{"n":1}'),
      toolEnd('b'),
      toolCall('b', '{"n":2}'),
      { type: 'text-end', id: 't' },
      finish('tool-calls'),
    ])
    expectGrammar(all)
    const fold = new MessageFold()
    for (const event of all) fold.push(event)
    expect(fold.result().content).toEqual([
      { type: 'text', text: 'I look.' },
      { type: 'tool_use', id: 'a', name: 'Bash', input: { n: 1 } },
      { type: 'tool_use', id: 'b', name: 'Bash', input: { n: 2 } },
    ])
  })

  it('sends the first tool input as it comes and keeps only what interleaves', () => {
    const mapped = new MessageEvents(init)
    const sent = (part: StreamPart) => mapped.push(part).map((event) => event.type)
    sent(toolStart('a'))
    expect(sent(toolDelta('a', '{"x":'))).toEqual(['content_block_delta'])
    expect(sent(toolStart('b'))).toEqual([])
    expect(sent(toolDelta('b', '{}'))).toEqual([])
    expect(sent(toolDelta('a', '1}'))).toEqual(['content_block_delta'])
    expect(sent(toolEnd('a'))).toEqual(['content_block_stop', 'content_block_start', 'content_block_delta'])
  })

  it('goes on with a text that another block interrupted as a text of its own', () => {
    const { content } = message([
      { type: 'text-start', id: 't' },
      { type: 'text-delta', id: 't', delta: 'one' },
      toolStart('a'),
      { type: 'text-delta', id: 't', delta: 'two' },
      toolDelta('a', '{}'),
      toolEnd('a'),
      toolCall('a', '{}'),
      { type: 'text-end', id: 't' },
      finish(),
    ])
    expect(content).toEqual([
      { type: 'text', text: 'one' },
      { type: 'tool_use', id: 'a', name: 'Bash', input: {} },
      { type: 'text', text: 'two' },
    ])
  })

  it('makes no block of a text or of thinking without a word', () => {
    const { content } = message([
      ...text('t'),
      ...text('u', '', ''),
      { type: 'reasoning-start', id: 'r' },
      { type: 'reasoning-end', id: 'r' },
      ...text('v', 'said'),
      finish(),
    ])
    expect(content).toEqual([{ type: 'text', text: 'said' }])
  })

  it('closes what a package never ended', () => {
    const { content } = message([
      { type: 'reasoning-delta', id: 'r', delta: 'hm' },
      { type: 'text-delta', id: 't', delta: 'so' },
      toolStart('a'),
      toolDelta('a', '{"n":1}'),
      toolStart('b'),
      finish('length'),
    ])
    expect(content.map(({ type }) => type)).toEqual(['thinking', 'text', 'tool_use', 'tool_use'])
  })
})

describe('tools', () => {
  it('takes the input from the call when no piece of it came', () => {
    const { content } = message([
      toolStart('a'),
      toolEnd('a'),
      toolCall('a', '{"n":1}'),
      toolCall('b', '{"n":2}', 'Read'),
      toolStart('c'),
      toolEnd('c'),
      toolCall('c', '{}'),
      toolCall('d', ''),
      finish(),
    ])
    expect(content.map(({ id, input }) => [id, input])).toEqual([
      ['a', { n: 1 }],
      ['b', { n: 2 }],
      ['c', {}],
      ['d', {}],
    ])
  })

  it('takes the input from the call when the pieces are no JSON', () => {
    const { content } = message([
      { type: 'tool-input-start', id: 'a', toolName: 'sh', inputEncoding: 'text' },
      toolDelta('a', 'ls -la'),
      toolEnd('a'),
      toolCall('a', '"ls -la"', 'sh'),
      finish(),
    ])
    expect(content).toEqual([{ type: 'tool_use', id: 'a', name: 'sh', input: { INVALID_JSON: '"ls -la"' } }])
  })

  it('leaves out calls of tools that the provider ran itself', () => {
    const { content, stop_reason } = message([
      { type: 'tool-input-start', id: 'ws', toolName: 'web_search', providerExecuted: true },
      toolDelta('ws', '{}'),
      toolEnd('ws'),
      toolCall('ws', '{}', 'web_search', { providerExecuted: true }),
      ...text('t', 'found'),
      finish(),
    ])
    expect(content).toEqual([{ type: 'text', text: 'found' }])
    expect(stop_reason).toBe('end_turn')
  })

  it.each([
    ['an id of an earlier turn', 'call_0', ['call_0']],
    ['an id that other upstreams refuse', 'functions.Bash:0', []],
    ['an empty id', '', []],
  ])('gives %s a new name', (_, id, taken) => {
    const { content } = message([toolStart(id), toolDelta(id, '{}'), toolCall(id, '{}'), finish()], {
      toolIds: new Set(taken),
    })
    expect(content[0]!.id).toMatch(/^toolu_\w{32}$/)
  })

  it('keeps two calls of one answer apart that have the same id', () => {
    const { content } = message([toolCall('x', '{"n":1}'), toolCall('x', '{"n":2}'), finish()])
    expect(new Set(content.map(({ id }) => id)).size).toBe(2)
    expect(content.map(({ input }) => input)).toEqual([{ n: 1 }, { n: 2 }])
  })

  it.each([
    ['JSON that breaks off', '{"n":', { INVALID_JSON: '{"n":' }],
    ['two objects', '{}{"n":1}', { INVALID_JSON: '{}{"n":1}' }],
    ['a list', '[1]', { INVALID_JSON: '[1]' }],
    ['a text', '"ls"', { INVALID_JSON: '"ls"' }],
    ['a number', '7', { INVALID_JSON: '7' }],
    ['words', 'ls -la', { INVALID_JSON: 'ls -la' }],
    ['what nests too deep', DEEP, { INVALID_JSON: DEEP }],
    ['an object as a text', String.raw`"{\"n\":1}"`, { n: 1 }],
    ['null', 'null', {}],
    ['white space', ' \n ', {}],
  ])('never have an input that is no object: %s', (_, written, input) => {
    const pieces = [toolStart('a'), ...[...written].map((piece) => toolDelta('a', piece)), toolEnd('a')]
    for (const parts of [[toolCall('a', written)], pieces, [...pieces, toolCall('a', written)]]) {
      const { content, stop_reason } = message([...parts, finish()])
      expect(content[0]!.input).toEqual(input)
      expect(stop_reason).toBe('tool_use')
    }
  })

  it.each([
    ['{"n":', 'JSON that breaks off after 5 characters'],
    ['{"n":"x', 'JSON that breaks off after 7 characters'],
    ['{}{"n":1}', '9 characters that are not valid JSON'],
    [' {n:1}', '5 characters that are not valid JSON'],
    [DEEP, 'JSON that nests deeper than 1000'],
  ])('fail a stream that has begun with one, in words: %s', (written, found) => {
    const parts = [toolStart('a'), ...[...written].map((piece) => toolDelta('a', piece)), toolEnd('a')]
    const message = `the model called the tool 'Bash' with ${found} instead of an object`
    for (const last of [finish('tool-calls'), finish('stop')]) {
      const all = events([...parts, toolCall('a', written), last])
      expect(all.at(-1)).toMatchObject({ type: 'error', error: { type: 'api_error', message } })
      expect(all.map(({ type }) => type)).not.toContain('message_delta')
    }
  })

  it('send an input that is no object in a stream only when it is whole, as one', () => {
    const all = events([
      toolStart('a'),
      toolDelta('a', ' [1,'),
      toolDelta('a', '2]'),
      toolCall('a', '[1,2]'),
      finish(),
    ])
    expectGrammar(all)
    const deltas = all.filter(({ type }) => type === 'content_block_delta').map(({ delta }) => delta)
    expect(deltas).toEqual([{ type: 'input_json_delta', partial_json: '{"INVALID_JSON":"[1,2]"}' }])
  })

  it('may break off where the provider says that it stopped the model', () => {
    const all = events([toolStart('a'), toolDelta('a', '{"n":"x'), finish('length')])
    expectGrammar(all)
    expect(all.at(-2)).toMatchObject({ delta: { stop_reason: 'max_tokens' } })
  })

  it.each<[string, StreamPart[], string]>([
    ['whole', [toolDelta('a', '{"n":1}')], 'tool_use'],
    ['empty', [], 'tool_use'],
  ])('count though the package never says that one is over: %s', (_, pieces, reason) => {
    expect(message([toolStart('a'), ...pieces, finish('stop')]).stop_reason).toBe(reason)
    const all = events([toolStart('a'), ...pieces, finish('stop')])
    expectGrammar(all)
    expect(all.at(-2)).toMatchObject({ delta: { stop_reason: reason } })
  })
})

it('an answer that never ends is given up before it fills the memory', () => {
  const part = { type: 'text-delta', id: 't', delta: 'x'.repeat(1024 * 1024) } as const
  const mapped = new MessageEvents({ ...init, folds: true })
  const fold = new MessageFold()
  const tooMuch = () => {
    for (let i = 0; i < 100; i++) for (const event of mapped.push(part)) fold.push(event)
  }
  expect(failure(tooMuch).failure).toBe('shape')
  const tools = new MessageEvents(init)
  tools.push(toolStart('a'))
  const endless = () => {
    for (let i = 0; i < 100; i++) tools.push(toolDelta('a', part.delta))
  }
  expect(failure(endless).failure).toBe('shape')
})

describe('stop reasons', () => {
  it.each([
    ['stop', 'end_turn'],
    ['length', 'max_tokens'],
    ['content-filter', 'refusal'],
    ['tool-calls', 'end_turn'],
    ['other', 'end_turn'],
  ])('%s is %s', (unified, reason) => {
    expect(message([...text('t', 'x'), finish(unified, 'WORD')]).stop_reason).toBe(reason)
  })

  it.each(['stop', 'other', 'length', 'content-filter'])(
    'is tool_use after a whole tool call, whatever %s says',
    (unified) => {
      expect(message([toolCall('a', '{"n":1}'), finish(unified, 'FUNCTION_CALL')]).stop_reason).toBe(
        'tool_use',
      )
    },
  )

  it('is max_tokens when the limit cut the tool input', () => {
    const cut = [toolStart('a'), toolDelta('a', '{"command":"ls'), toolCall('a', '{"command":"ls')]
    expect(message([...cut, finish('length')]).stop_reason).toBe('max_tokens')
  })

  it('is the stop sequence where the package tells it, and none where it does not', () => {
    const told = { ...finish(), providerMetadata: { bedrock: { stopSequence: 'END' } } } as StreamPart
    expect(message([...text('t', 'x'), told])).toMatchObject({
      stop_reason: 'stop_sequence',
      stop_sequence: 'END',
    })
    expect(message([...text('t', 'x'), finish()])).toMatchObject({
      stop_reason: 'end_turn',
      stop_sequence: null,
    })
  })
})

describe('usage', () => {
  it('counts the cache apart and thinking with the output', () => {
    expect(message([...text('t', 'x'), finish()]).usage).toEqual({
      input_tokens: 10,
      cache_creation_input_tokens: 5,
      cache_read_input_tokens: 15,
      output_tokens: 9,
      output_tokens_details: { thinking_tokens: 5 },
    })
  })

  it('subtracts the cache where the provider does not', () => {
    const inputTokens = { total: 30, noCache: undefined, cacheRead: 20, cacheWrite: undefined }
    const outputTokens = { total: undefined, text: 3, reasoning: undefined }
    expect(message([...text('t', 'x'), finish('stop', 'stop', { inputTokens, outputTokens })]).usage).toEqual(
      {
        input_tokens: 10,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 20,
        output_tokens: 3,
      },
    )
  })

  it('is zero where the provider tells nothing', () => {
    const none = {} as TokenUsage
    expect(message([...text('t', 'x'), finish('stop', 'stop', none)]).usage).toMatchObject({
      input_tokens: 0,
      output_tokens: 0,
    })
  })
})

describe('errors and cut streams', () => {
  it('turns an error in the middle into an error event, and what follows into nothing', () => {
    const all = events([
      ...text('t', 'half'),
      { type: 'error', error: { message: 'overloaded', type: 'x', code: 529 } },
      finish('error', undefined),
    ])
    expect(all.at(-1)).toEqual({
      type: 'error',
      error: { type: 'overloaded_error', message: 'overloaded' },
      request_id: 'req_1',
    })
    expect(all.map(({ type }) => type)).not.toContain('message_delta')
  })

  it('begins no message before an error, whose status stays what it was', () => {
    const parts: StreamPart[] = [
      { type: 'stream-start', warnings: [] },
      { type: 'response-metadata', id: 'r', modelId: 'm' },
      { type: 'text-start', id: 't' },
      { type: 'error', error: { message: 'come back', code: 503 } },
    ]
    expect(failed(() => events(parts)).said).toMatchObject({ status: 503, message: 'come back' })
  })

  it('has no error event in a message that goes out in one piece', () => {
    const parts: StreamPart[] = [...text('t', 'half'), { type: 'error', error: { message: 'no', code: 503 } }]
    expect(failed(() => events(parts, { folds: true })).said).toMatchObject({ status: 503 })
  })

  it('says what the provider said on the wire, whatever its package makes of it', () => {
    const reported = () => ({ error: { code: 429, message: 'quota', status: 'RESOURCE_EXHAUSTED' } })
    const words = { type: 'error', error: { type: 'rate_limit_error', message: 'quota' } }
    const cut: StreamPart[] = [
      finish('other', undefined),
      { type: 'error', error: Object.assign(new Error('x'), { name: 'AI_TypeValidationError' }) },
      finish('stop'),
    ]
    for (const last of cut) {
      expect(failed(() => events([last], { reported })).said).toMatchObject({ status: 429, message: 'quota' })
      expect(events([...text('t', 'half'), last], { reported }).at(-1)).toMatchObject(words)
    }
    const mapped = new MessageEvents({ ...init, reported })
    for (const part of text('t', 'half')) mapped.push(part)
    expect(mapped.end({ error: new Error('the package gave up') })).toMatchObject([words])
  })

  it('takes an end that is an error for one', () => {
    expect(events([...text('t', 'x'), finish('error', 'MALFORMED_FUNCTION_CALL')]).at(-1)).toMatchObject({
      type: 'error',
      error: { message: 'the provider broke off: MALFORMED_FUNCTION_CALL' },
    })
  })

  it.each<[string, FinishReason]>([
    ['no reason at all', { unified: 'other', raw: undefined }],
    ["version 4's word for it", { unified: 'interrupted', raw: undefined }],
  ])('never ends an answer as whole that ends with %s', (_, finishReason) => {
    const cut = [...text('t', 'x'), { type: 'finish', finishReason, usage: USAGE } as const]
    expect(failure(() => events(cut)).failure).toBe('truncated')
  })

  it('does not believe in an end of the stream without a finish', () => {
    expect(failure(() => events(text('t', 'x'))).failure).toBe('truncated')
  })

  it("takes the OpenAI-compatible package's complaint about a missing finish reason for a cut", () => {
    const error = Object.assign(new Error('Response stream ended without a finish reason.'), {
      name: 'AI_InvalidResponseDataError',
    })
    expect(failure(() => events([...text('t', 'x'), { type: 'error', error }])).failure).toBe('truncated')
  })
})

describe('signatures', () => {
  const sig = (thoughtSignature: string) => ({ google: { thoughtSignature } })
  const replayed = (parts: StreamPart[], provider = 'acme.chat') =>
    assistantParts(message(parts).content, provider)

  it('come back with the thinking that they were made for', () => {
    const parts = replayed([
      {
        type: 'reasoning-start',
        id: 'r',
        providerMetadata: { openai: { itemId: 'rs_1', reasoningEncryptedContent: null } },
      },
      { type: 'reasoning-delta', id: 'r', delta: 'hm' },
      {
        type: 'reasoning-end',
        id: 'r',
        providerMetadata: { openai: { itemId: 'rs_1', reasoningEncryptedContent: 'enc' } },
      },
      finish(),
    ])
    const openai = { itemId: 'rs_1', reasoningEncryptedContent: 'enc' }
    expect(parts).toEqual([{ type: 'reasoning', text: 'hm', providerOptions: { openai } }])
  })

  it('come back from thinking without words', () => {
    const { content } = message([
      { type: 'reasoning-start', id: 'r', providerMetadata: { bedrock: { redactedData: 'xyz' } } },
      { type: 'reasoning-end', id: 'r' },
      finish(),
    ])
    expect(content).toEqual([{ type: 'redacted_thinking', data: expect.stringMatching(/^agp1\.[\w-]+$/) }])
    expect(assistantParts(content, 'acme.chat')).toEqual([
      { type: 'reasoning', text: '', providerOptions: { bedrock: { redactedData: 'xyz' } } },
    ])
  })

  it('come back with a tool call that had no thinking, from a block before it', () => {
    const call = [
      { ...toolStart('a'), providerMetadata: sig('s1') } as StreamPart,
      toolDelta('a', '{}'),
      toolCall('a', '{}', 'Bash', { providerMetadata: sig('s1') }),
      finish(),
    ]
    expect(message(call).content.map(({ type }) => type)).toEqual(['redacted_thinking', 'tool_use'])
    expect(replayed(call)).toEqual([
      { type: 'tool-call', toolCallId: 'a', toolName: 'Bash', input: {}, providerOptions: sig('s1') },
    ])
  })

  it('come back with a tool call that was signed when it was whole', () => {
    const call = [
      toolStart('a'),
      toolDelta('a', '{}'),
      toolCall('a', '{}', 'Bash', { providerMetadata: sig('s2') }),
    ]
    expect(replayed([...call, finish()])).toMatchObject([{ type: 'tool-call', providerOptions: sig('s2') }])
  })

  it('come back with text', () => {
    const parts: StreamPart[] = [
      ...text('t', 'one'),
      { type: 'text-start', id: 'u' },
      { type: 'text-delta', id: 'u', delta: 'two' },
      { type: 'text-delta', id: 'u', delta: '', providerMetadata: sig('s3') },
      { type: 'text-end', id: 'u' },
      finish(),
    ]
    expect(replayed(parts)).toEqual([
      { type: 'text', text: 'one' },
      { type: 'text', text: 'two', providerOptions: sig('s3') },
    ])
  })

  it('come back when they arrive after the block had to be closed', () => {
    const parts: StreamPart[] = [
      { type: 'reasoning-delta', id: 'r', delta: 'hm' },
      { type: 'text-delta', id: 't', delta: 'so' },
      { type: 'reasoning-end', id: 'r', providerMetadata: { acme: { signature: 'late' } } },
      { type: 'text-end', id: 't' },
      finish(),
    ]
    expect(replayed(parts)[0]).toEqual({
      type: 'reasoning',
      text: 'hm',
      providerOptions: { acme: { signature: 'late' } },
    })
  })

  it('are sent once, with the block that another one closed', () => {
    const parts: StreamPart[] = [
      { type: 'text-start', id: 't', providerMetadata: sig('s') },
      { type: 'text-delta', id: 't', delta: 'x', providerMetadata: sig('s') },
      toolCall('a', '{}'),
      { type: 'text-end', id: 't' },
      finish(),
    ]
    expect(message(parts).content.map(({ type }) => type)).toEqual(['text', 'redacted_thinking', 'tool_use'])
  })

  it('cost no block where they are of no use', () => {
    const parts: StreamPart[] = [
      { type: 'text-start', id: 't', providerMetadata: { openai: { itemId: 'msg_1' } } },
      { type: 'text-delta', id: 't', delta: 'x' },
      { type: 'text-end', id: 't', providerMetadata: { openai: { itemId: 'msg_1', annotations: [] } } },
      toolStart('a'),
      toolDelta('a', '{}'),
      toolCall('a', '{}', 'Bash', { providerMetadata: { openai: { itemId: 'fc_1' } } }),
      finish(),
    ]
    expect(message(parts).content.map(({ type }) => type)).toEqual(['text', 'tool_use'])
  })

  it('go to nobody but the provider that made them', () => {
    const parts: StreamPart[] = [
      { type: 'reasoning-delta', id: 'r', delta: 'hm', providerMetadata: sig('s') },
      { type: 'reasoning-end', id: 'r' },
      { ...toolStart('a'), providerMetadata: sig('s') } as StreamPart,
      toolCall('a', '{}'),
      finish(),
    ]
    expect(replayed(parts, 'other.chat')).toEqual([
      { type: 'tool-call', toolCallId: 'a', toolName: 'Bash', input: {} },
    ])
  })
})

it('leaves thinking and signatures out for a client that wants none', () => {
  const parts: StreamPart[] = [
    { type: 'reasoning-start', id: 'r', providerMetadata: { acme: { signature: 's' } } },
    { type: 'reasoning-delta', id: 'r', delta: 'hm' },
    { type: 'reasoning-end', id: 'r' },
    { type: 'text-delta', id: 't', delta: 'so', providerMetadata: { acme: { signature: 's' } } },
    { type: 'text-end', id: 't' },
    finish(),
  ]
  expect(message(parts, { hidesThinking: true }).content).toEqual([{ type: 'text', text: 'so' }])
})

describe('web search', () => {
  const url = 'https://example.com/a'
  const source: StreamPart = { type: 'source', sourceType: 'url', url, title: 'A' }
  const searched: StreamPart[] = [
    toolCall('ws', '{}', 'web_search', { providerExecuted: true }),
    { type: 'tool-result', toolCallId: 'ws', toolName: 'web_search', result: { action: { query: 'what' } } },
    { type: 'text-start', id: 't' },
    { type: 'text-delta', id: 't', delta: 'It is so.' },
    source,
    source,
    { type: 'text-end', id: 't' },
    finish(),
  ]

  it('comes back as citations and as the blocks of a search', () => {
    const { content, usage } = message(searched, { searches: true })
    expect(content).toMatchObject([
      { type: 'text', text: 'It is so.', citations: [{ type: 'web_search_result_location', url }, { url }] },
      { type: 'server_tool_use', name: 'web_search', input: { query: 'what' } },
      { type: 'web_search_tool_result', content: [{ type: 'web_search_result', url, title: 'A' }] },
    ])
    expect(content[2]!.tool_use_id).toBe(content[1]!.id)
    expect(usage.server_tool_use).toEqual({ web_search_requests: 1 })
  })

  it('may find more pages than anybody reads, in time that grows with them', () => {
    const found = (size: number): StreamPart[] => [
      { type: 'text-delta', id: 't', delta: 'It is so.' },
      ...Array.from(
        { length: size },
        (_, i): StreamPart => ({ ...source, url: `${url}/${i}` }) as StreamPart,
      ),
      finish(),
    ]
    const folded = (parts: StreamPart[]) => {
      const mapped = new MessageEvents({ ...init, searches: true, folds: true })
      const fold = new MessageFold()
      for (const part of parts) for (const event of mapped.push(part)) fold.push(event)
      return fold.json()
    }
    expect(growth(500, found, folded)).toBeLessThan(LINEAR)
  })

  it('is nobody’s business who did not ask for it', () => {
    expect(message(searched).content).toEqual([{ type: 'text', text: 'It is so.' }])
  })
})

it('says what the protocol has no block for', () => {
  const { content } = message([{ type: 'file', mediaType: 'image/png', data: 'AAAA' }, finish()])
  expect(content[0]!.text).toContain('a generated image/png')
})

it('tells what of a request the package leaves out by name, never in its words', () => {
  const told: unknown[] = []
  const mapped = new MessageEvents({ ...init, ignored: (features) => told.push(features) })
  const warnings = [
    { type: 'unsupported', feature: 'topK' },
    { type: 'other', message: 'Skipping the reasoning part: SECRET' },
  ]
  mapped.push({ type: 'stream-start', warnings })
  mapped.push({ type: 'stream-start', warnings: [] })
  expect(told).toEqual([['topK']])
})

it("passes version 4's pings on, before a message begins too", () => {
  expect(events([{ type: 'ping' }, ...text('t', 'x'), finish()])[0]).toEqual({ type: 'ping' })
})
