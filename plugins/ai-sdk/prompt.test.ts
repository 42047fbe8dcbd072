import { describe, expect, it } from 'vitest'
import type { Content, Message } from '../../core/index.js'
import type { PromptMessage } from './language-model.js'
import { promptOf } from './prompt.js'
import { seal } from './signature.js'

const V3 = { provider: 'acme.chat', specificationVersion: 'v3' }
const V4 = { ...V3, specificationVersion: 'v4' }
const user = (content: Content): Message => ({ role: 'user', content })
const assistant = (content: Content): Message => ({ role: 'assistant', content })
const prompt = (messages: Message[], model = V3, system?: Content): PromptMessage[] =>
  promptOf({ messages, ...(system !== undefined && { system }) }, model)

const PNG = 'iVBORw0KGgo='
const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } }
const pdf = {
  type: 'document',
  title: 'a.pdf',
  source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' },
}
const call = (id: string, name = 'Read') => ({ type: 'tool_use', id, name, input: { path: 'x' } })
const result = (id: string, content?: unknown, more: object = {}) => ({
  type: 'tool_result',
  tool_use_id: id,
  content,
  ...more,
})

describe('text and system', () => {
  it('is one system message and the turns', () => {
    const system = [
      { type: 'text', text: 'one', cache_control: { type: 'ephemeral' } },
      { type: 'text', text: 'two' },
    ]
    expect(
      prompt([user('hi'), assistant('hello'), user([{ type: 'text', text: 'go' }])], V3, system),
    ).toEqual([
      { role: 'system', content: 'one\n\ntwo' },
      { role: 'user', content: [{ type: 'text', text: 'hi' }] },
      { role: 'assistant', content: [{ type: 'text', text: 'hello' }] },
      { role: 'user', content: [{ type: 'text', text: 'go' }] },
    ])
  })

  it('has no system message behind the first turn, where two packages throw', () => {
    const messages = [user('hi'), { role: 'system', content: 'be short' }, assistant('ok'), user('go')]
    const roles = prompt(messages, V3, 'first').map(({ role }) => role)
    expect(roles).toEqual(['system', 'user', 'assistant', 'user'])
    expect(prompt(messages)[0]!.content).toEqual([
      { type: 'text', text: 'hi' },
      { type: 'text', text: '<system-reminder>\nbe short\n</system-reminder>' },
    ])
  })

  it('hoists a system message that comes first', () => {
    expect(prompt([{ role: 'system', content: 'be short' }, user('hi')], V3, 'base')[0]).toEqual({
      role: 'system',
      content: 'base\n\nbe short',
    })
  })

  it('leaves empty turns and empty texts out', () => {
    expect(prompt([user(''), assistant([]), user([{ type: 'text', text: '' }]), user('hi')])).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'hi' }] },
    ])
  })

  it('joins neighbours of one role', () => {
    expect(
      prompt([user('a'), user('b'), assistant('c'), assistant('d')]).map(({ content }) => content),
    ).toEqual([
      [
        { type: 'text', text: 'a' },
        { type: 'text', text: 'b' },
      ],
      [
        { type: 'text', text: 'c' },
        { type: 'text', text: 'd' },
      ],
    ])
  })
})

