import { describe, expect, it } from 'vitest'
// The reader of the official SDK, to compare with.
import { partialParse } from '../../node_modules/@anthropic-ai/sdk/_vendor/partial-json-parser/parser.mjs'
import { growth, LINEAR } from '../../test/support/growth.js'
import { type EventData, type MessageReply, StreamEvent, UpstreamError } from '../index.js'
import { MessageFold } from './fold.js'

const START = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'glm-4.7',
  content: [],
  stop_reason: null,
  stop_sequence: null,
  usage: { input_tokens: 12, cache_read_input_tokens: 7, output_tokens: 1, service_tier: 'standard' },
}

const start = (fields: object = {}): EventData => ({
  type: 'message_start',
  message: { ...START, ...fields },
})
const open = (content_block: object, index = 0): EventData => ({
  type: 'content_block_start',
  index,
  content_block,
})
const delta = (fields: object, index = 0): EventData => ({
  type: 'content_block_delta',
  index,
  delta: fields,
})
const close = (index = 0): EventData => ({ type: 'content_block_stop', index })
const end = (fields: object = {}): EventData[] => [
  { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, ...fields },
  { type: 'message_stop' },
]

function fold(...events: EventData[]) {
  const fold = new MessageFold()
  for (const event of events) fold.push(StreamEvent.of(event))
  return JSON.parse(fold.result()) as MessageReply
}

/** One block between the usual start and end. */
const block = (content_block: object, ...deltas: object[]) =>
  fold(start(), open(content_block), ...deltas.map((d) => delta(d)), close(), ...end()).content[0]

