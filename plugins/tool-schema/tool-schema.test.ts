import { describe, expect, it } from 'vitest'
import { type Accepts, type MessagesRequest, Reply } from '../../core/index.js'
import { makeCall, messageReply, mount } from '../../testing.js'
import { toolSchema } from './index.js'

const ALPHABET = { toolNameCharacters: 'a-zA-Z0-9_-', toolNameLength: 24 } satisfies Partial<Accepts>
const tool = (name: string, input_schema: object = { type: 'object', properties: {} }) => ({
  name,
  input_schema,
})

async function sent(body: Partial<MessagesRequest>, accepts: Partial<Accepts>, mode?: 'always' | 'never') {
  const plugin = await mount(toolSchema(mode && { mode }), { accepts })
  await plugin.send(body)
  return plugin.calls[0]!
}
const schemaOf = async (schema: object, accepts: Partial<Accepts>) =>
  (await sent({ tools: [tool('t', schema)] }, accepts)).body.tools![0]!.input_schema

describe('schemas', () => {
  it('have their references inlined, what stands beside one too', async () => {
    const schema = {
      type: 'object',
      properties: {
        a: { $ref: '#/$defs/x', description: 'mine' },
        b: { $ref: '#/properties/a' },
        c: { $ref: '#/$defs/y~1z%20' },
      },
      $defs: { x: { type: 'string', description: 'its' }, 'y/z ': { type: 'number' } },
    }
    const a = { type: 'string', description: 'mine' }
    expect(await schemaOf(schema, { schemaRefs: false })).toEqual({
      type: 'object',
      properties: { a, b: a, c: { type: 'number' } },
    })
  })

  it('have circular references entered twice, and then left open', async () => {
    const schema = {
      $ref: '#/$defs/node',
      $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } } } },
    }
    const node = (next: object) => ({ type: 'object', properties: { next } })
    expect(await schemaOf(schema, { schemaRefs: false })).toEqual(node(node({})))
  })

  it('stay bounded, whatever a client makes up', async () => {
    const doubled = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [
        `d${i}`,
        { anyOf: [{ $ref: `#/$defs/d${i + 1}` }, { $ref: `#/$defs/d${i + 1}` }] },
      ]),
    )
    const large = { enum: ['x'.repeat(100_000)] }
    const many = Object.fromEntries(
      Array.from({ length: 1_000 }, (_, i) => [`p${i}`, { $ref: '#/$defs/large' }]),
    )
    for (const schema of [
      { $ref: '#/$defs/d0', $defs: doubled },
      { properties: many, $defs: { large } },
      { $ref: '#' },
      { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/a' } } },
    ]) {
      const text = JSON.stringify(await schemaOf(schema, { schemaRefs: false }))
      expect(text.length).toBeLessThan(1_000_000)
      expect(text).not.toContain('$ref')
    }
  })

  it('lose references to elsewhere', async () => {
    expect(
      await schemaOf({ $ref: 'https://example.com/schema.json', description: 'd' }, { schemaRefs: false }),
    ).toEqual({ description: 'd' })
  })

  it('lose keywords that are refused, and no property of such a name', async () => {
    const schema = {
      $schema: 's',
      type: 'object',
      properties: { $schema: { type: 'string', format: 'uri' } },
      enum: [{ format: 1 }],
    }
    expect(await schemaOf(schema, { refusedSchemaKeywords: ['$schema', 'format'] })).toEqual({
      type: 'object',
      properties: { $schema: { type: 'string' } },
      enum: [{ format: 1 }],
    })
  })

  it('of objects get properties', async () => {
    expect(await schemaOf({ type: 'object' }, { schemaWithoutProperties: false })).toEqual({
      type: 'object',
      properties: {},
    })
  })

  it('that fit keep their bytes, those beside one that does not too', async () => {
    const bytes = Buffer.from(
      '{"model":"m","messages":[],"tools":[{"name":"a","input_schema":{ "type": "object", "properties": {} }},{"name":"b","input_schema":{"type":"object"}}]}',
    )
    const plugin = await mount(toolSchema, { accepts: { schemaWithoutProperties: false } })
    await plugin.send(makeCall({}, { bytes }))
    expect(plugin.calls[0]!.bytes.toString()).toBe(
      bytes.toString().replace('{"type":"object"}', '{"type":"object","properties":{}}'),
    )
  })
})