describe('files', () => {
  it("are base64 in version 3's way and in version 4's", () => {
    const [v3] = prompt([user([image, pdf])])
    expect(v3!.content).toEqual([
      { type: 'file', mediaType: 'image/png', data: PNG },
      { type: 'file', mediaType: 'application/pdf', filename: 'a.pdf', data: 'JVBERi0=' },
    ])
    const [v4] = prompt([user([image])], V4)
    expect(v4!.content).toEqual([{ type: 'file', mediaType: 'image/png', data: { type: 'data', data: PNG } }])
  })

  it.each([
    ['https://x.example/a.png?v=1', 'image/png'],
    ['https://x.example/a', 'image/jpeg'],
  ])('are %s with a whole media type, %s', (at, mediaType) => {
    const block = { type: 'image', source: { type: 'url', url: at } }
    expect(prompt([user([block])])[0]!.content).toEqual([{ type: 'file', mediaType, data: new URL(at) }])
    expect(prompt([user([block])], V4)[0]!.content).toEqual([
      { type: 'file', mediaType, data: { type: 'url', url: new URL(at) } },
    ])
  })

  it('of text are text', () => {
    const text = {
      type: 'document',
      title: 'T',
      source: { type: 'text', media_type: 'text/plain', data: 'words' },
    }
    const blocks = {
      type: 'document',
      source: { type: 'content', content: [{ type: 'text', text: 'a' }, image] },
    }
    expect(prompt([user([text, blocks])])[0]!.content).toEqual([
      { type: 'text', text: 'T\nwords' },
      { type: 'text', text: 'a' },
      { type: 'file', mediaType: 'image/png', data: PNG },
    ])
  })

  it('that cannot travel leave a word behind', () => {
    const stored = { type: 'image', source: { type: 'file', file_id: 'file_1' } }
    const bad = { type: 'image', source: { type: 'url', url: 'nonsense' } }
    expect(prompt([user([stored, bad])])[0]!.content).toEqual([
      { type: 'text', text: "[image left out: this upstream takes no source of type 'file']" },
      { type: 'text', text: '[image left out: its URL is not valid]' },
    ])
  })
})

describe('tools', () => {
  it('are calls and results with their names', () => {
    const blocks = [{ type: 'text', text: 'both' }, call('a'), call('b', 'Bash')]
    const results = [
      result('a', 'one'),
      result(
        'b',
        [
          { type: 'text', text: 'two' },
          { type: 'text', text: 'three' },
        ],
        { is_error: true },
      ),
      { type: 'text', text: 'go on' },
    ]
    expect(prompt([user('hi'), assistant(blocks), user(results)]).slice(1)).toEqual([
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'both' },
          { type: 'tool-call', toolCallId: 'a', toolName: 'Read', input: { path: 'x' } },
          { type: 'tool-call', toolCallId: 'b', toolName: 'Bash', input: { path: 'x' } },
        ],
      },
      {
        role: 'tool',
        content: [
          { type: 'tool-result', toolCallId: 'a', toolName: 'Read', output: { type: 'text', value: 'one' } },
          {
            type: 'tool-result',
            toolCallId: 'b',
            toolName: 'Bash',
            output: { type: 'error-text', value: 'two\nthree' },
          },
        ],
      },
      { role: 'user', content: [{ type: 'text', text: 'go on' }] },
    ])
  })

  it('have the pictures of their results moved behind them, where their base64 is no text', () => {
    const messages = [
      user('hi'),
      assistant([call('a'), call('b')]),
      user([
        result('a', [{ type: 'text', text: 'seen' }, image]),
        result('b', [pdf]),
        { type: 'text', text: 'go' },
      ]),
    ]
    const [, , tool, after] = prompt(messages)
    expect(JSON.stringify(tool)).not.toContain(PNG)
    expect(tool!.content).toMatchObject([
      { output: { value: 'seen\n(The files of this result follow in the next message.)' } },
      { output: { value: '(The files of this result follow in the next message.)' } },
    ])
    expect(after!.content).toEqual([
      { type: 'text', text: 'Files of the result of Read (a):' },
      { type: 'file', mediaType: 'image/png', data: PNG },
      { type: 'text', text: 'Files of the result of Read (b):' },
      { type: 'file', mediaType: 'application/pdf', filename: 'a.pdf', data: 'JVBERi0=' },
      { type: 'text', text: 'go' },
    ])
  })

  it('have all their results right behind the calls, when the client spreads them over messages', () => {
    const messages = [
      assistant([call('a'), call('b')]),
      user([result('a', 'one'), { type: 'text', text: 'first' }]),
      user([result('b', 'two'), { type: 'text', text: 'second' }]),
    ]
    const found = prompt([user('hi'), ...messages])
    expect(found.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'user'])
    expect(found[2]!.content).toMatchObject([{ toolCallId: 'a' }, { toolCallId: 'b' }])
    expect(found[3]!.content).toMatchObject([{ text: 'first' }, { text: 'second' }])
  })

  it('have results without content, references and search results in words', () => {
    const found = {
      type: 'search_result',
      title: 'T',
      source: 'https://x.example',
      content: [{ type: 'text', text: 'body' }],
    }
    const messages = [
      assistant([call('a'), call('b'), call('c')]),
      user([
        result('a'),
        result('b', [{ type: 'tool_reference', tool_name: 'Grep' }]),
        result('c', [found]),
        result('never-called', 'x'),
      ]),
    ]
    expect(prompt(messages)[1]!.content).toMatchObject([
      { output: { type: 'text', value: '' } },
      { output: { value: 'The tool Grep can be called now.' } },
      { output: { value: 'T\nhttps://x.example\nbody' } },
      { toolName: 'unknown' },
    ])
  })
})

