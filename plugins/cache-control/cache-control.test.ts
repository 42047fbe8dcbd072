import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { MessagesRequest } from '../../core/index.js'
import { makeCall, mount } from '../../testing.js'
import { cacheControl } from './index.js'

const fixture = new URL('../../test/fixtures/claude-code-2.0.77-warmup.json', import.meta.url)
const CLAUDE_CODE = JSON.parse(readFileSync(fixture, 'utf8')) as MessagesRequest

const MARK = { cache_control: { type: 'ephemeral' } }
const text = (value: string, more: object = {}) => ({ type: 'text', text: value, ...more })
const user = (...content: object[]) => ({ messages: [{ role: 'user', content }] })

/** The body as the upstream gets it. */
async function upstreamBody(body: object, cacheControlTaken: boolean, mode?: 'auto' | 'always' | 'never') {
  const plugin = await mount(cacheControl(mode && { mode }), { accepts: { cacheControl: cacheControlTaken } })
  await plugin.send(body as Partial<MessagesRequest>)
  return plugin.calls[0]!.body
}

describe('for an upstream that does not take it, cache_control goes', () => {
  it.each<[string, object, object]>([
    ['at the top level', { ...MARK }, {}],
    ['also when it is null', { cache_control: null }, {}],
    ['in system', { system: [text('a', MARK), text('b')] }, { system: [text('a'), text('b')] }],
    ['in tools', { tools: [{ name: 'x', ...MARK }] }, { tools: [{ name: 'x' }] }],
    ['in message blocks', user(text('a', MARK), text('b')), user(text('a'), text('b'))],
    [
      'in a block of unknown type',
      user({ type: 'hologram', n: 1, ...MARK }),
      user({ type: 'hologram', n: 1 }),
    ],
    [
      'in system entries inside messages',
      { messages: [{ role: 'system', content: [text('a', MARK)], output_config: { effort: 'low' } }] },
      { messages: [{ role: 'system', content: [text('a')], output_config: { effort: 'low' } }] },
    ],
    [
      'on a tool result and the blocks in it',
      user({
        type: 'tool_result',
        tool_use_id: 't',
        content: [
          text('a', MARK),
          { type: 'image', source: { type: 'base64', data: '' }, ...MARK },
          { type: 'tool_reference', tool_name: 'WebFetch', ...MARK },
        ],
        ...MARK,
      }),
      user({
        type: 'tool_result',
        tool_use_id: 't',
        content: [
          text('a'),
          { type: 'image', source: { type: 'base64', data: '' } },
          { type: 'tool_reference', tool_name: 'WebFetch' },
        ],
      }),
    ],
    [
      'in documents and search results, also inside a tool result',
      user({
        type: 'tool_result',
        content: [
          { type: 'document', source: { type: 'content', content: [text('a', MARK)] }, ...MARK },
          { type: 'search_result', source: 'https://example.com', content: [text('b', MARK)], ...MARK },
        ],
      }),
      user({
        type: 'tool_result',
        content: [
          { type: 'document', source: { type: 'content', content: [text('a')] } },
          { type: 'search_result', source: 'https://example.com', content: [text('b')] },
        ],
      }),
    ],
    [
      "in server tools' results",
      user(
        {
          type: 'web_fetch_tool_result',
          content: { type: 'web_fetch_result', url: 'u', content: { type: 'document', source: {}, ...MARK } },
        },
        {
          type: 'tool_search_tool_result',
          content: {
            type: 'tool_search_tool_search_result',
            tool_references: [{ type: 'tool_reference', ...MARK }],
          },
        },
        { type: 'mcp_tool_result', content: [text('a', MARK)] },
      ),
      user(
        {
          type: 'web_fetch_tool_result',
          content: { type: 'web_fetch_result', url: 'u', content: { type: 'document', source: {} } },
        },
        {
          type: 'tool_search_tool_result',
          content: { type: 'tool_search_tool_search_result', tool_references: [{ type: 'tool_reference' }] },
        },
        { type: 'mcp_tool_result', content: [text('a')] },
      ),
    ],
    [
      'in tools that are added in the middle of a conversation',
      user({
        type: 'compaction',
        tool_changes: [
          {
            type: 'tool_addition',
            tool: { type: 'tool_definition', definition: { name: 'x', ...MARK } },
            ...MARK,
          },
        ],
      }),
      user({
        type: 'compaction',
        tool_changes: [
          { type: 'tool_addition', tool: { type: 'tool_definition', definition: { name: 'x' } } },
        ],
      }),
    ],
    [
      'on thinking',
      user(
        { type: 'thinking', thinking: 'a', signature: 's', ...MARK },
        { type: 'redacted_thinking', ...MARK },
      ),
      user({ type: 'thinking', thinking: 'a', signature: 's' }, { type: 'redacted_thinking' }),
    ],
  ])('%s', async (_, given, expected) => {
    const call = makeCall(expected)
    expect(JSON.stringify(await upstreamBody(given, false))).toBe(call.bytes.toString())
  })

  it('everywhere in a request of Claude Code, and nothing else does', async () => {
    const seen = await upstreamBody(CLAUDE_CODE, false)
    const marker = /,"cache_control":\{"type":"ephemeral"\}/g
    expect(JSON.stringify(CLAUDE_CODE).match(marker)).toHaveLength(3)
    expect(JSON.stringify(seen)).toBe(JSON.stringify(CLAUDE_CODE).replace(marker, ''))
  })
})