describe('names', () => {
  const LONG = `mcp__server__${'x'.repeat(40)}`
  const body = {
    tools: [
      tool('mcp__my.server__do'),
      tool('Bash'),
      { type: 'web_search_20250305', name: 'web.search' },
      tool(LONG),
    ],
    tool_choice: { type: 'tool', name: 'mcp__my.server__do' },
    messages: [
      {
        role: 'assistant',
        content: [{ type: 'tool_use', id: 't', name: 'mcp__my.server__do', input: { name: 'a.b' } }],
      },
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: 't',
            content: [{ type: 'tool_reference', tool_name: 'old.tool' }],
          },
        ],
      },
    ],
  }

  it('are spelt in the alphabet everywhere, but for tools of the upstream and for data', async () => {
    const { body: out } = await sent(body, ALPHABET)
    expect(out.tools!.map(({ name }) => name)).toEqual([
      'mcp__my_server__do',
      'Bash',
      'web.search',
      expect.stringMatching(/^mcp__server__xxxx_[0-9a-f]{6}$/),
    ])
    expect(out.tool_choice).toEqual({ type: 'tool', name: 'mcp__my_server__do' })
    expect(out.messages).toMatchObject([
      { content: [{ name: 'mcp__my_server__do', input: { name: 'a.b' } }] },
      { content: [{ content: [{ tool_name: 'old_tool' }] }] },
    ])
  })

  it('that would become one are told apart, whatever their order', async () => {
    const names = async (...list: string[]) =>
      (await sent({ tools: list.map((name) => tool(name)) }, ALPHABET)).body.tools!.map(
        ({ name }) => name as string,
      )
    const [a, b, c] = await names('a.b', 'a:b', 'a_b')
    expect(new Set([a, b, c]).size).toBe(3)
    expect(c).toBe('a_b')
    expect(await names('a_b', 'a:b', 'a.b')).toEqual([c, b, a])
  })

  it("are the client's own in the answer, JSON and stream", async () => {
    const block = {
      type: 'tool_use',
      id: 't',
      name: 'mcp__my_server__do',
      input: { name: 'mcp__my_server__do' },
    }
    const json = await mount(toolSchema, {
      accepts: ALPHABET,
      answer: () => messageReply('', { content: [block] }),
    })
    const own = { ...block, name: 'mcp__my.server__do' }
    expect(await (await json.send(body)).json()).toMatchObject({ content: [own] })
    const events = [
      {
        type: 'message_start',
        message: { id: 'm', type: 'message', role: 'assistant', content: [], model: 'm' },
      },
      { type: 'content_block_start', index: 0, content_block: { ...block, input: {} } },
      { type: 'message_stop' },
    ]
    const stream = await mount(toolSchema, { accepts: ALPHABET, answer: () => Reply.events(events) })
    const seen = []
    for await (const event of (await stream.send({ ...body, stream: true })).events()) seen.push(event.data)
    expect(seen[1]).toMatchObject({ content_block: { name: 'mcp__my.server__do' } })
  })

  it('stay in an error and in words', async () => {
    const reply = Reply.json(
      { type: 'error', error: { type: 'api_error', message: 'mcp__my_server__do' } },
      { status: 500 },
    )
    const plugin = await mount(toolSchema, { accepts: ALPHABET, answer: () => reply })
    expect(await (await plugin.send(body)).text()).toContain('mcp__my_server__do')
  })
})

it('auto leaves the bytes where nothing is known; never leaves them always', async () => {
  const body = { tools: [tool('a.b', { $ref: '#' })] }
  for (const [accepts, mode] of [
    [{}, undefined],
    [{ ...ALPHABET, schemaRefs: false }, 'never'],
  ] as const) {
    const plugin = await mount(toolSchema(mode && { mode }), { accepts })
    const call = makeCall(body)
    await plugin.send(call)
    expect(plugin.calls[0]!.bytes).toBe(call.bytes)
  }
})