describe('thinking', () => {
  const own = seal({ provider: 'acme.chat', metadata: { acme: { sig: 1 } } })
  const thinking = (signature?: string) => ({ type: 'thinking', thinking: 'hm', signature })

  it('goes back to the provider that signed it', () => {
    expect(prompt([assistant([thinking(own)])])[0]!.content).toEqual([
      { type: 'reasoning', text: 'hm', providerOptions: { acme: { sig: 1 } } },
    ])
  })

  it.each([
    ["Anthropic's", 'EqQBCkYIBxgCKkA='],
    ["another provider's", seal({ provider: 'other', metadata: {} })],
    ["a later layout's", own.replace('agp1.', 'agp2.')],
    ['a garbled one', 'agp1.bm90IGpzb24'],
    [
      'one of the right form and the wrong kind',
      `agp1.${Buffer.from('{"provider":"acme.chat","metadata":[1]}').toString('base64url')}`,
    ],
    ['none', undefined],
  ])('is dropped with a signature that is %s', (_, signature) => {
    expect(prompt([assistant([thinking(signature), { type: 'text', text: 'so' }])])[0]!.content).toEqual([
      { type: 'text', text: 'so' },
    ])
  })

  it('that is all of a turn leaves no empty turn behind', () => {
    expect(prompt([user('a'), assistant([thinking('foreign')]), user('b')])).toHaveLength(1)
  })

  it('carries what belongs to a tool call wherever its block stands', () => {
    const data = seal({ provider: 'acme.chat', metadata: { acme: { sig: 2 } }, of: { tool: 'a' } })
    const carrier = { type: 'redacted_thinking', data }
    for (const blocks of [
      [carrier, call('a')],
      [call('a'), carrier],
    ]) {
      expect(prompt([assistant(blocks)])[0]!.content).toMatchObject([
        { type: 'tool-call', providerOptions: { acme: { sig: 2 } } },
      ])
    }
  })

  it('for a text that is gone is dropped with it', () => {
    const data = seal({ provider: 'acme.chat', metadata: { acme: { sig: 2 } }, of: 'text' })
    expect(prompt([assistant([{ type: 'redacted_thinking', data }])])).toEqual([])
  })
})

it('tells in words what a search of an earlier turn found', () => {
  const blocks = [
    { type: 'server_tool_use', id: 's', name: 'web_search', input: {} },
    {
      type: 'web_search_tool_result',
      tool_use_id: 's',
      content: [{ type: 'web_search_result', title: 'A', url: 'https://a.example' }],
    },
  ]
  expect(prompt([assistant(blocks)])[0]!.content).toEqual([
    { type: 'text', text: 'Web search results:\n- A https://a.example' },
  ])
})