function failure(run: () => unknown): UpstreamError {
  try {
    run()
  } catch (error) {
    if (UpstreamError.is(error)) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('blocks', () => {
  it('joins text', () => {
    expect(
      block(
        { type: 'text', text: '' },
        { type: 'text_delta', text: 'Hel' },
        { type: 'text_delta', text: 'lo' },
      ),
    ).toEqual({ type: 'text', text: 'Hello' })
  })

  it.each([
    ['text', 'text_delta', 'text'],
    ['thinking', 'thinking_delta', 'thinking'],
  ])('passes over deltas in which nothing is: %s', (type, name, key) => {
    const nothing = [{}, { type: name }, { type: name, [key]: null }]
    expect(block({ type, [key]: null }, ...nothing, { type: name, [key]: 'hi' }, ...nothing)).toEqual({
      type,
      [key]: 'hi',
    })
    expect(
      fold(
        start(),
        open({ type, [key]: '' }),
        { type: 'content_block_delta', index: 0, delta: null },
        ...end(),
      ).content,
    ).toEqual([{ type, [key]: '' }])
  })

  it('goes on with the text that the block began with', () => {
    expect(block({ type: 'text', text: 'He' }, { type: 'text_delta', text: 'llo' })).toEqual({
      type: 'text',
      text: 'Hello',
    })
  })

  it('joins thinking and keeps its signature', () => {
    expect(
      block(
        { type: 'thinking', thinking: '', signature: '' },
        { type: 'thinking_delta', thinking: 'Let me ' },
        { type: 'thinking_delta', thinking: 'see' },
        { type: 'signature_delta', signature: 'EqQB' },
      ),
    ).toEqual({ type: 'thinking', thinking: 'Let me see', signature: 'EqQB' })
  })

  it('takes the last signature whole, as the SDK does', () => {
    const signatures = ['Eq', 'EqQB'].map((signature) => ({ type: 'signature_delta', signature }))
    expect(block({ type: 'thinking', thinking: '', signature: '' }, ...signatures)).toMatchObject({
      signature: 'EqQB',
    })
  })

  it('parses tool input when its JSON is whole', () => {
    const pieces = ['', '{"command": "ls', ' -la", "n": [1', ', 2]}']
    expect(
      block(
        { type: 'tool_use', id: 'toolu_1', name: 'Bash', input: {} },
        ...pieces.map((partial_json) => ({ type: 'input_json_delta', partial_json })),
      ),
    ).toEqual({ type: 'tool_use', id: 'toolu_1', name: 'Bash', input: { command: 'ls -la', n: [1, 2] } })
  })

  it('takes the input that the block began with when no JSON follows', () => {
    const whole = { type: 'tool_use', id: 'toolu_1', name: 'Bash', input: { command: 'ls' } }
    expect(block(whole)).toEqual(whole)
    expect(block({ ...whole, input: {} }, { type: 'input_json_delta', partial_json: '' })).toEqual({
      ...whole,
      input: {},
    })
  })

  it('collects citations', () => {
    const citations = [{ type: 'char_location', start_char_index: 0 }, { type: 'page_location' }]
    expect(
      block(
        { type: 'text', text: '', citations: [] },
        { type: 'citations_delta', citation: citations[0] },
        { type: 'text_delta', text: 'so' },
        { type: 'citations_delta', citation: citations[1] },
      ),
    ).toEqual({ type: 'text', text: 'so', citations })
    expect(block({ type: 'text', text: '' }, { type: 'citations_delta', citation: citations[0] })).toEqual({
      type: 'text',
      text: '',
      citations: [citations[0]],
    })
  })

  it('takes the final value of a compaction', () => {
    expect(
      block(
        { type: 'compaction', content: null },
        { type: 'compaction_delta', content: 'summary', extra: 1 },
      ),
    ).toEqual({ type: 'compaction', content: 'summary', extra: 1 })
  })

  it('merges deltas that it does not know without losing a key', () => {
    expect(
      block(
        { type: 'novel', note: 'a', list: [1], kept: true },
        { type: 'novel_delta', note: 'b', list: [2, 3], added: { x: 1 } },
        { type: 'novel_delta', note: 'c', list: [4] },
      ),
    ).toEqual({ type: 'novel', note: 'abc', list: [1, 2, 3, 4], kept: true, added: { x: 1 } })
  })

  it('keeps blocks apart that come interleaved, in the order in which they began', () => {
    const { content } = fold(
      start(),
      open({ type: 'text', text: '' }, 0),
      open({ type: 'tool_use', id: 't', name: 'n', input: {} }, 1),
      delta({ type: 'input_json_delta', partial_json: '{"a":' }, 1),
      delta({ type: 'text_delta', text: 'x' }, 0),
      delta({ type: 'input_json_delta', partial_json: '1}' }, 1),
      close(1),
      close(0),
      ...end(),
    )
    expect(content).toEqual([
      { type: 'text', text: 'x' },
      { type: 'tool_use', id: 't', name: 'n', input: { a: 1 } },
    ])
  })

  it('keeps both of two blocks under one number', () => {
    const text = (t: string) => [
      open({ type: 'text', text: '' }),
      delta({ type: 'text_delta', text: t }),
      close(),
    ]
    expect(fold(start(), ...text('a'), ...text('b'), ...end()).content).toEqual([
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ])
  })

  it('closes a block that the upstream left open', () => {
    const events = [start(), open({ type: 'text', text: '' }), delta({ type: 'text_delta', text: 'x' })]
    expect(fold(...events, ...end()).content).toEqual([{ type: 'text', text: 'x' }])
  })
})

describe('what JSON.parse would change', () => {
  const NUMBERS =
    '{"id":9007199254740993,"price":10.00,"far":-1e999,"zero":-0.0,"b":1,"2":2,"1":1,"fine":0.30000000000000004441}'

  /** The text of a message whose events are given as text. */
  function folded(...events: string[]): string {
    const fold = new MessageFold()
    for (const event of events) fold.push(StreamEvent.parse(Buffer.from(`data: ${event}\n\n`)))
    return fold.result()
  }
  const started =
    '{"type":"message_start","message":{"type":"message","content":[],"usage":{"input_tokens":1.0}}}'
  const stopped = '{"type":"message_stop"}'
  const opened = (block: string) => `{"type":"content_block_start","index":0,"content_block":${block}}`
  const changed = (delta: string) => `{"type":"content_block_delta","index":0,"delta":${delta}}`

  it.each([
    ['in one piece', [NUMBERS]],
    ['in single characters', [...NUMBERS]],
    ['with spaces and line ends', [NUMBERS.replaceAll(',', ' ,\n\t')]],
  ])('stays as it came in a tool input %s', (_, pieces) => {
    const deltas = pieces.map((piece) =>
      changed(`{"type":"input_json_delta","partial_json":${JSON.stringify(piece)}}`),
    )
    const block = opened('{"type":"tool_use","id":"t","name":"f","input":{}}')
    expect(folded(started, block, ...deltas, stopped)).toContain(`"input":${pieces.join('')}`)
  })

  it('stays as it came in a block that is whole from the beginning', () => {
    const block = `{"type":"web_search_tool_result","content":[${NUMBERS}]}`
    expect(folded(started, opened(block), stopped)).toContain(block)
  })

  it.each([
    ['a citation', '{"type":"text","text":""}', `{"type":"citations_delta","citation":${NUMBERS}}`],
    [
      'a final value',
      '{"type":"compaction","content":null}',
      `{"type":"compaction_delta","content":${NUMBERS}}`,
    ],
    ['a list that grows', '{"type":"novel","list":[1.0]}', `{"type":"novel_delta","list":[${NUMBERS}]}`],
    ['a new field', '{"type":"novel"}', `{"type":"novel_delta","field":${NUMBERS}}`],
  ])('stays as it came in %s', (_, block, delta) => {
    expect(folded(started, opened(block), changed(delta), stopped)).toContain(NUMBERS)
  })

  it('stays as it came in message_start and message_delta', () => {
    const start = `{"type":"message_start","message":{"type":"message","more":${NUMBERS},"content":[],"usage":{"input_tokens":1.0,"cost":2e400}}}`
    const delta = `{"type":"message_delta","delta":{"stop_details":${NUMBERS}},"beside":[${NUMBERS}],"usage":{"output_tokens":7.0}}`
    expect(folded(start, delta, stopped)).toBe(
      `{"type":"message","more":${NUMBERS},"content":[],"usage":{"input_tokens":1.0,"cost":2e400,"output_tokens":7.0},"beside":[${NUMBERS}],"stop_details":${NUMBERS}}`,
    )
  })

  it('is the half of a surrogate pair, which is spelt out', () => {
    const delta = changed(String.raw`{"type":"input_json_delta","partial_json":"{\"a\":\"\ud83d\"}"}`)
    expect(folded(started, opened('{"type":"tool_use","input":{}}'), delta, stopped)).toContain(
      String.raw`"input":{"a":"\ud83d"}`,
    )
  })

  it('is not the field __proto__', () => {
    expect(folded(started, opened('{"type":"x","__proto__":{"a":1}}'), stopped)).toContain(
      '"__proto__":{"a":1}',
    )
  })
})

describe('a tool call without arguments', () => {
  it.each(['tool_use', 'server_tool_use', 'mcp_tool_use'])('has an empty input: %s', (type) => {
    for (const input of [{}, { input: null }, { input: '' }, { input: {} }])
      expect(block({ type, id: 't', name: 'list', ...input })).toEqual({
        type,
        id: 't',
        name: 'list',
        input: {},
      })
  })

  it('has an empty input where the upstream never ends the block', () => {
    expect(fold(start(), open({ type: 'tool_use', id: 't' }), ...end()).content).toEqual([
      { type: 'tool_use', id: 't', input: {} },
    ])
  })

  it('is not any block without input', () => {
    expect(block({ type: 'redacted_thinking', data: 'x' })).toEqual({ type: 'redacted_thinking', data: 'x' })
  })
})

describe('the message', () => {
  it('has the keys of message_start in their order', () => {
    const message = fold(start({ novel: { a: 1 } }), ...end({ usage: { output_tokens: 5 } }))
    expect(Object.keys(message)).toEqual([...Object.keys(START), 'novel'])
    expect(message.novel).toEqual({ a: 1 })
  })

  it('takes the keys of message_delta, inside its delta and beside it', () => {
    const details = { type: 'refusal', category: 'x' }
    const context = { applied_edits: [] }
    const message = fold(
      start(),
      {
        type: 'message_delta',
        delta: {
          stop_reason: 'stop_sequence',
          stop_sequence: 'END',
          stop_details: details,
          container: { id: 'c' },
        },
        context_management: context,
        usage: { output_tokens: 3 },
      },
      { type: 'message_stop' },
    )
    expect(message).toMatchObject({
      stop_reason: 'stop_sequence',
      stop_sequence: 'END',
      stop_details: details,
      container: { id: 'c' },
      context_management: context,
    })
    expect(message).not.toHaveProperty('delta')
    expect(message.type).toBe('message')
  })

  it('does not let a null erase what an earlier event said', () => {
    const message = fold(
      start({ container: { id: 'c' } }),
      { type: 'message_delta', delta: { stop_reason: 'tool_use', container: null } },
      { type: 'message_delta', delta: { stop_reason: null } },
      { type: 'message_stop' },
    )
    expect(message).toMatchObject({ container: { id: 'c' }, stop_reason: 'tool_use' })
  })

  it('has the counters of its end where it began without any', () => {
    const { usage: _, ...begun } = start().message as Record<string, unknown>
    const ended = { type: 'message_delta', delta: {}, usage: { output_tokens: 4 } }
    const { usage } = fold({ type: 'message_start', message: begun }, ended, { type: 'message_stop' })
    expect(usage).toEqual({ output_tokens: 4 })
  })

  it('overlays the usage that a delta put in the place of the start’s', () => {
    const { usage } = fold(
      start({ usage: { a: 1 } }),
      { type: 'message_delta', delta: { usage: { b: 2 } }, usage: { c: 3 } } as never,
      { type: 'message_stop' },
    )
    expect(usage).toEqual({ b: 2, c: 3 })
  })

  it("overlays the start's usage with the last values that are not null", () => {
    const { usage } = fold(
      start(),
      { type: 'message_delta', delta: {}, usage: { output_tokens: 4, input_tokens: 20 } },
      {
        type: 'message_delta',
        delta: { stop_reason: 'end_turn' },
        usage: {
          output_tokens: 9,
          cache_read_input_tokens: null,
          server_tool_use: { web_search_requests: 1 },
        },
      },
      { type: 'message_stop' },
    )
    expect(usage).toEqual({
      input_tokens: 20,
      cache_read_input_tokens: 7,
      output_tokens: 9,
      service_tier: 'standard',
      server_tool_use: { web_search_requests: 1 },
    })
  })

  it('names the model that served after a fallback', () => {
    const message = fold(
      start(),
      open({ type: 'fallback', to: { model: 'claude-haiku-4-5' } }),
      close(),
      ...end(),
    )
    expect(message.model).toBe('claude-haiku-4-5')
  })

  it('passes over pings, unknown events and whatever follows message_stop', () => {
    const { content } = fold(
      { type: 'ping' },
      start(),
      { type: 'novel_event', content_block: { type: 'text' } },
      ...end(),
      open({ type: 'text', text: 'late' }),
      { type: 'error', error: { type: 'api_error', message: 'late' } },
    )
    expect(content).toEqual([])
  })
})

/** A call of a tool with this input, and why the model stopped. */
function toolStream(json: string, stop_reason: string | null): EventData[] {
  return [
    start(),
    open({ type: 'tool_use', id: 't', name: 'n', input: {} }),
    delta({ type: 'input_json_delta', partial_json: json }),
    close(),
    { type: 'message_delta', delta: { stop_reason } },
    { type: 'message_stop' },
  ]
}

describe('an answer in whose middle the model was stopped', () => {
  const inputOf = (json: string, stop = 'max_tokens') => {
    const { content, stop_reason } = fold(...toolStream(json, stop))
    expect(stop_reason).toBe(stop)
    return content[0]!.input
  }

  it.each(['max_tokens', 'refusal', 'pause_turn', 'model_context_window_exceeded', 'novel'])(
    'is an answer, with what is whole of its tool input: %s',
    (stop) => {
      expect(inputOf('{"path": "/a", "lines": [1, 2, {"x": tr', stop)).toEqual({
        path: '/a',
        lines: [1, 2, {}],
      })
    },
  )

  it.each([
    ['{', {}],
    ['{"a', {}],
    ['{"a"', {}],
    ['{"a":', {}],
    ['{"a": "half of a te', {}],
    ['{"a": "whole"', { a: 'whole' }],
    ['{"a": 12', {}],
    ['{"a": 12,', { a: 12 }],
    ['{"a": true', { a: true }],
    ['{"a": {"b": [', { a: { b: [] } }],
    ['{"a": ["x", "y', { a: ['x'] }],
    ['{"a": "\\"}{[", "b": "\\\\", "c', { a: '"}{[', b: '\\' }],
    ['{"a": 1}', { a: 1 }],
  ])('leaves out what was cut: %s', (json, input) => {
    expect(inputOf(json)).toEqual(input)
  })

  it('reads what the SDK reads of it, wherever it is cut', () => {
    const json = '{"a":[1,-2.5e3,{"b":"c\\"\\u00e9"}],"d":null,"e":{"f":[]},"g":true}'
    for (let at = 1; at <= json.length; at++)
      expect(inputOf(json.slice(0, at)), json.slice(0, at)).toEqual(partialParse(json.slice(0, at)))
  })

  it('keeps the numbers of what is whole', () => {
    const raw = new MessageFold()
    for (const event of toolStream('{"id": 1234567890123456789, "x": 1.0, "y', 'max_tokens'))
      raw.push(StreamEvent.of(event))
    expect(raw.result()).toContain('{"id": 1234567890123456789, "x": 1.0}')
  })
})

describe('indexes', () => {
  const blocks = (indexes: readonly unknown[]) => {
    const at = <E extends EventData>(event: E, i: number) => ({ ...event, index: indexes[i] })
    return fold(
      start(),
      at(open({ type: 'thinking', thinking: '' }), 0),
      at(delta({ type: 'thinking_delta', thinking: 'hm' }), 1),
      at(delta({ type: 'signature_delta', signature: 'Eq' }), 1),
      at(close(), 1),
      at(open({ type: 'text', text: '' }), 2),
      at(delta({ type: 'text_delta', text: 'hi' }), 3),
      at(close(), 3),
      at(open({ type: 'tool_use', id: 't', name: 'n' }), 4),
      at(delta({ type: 'input_json_delta', partial_json: '{"a":' }), 5),
      at(delta({ type: 'input_json_delta', partial_json: '1}' }), 5),
      at(close(), 5),
      ...end(),
    ).content
  }

  it.each([
    ['of another block', [0, 1, 1, 2, 2, 0]],
    ['of one block for all', [0, 0, 1, 0, 2, 0]],
    ['of one block for all, and for their beginnings', [0, 0, 0, 0, 0, 0]],
    ['that start at 1 for the deltas alone', [0, 1, 1, 2, 2, 3]],
    ['that start at 1', [1, 1, 2, 2, 3, 3]],
    ['that never began', [0, 7, 1, 8, 2, 9]],
    ['that the beginnings lack', [undefined, 0, undefined, 1, undefined, 2]],
    ['that the deltas lack', [0, undefined, 1, undefined, 2, undefined]],
    ['that are no numbers', ['a', 'a', 'b', 'b', 'c', 'c']],
    ['that are negative', [-1, -1, -2, -3, -4, -4]],
  ])('lose nothing: %s', (_name, indexes) => {
    expect(blocks(indexes)).toEqual([
      { type: 'thinking', thinking: 'hm', signature: 'Eq' },
      { type: 'text', text: 'hi' },
      { type: 'tool_use', id: 't', name: 'n', input: { a: 1 } },
    ])
  })

  it('are not needed: words whose block never began begin one', () => {
    const { content } = fold(
      start(),
      delta({ type: 'thinking_delta', thinking: 'h' }),
      delta({ type: 'thinking_delta', thinking: 'm' }),
      delta({ type: 'text_delta', text: 'h' }, 1),
      delta({ type: 'text_delta', text: 'i' }, 1),
      close(4),
      ...end(),
    )
    expect(content).toEqual([
      { type: 'thinking', thinking: 'hm' },
      { type: 'text', text: 'hi' },
    ])
    expect(fold(start(), delta({ type: 'signature_delta', signature: 'x' }), ...end()).content).toEqual([])
  })

  const events = (at: (n: number) => unknown): EventData[] => [
    start(),
    { ...open({ type: 'text', text: '' }), index: at(0) },
    { ...delta({ type: 'text_delta', text: 'a' }), index: at(0) },
    { ...close(), index: at(0) },
    { ...open({ type: 'tool_use', id: 't', name: 'n', input: {} }), index: at(1) },
    { ...delta({ type: 'input_json_delta', partial_json: '{"b":1}' }), index: at(1) },
    { ...close(), index: at(1) },
    ...end(),
  ]

  it.each([
    ['texts', String],
    ['left out', () => undefined],
    ['null', () => null],
    ['from 1 on', (n: number) => n + 1],
  ])('may be %s', (_name, at) => {
    expect(fold(...events(at)).content).toEqual([
      { type: 'text', text: 'a' },
      { type: 'tool_use', id: 't', name: 'n', input: { b: 1 } },
    ])
  })
})

describe('what is no message', () => {
  it('is truncated without message_stop', () => {
    expect(failure(() => fold()).failure).toBe('truncated')
    expect(failure(() => fold(start(), end()[0]!)).failure).toBe('truncated')
  })

  it.each([
    ['overloaded_error', 529],
    ['rate_limit_error', 429],
    ['invalid_request_error', 400],
    ['api_error', 500],
  ])('is an error event of type %s with status %i', (type, status) => {
    const error = failure(() =>
      fold(start(), { type: 'error', error: { type, message: 'in its own words' } }),
    )
    expect(error).toMatchObject({ failure: 'error-event', status, type, message: 'in its own words' })
  })

  it.each([
    ['event: error\ndata: {"error":{"code":"1302","message":"busy"}}\n\n', 502],
    ['data: {"error":{"code":"429","message":"busy"}}\n\n', 429],
    ['event: error\ndata: busy\n\n', 502],
    ['event: message\ndata: {"detail":"busy","status":503}\n\n', 503],
  ])('is an error of any envelope, whatever its event is called: %j', (text, status) => {
    const begun = new MessageFold()
    begun.push(StreamEvent.of(start()))
    for (const it of [new MessageFold(), begun])
      expect(failure(() => it.push(StreamEvent.parse(Buffer.from(text))))).toMatchObject({
        failure: 'error-event',
        status,
        message: 'busy',
      })
  })

  it.each<[string, EventData[]]>([
    ['tool input that is no JSON', toolStream('{"a" "b"}', 'max_tokens')],
    [
      'tool input that is cut although the model had finished it',
      toolStream('{"path": "/home/me', 'tool_use'),
    ],
    [
      'the input of a tool call that never began',
      [
        start(),
        open({ type: 'text', text: '' }),
        delta({ type: 'input_json_delta', partial_json: '{"a":1}' }, 1),
      ],
    ],
    ['a delta that no list knows, of no block', [start(), delta({ type: 'novel_delta', x: 1 })]],
    ['a block before message_start', [open({ type: 'text', text: '' })]],
    ['a second message_start', [start(), start()]],
    ['a message_start without a message', [{ type: 'message_start' }]],
    [
      'a text_delta whose text is none',
      [start(), open({ type: 'text', text: '' }), delta({ type: 'text_delta', text: 7 })],
    ],
    ['a message_stop before message_start', [{ type: 'message_stop' }]],
  ])('is a breach of the protocol: %s', (_, events) => {
    expect(failure(() => fold(...events))).toMatchObject({ failure: 'protocol', status: 502 })
  })

  it('is a breach of the protocol: data that is no JSON, in an event that matters', () => {
    const push = (text: string) => new MessageFold().push(StreamEvent.parse(Buffer.from(text)))
    expect(failure(() => push('event: message_start\ndata: {"type":\n\n')).failure).toBe('protocol')
    expect(failure(() => push('data: {oops\n\n')).failure).toBe('protocol')
    expect(() => push('event: ping\ndata:\n\n')).not.toThrow()
    expect(() => push('event: novel\ndata: text\n\n')).not.toThrow()
    for (const text of ['hello', '[DONE]', '"x"', '3', '[]'])
      expect(() => push(`data: ${text}\n\n`), text).not.toThrow()
  })
})

describe('time grows in proportion', () => {
  const folded = (events: readonly StreamEvent[]) => {
    const fold = new MessageFold()
    for (const event of events) fold.push(event)
    return fold.result()
  }
  const many = (size: number, each: (i: number) => readonly EventData[]) =>
    [
      start(),
      open({ type: 'text', text: '' }),
      ...Array.from({ length: size }, (_, i) => each(i)).flat(),
      ...end(),
    ].map((event) => StreamEvent.of(event))

  it('to the ends of one block, between which it goes on', () => {
    const make = (size: number) =>
      many(size, () => [delta({ type: 'text_delta', text: 'x'.repeat(200) }), close()])
    expect(JSON.parse(folded(make(3))).content[0].text).toBe('x'.repeat(600))
    // A text of more than 100 kB costs V8 four times as much a byte: both sizes are beyond that.
    expect(growth(2_000, make, folded)).toBeLessThan(LINEAR)
  })

  it('to blocks and to deltas whose index is of none of them', () => {
    const make = (size: number) =>
      [
        start(),
        open({ type: 'thinking', thinking: '' }),
        ...Array.from({ length: size }, () => open({ type: 'text', text: 'x' })),
        ...Array.from({ length: size }, () => delta({ type: 'thinking_delta', thinking: 'h' }, -7)),
        ...end(),
      ].map((event) => StreamEvent.of(event))
    expect(growth(2_000, make, folded)).toBeLessThan(LINEAR)
  })

  it('to the counters that messages bring', () => {
    const make = (size: number) =>
      many(size, (i) => [{ type: 'message_delta', delta: {}, usage: { [`c${i}`]: i, output_tokens: i } }])
    expect(JSON.parse(folded(make(3))).usage).toEqual({
      ...START.usage,
      c0: 0,
      c1: 1,
      c2: 2,
      output_tokens: 2,
    })
    expect(growth(500, make, folded)).toBeLessThan(LINEAR)
  })
})