describe('data stays, whatever its keys are', () => {
  const schema = { type: 'object', properties: { cache_control: { type: 'string' } } }
  const input = { ...MARK, content: [text('x', MARK)], nested: { ...MARK } }
  it.each<[string, object]>([
    ['the input of a tool call', user({ type: 'tool_use', id: 't', name: 'x', input })],
    ['the input of a server tool call', user({ type: 'server_tool_use', id: 't', name: 'x', input })],
    [
      "a tool's schema and examples",
      { tools: [{ name: 'x', input_schema: schema, input_examples: [input] }] },
    ],
    ['metadata and fields that nobody knows', { metadata: { ...MARK }, other: [{ ...MARK }] }],
    ['a field of a block that nobody knows', user({ type: 'hologram', content: [text('x', MARK)] })],
    ["a document's text", user({ type: 'document', source: { type: 'text', data: '"cache_control"' } })],
    ['content that is no list of blocks', { messages: [{ role: 'user', content: [null, 'a', 3, [MARK]] }] }],
    ['a message without content', { messages: [{ role: 'user' }] }],
    ['system and tools of odd types', { system: 7, tools: 'none' }],
  ])('%s', async (_, body) => {
    const plugin = await mount(cacheControl({ mode: 'always' }))
    const call = makeCall(body)
    await plugin.send(call)
    expect(plugin.calls[0]!.bytes.toString()).toBe(call.bytes.toString())
  })
})

describe('for an upstream that takes it', () => {
  it("the client's bytes go on as they came", async () => {
    const plugin = await mount(cacheControl)
    const bytes = Buffer.from(JSON.stringify(CLAUDE_CODE, null, 1)) // spacing that no serialiser here would make
    await plugin.send(makeCall({}, { bytes }))
    expect(plugin.calls[0]!.bytes).toBe(bytes)
  })

  it.each(['thinking', 'redacted_thinking'])('a %s block loses it, its neighbours keep it', async (type) => {
    const seen = await upstreamBody(user({ type, data: 'd', ...MARK }, text('a', MARK)), true)
    expect(seen.messages[0]!.content).toEqual([{ type, data: 'd' }, text('a', MARK)])
  })

  it('everything else leaves in the bytes that came, spelling and all', async () => {
    const plugin = await mount(cacheControl)
    const kept =
      '{ "role":"user", "content":[{"type":"text","text":"caf\\u00e9","cache_control":{"type":"ephemeral"}}], "n":1.0 }'
    const changed =
      '{"role":"assistant","content":[{"type":"thinking","cache_control":{"type":"ephemeral"} , "n":1e2},{"type":"text"}]}'
    const bytes = Buffer.from(`{"model":"m","messages":[${kept}, ${changed}]}`)
    await plugin.send(makeCall({}, { bytes }))
    const expected = changed.replace(',"cache_control":{"type":"ephemeral"}', '')
    expect(plugin.calls[0]!.bytes.toString()).toBe(`{"model":"m","messages":[${kept}, ${expected}]}`)
  })
})

describe('mode', () => {
  it('always: removes it for an upstream that takes it', async () => {
    expect(await upstreamBody(user(text('a', MARK)), true, 'always')).toMatchObject(user(text('a')))
    expect(JSON.stringify(await upstreamBody(user(text('a', MARK)), true, 'always'))).not.toContain(
      'cache_control',
    )
  })

  it('never: keeps it for an upstream that does not, thinking included', async () => {
    const body = user(text('a', MARK), { type: 'thinking', ...MARK })
    expect((await upstreamBody(body, false, 'never')).messages).toEqual(body.messages)
  })
})

it('a field that a client wrote two hundred thousand times goes as well', async () => {
  const fields = Array(200_000).fill('"cache_control":{}').join()
  const bytes = Buffer.from(
    `{"model":"m","messages":[{"role":"user","content":[{${fields},"type":"text"}]}]}`,
  )
  const plugin = await mount(cacheControl, { accepts: { cacheControl: false } })
  await plugin.send(makeCall({}, { bytes }))
  expect(plugin.calls[0]!.body.messages[0]).toEqual({ role: 'user', content: [{ type: 'text' }] })
})

describe('for an upstream that takes some of it', () => {
  const sent = async (body: object, accepts: object) => {
    const plugin = await mount(cacheControl, { accepts: { cacheControl: true, ...accepts } })
    const call = makeCall(body as Partial<MessagesRequest>)
    await plugin.send(call)
    return { body: plugin.calls[0]!.body, isSame: plugin.calls[0]!.bytes === call.bytes }
  }
  const body = {
    messages: [
      { role: 'user', content: [text('a', MARK), { type: 'image', source: {}, ...MARK }] },
      { role: 'user', content: [text('b', MARK)] },
    ],
    system: [text('s', MARK)],
    tools: [{ name: 'x', ...MARK }],
  }

  it('it stays in those places alone', async () => {
    const { body: out } = await sent(body, { cacheControlOn: ['text'] })
    expect(out).toMatchObject({ system: [text('s', MARK)], tools: [{ name: 'x' }] })
    expect(out.tools![0]).toEqual({ name: 'x' })
    expect(out.messages[0]!.content).toEqual([text('a', MARK), { type: 'image', source: {} }])
  })

  it('of too many the earliest go', async () => {
    const { body: out } = await sent(body, { maxCacheControls: 3 })
    expect(JSON.stringify(out).match(/cache_control/g)).toHaveLength(3)
    expect(out.messages).toEqual([
      { role: 'user', content: [text('a'), { type: 'image', source: {} }] },
      { role: 'user', content: [text('b', MARK)] },
    ])
  })

  it('as many as may be stay as they came', async () => {
    expect((await sent(body, { maxCacheControls: 5 })).isSame).toBe(true)
    expect((await sent(body, {})).isSame).toBe(true)
  })
})
