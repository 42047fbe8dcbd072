import { deflateSync } from 'node:zlib'
import { Tokenizer } from 'ai-tokenizer'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { MessagesRequest } from '../contract/messages.js'
import { startingAt, tokensOf } from './correction.js'
import { countRequest } from './estimate.js'
import { TurnQueue } from './event-loop.js'
import { startFactor } from './families.js'
import { countPages } from './pdf.js'

const NEVER = new AbortController().signal

/** For a model of before 4.7, whose counts Anthropic's pages show. */
const estimate = async (body: object) => {
  const { texts, rest } = await countRequest(
    { model: 'm', messages: [], ...body } as unknown as MessagesRequest,
    new TurnQueue(),
    NEVER,
  )
  return Math.round(rest + tokensOf(texts, startingAt(startFactor('claude-sonnet-4-5'))))
}

/** What blocks cost inside a user message. */
async function cost(...content: unknown[]): Promise<number> {
  const empty = await estimate({ messages: [{ role: 'user', content: [] }] })
  return (await estimate({ messages: [{ role: 'user', content }] })) - empty
}

const PROSE = 'The gateway counts what the upstream does not. '.repeat(40) // about 10 tokens each
const BASE64 = Buffer.alloc(300_000, 'agproxy is not text').toString('base64')
const image = (data: string) => ({ type: 'image', source: { type: 'base64', media_type: 'image/png', data } })
const pdf = (data: string | Buffer) => ({
  type: 'document',
  source: { type: 'base64', media_type: 'application/pdf', data: Buffer.from(data).toString('base64') },
})

/** A PNG as far as its header goes, followed by noise. */
function png(width: number, height: number): string {
  const head = Buffer.alloc(24)
  head.write('\x89PNG\r\n\x1a\n', 'latin1')
  head.write('IHDR', 12)
  head.writeUInt32BE(width, 16)
  head.writeUInt32BE(height, 20)
  return Buffer.concat([head, Buffer.alloc(100_000, 'noise')]).toString('base64')
}

describe("Anthropic's own examples", () => {
  // https://platform.claude.com/docs/en/build-with-claude/token-counting
  it('counts a basic message (14)', async () => {
    const messages = [{ role: 'user', content: 'Hello, Claude' }]
    expect(await estimate({ system: 'You are a scientist', messages })).toBeCloseTo(14, -0.5)
  })

  it('counts a tool (403)', async () => {
    const location = { type: 'string', description: 'The city and state, e.g. San Francisco, CA' }
    const tool = {
      name: 'get_weather',
      description: 'Get the current weather in a given location',
      input_schema: { type: 'object', properties: { location }, required: ['location'] },
    }
    const messages = [{ role: 'user', content: "What's the weather like in San Francisco?" }]
    const count = await estimate({ tools: [tool], messages })
    expect(count).toBeGreaterThan(395)
    expect(count).toBeLessThan(411)
  })

  it('counts thinking (88)', async () => {
    const count = await estimate({
      messages: [
        { role: 'user', content: 'Are there an infinite number of prime numbers such that n mod 4 == 3?' },
        {
          role: 'assistant',
          content: [
            {
              type: 'thinking',
              thinking: "This is a nice number theory question. Let's think about it step by step...",
              signature: 'EuYBCkQYAiJAgCs1le6/Pol5Z4/JMomVOouGrWdhYNsH3ukzUECbB6iWrSQtsQuRHJID6lWV',
            },
            {
              type: 'text',
              text: 'Yes, there are infinitely many prime numbers p such that p mod 4 = 3...',
            },
          ],
        },
        { role: 'user', content: 'Can you write a formal proof?' },
      ],
    })
    expect(count).toBeGreaterThan(70)
    expect(count).toBeLessThan(100)
  })
})

describe('text', () => {
  it('counts it the same in every place that takes a string or blocks', async () => {
    const text = await cost({ type: 'text', text: PROSE })
    expect(text).toBeGreaterThan(350)
    expect(text).toBeLessThan(550)
    const near = (count: number) => expect(Math.abs(count - text)).toBeLessThanOrEqual(12)
    near(await cost({ type: 'thinking', thinking: PROSE, signature: BASE64 }))
    near(await cost({ type: 'tool_result', tool_use_id: 'toolu_1', content: PROSE }))
    near(
      await cost({ type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'text', text: PROSE }] }),
    )
    near(await cost({ type: 'document', source: { type: 'text', media_type: 'text/plain', data: PROSE } }))
    near(await cost({ type: 'document', source: { type: 'content', content: PROSE } }))
    near(
      await cost({ type: 'document', source: { type: 'content', content: [{ type: 'text', text: PROSE }] } }),
    )
    near(await cost({ type: 'compaction', content: PROSE, encrypted_content: BASE64 }))
    near((await estimate({ system: PROSE })) - (await estimate({})))
    near((await estimate({ system: [{ type: 'text', text: PROSE }] })) - (await estimate({})))
    near((await estimate({ messages: [{ role: 'system', content: PROSE }] })) - (await estimate({})))
  })

  it('counts title and context of a document', async () => {
    const source = { type: 'text', media_type: 'text/plain', data: 'x' }
    const plain = await cost({ type: 'document', source })
    expect(await cost({ type: 'document', source, title: PROSE, context: PROSE })).toBeGreaterThan(
      plain + 700,
    )
  })

  it('takes text that looks like a special token for text', async () => {
    expect(await cost({ type: 'text', text: '<EOT> <META_START>' })).toBeGreaterThan(2)
  })
})

describe('long texts', () => {
  const cpu = () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1_000
  }

  it('takes no longer for one long word than for many short ones', async () => {
    const startedAt = cpu()
    for (const word of ['a', ' ', '=-', '漢字', '👩‍💻']) {
      expect(await cost({ type: 'text', text: word.repeat(300_000 / word.length) })).toBeGreaterThan(1_000)
    }
    expect(cpu() - startedAt).toBeLessThan(10_000) // merged in one piece: minutes
  })

  it('counts what goes beyond 4 million characters at the rate of what came before', async () => {
    const text = PROSE.repeat(2_200) // 4.1 million characters
    const startedAt = cpu()
    const once = await cost({ type: 'text', text })
    const between = cpu()
    const often = await cost(...Array.from({ length: 20 }, () => ({ type: 'text', text })))
    expect(cpu() - between).toBeLessThan(5 * (between - startedAt))
    expect(often / once).toBeGreaterThan(19.5)
    expect(often / once).toBeLessThan(20.5)
  })
})

describe('tools and their blocks', () => {
  it('counts name, description and schema of each tool', async () => {
    const tool = (fields: object) => estimate({ tools: [{ name: 'a', input_schema: {}, ...fields }] })
    const small = await tool({})
    expect(small).toBeGreaterThan(313)
    expect(await tool({ description: PROSE })).toBeGreaterThan(small + 350)
    expect(await tool({ input_schema: { type: 'object', description: PROSE } })).toBeGreaterThan(small + 350)
  })

  it('counts the prompt that tools bring once', async () => {
    const tools = (n: number) =>
      estimate({ tools: Array.from({ length: n }, (_, i) => ({ name: `t${i}`, input_schema: {} })) })
    const [one, two, three] = [await tools(1), await tools(2), await tools(3)]
    expect(two - one).toBeLessThan(50)
    expect(Math.abs(three - two - (two - one))).toBeLessThanOrEqual(2)
    expect(await tools(0)).toBe(await estimate({}))
  })

  it('counts tools that the upstream defines by their published size', async () => {
    const bash = await estimate({ tools: [{ type: 'bash_20250124', name: 'bash' }] })
    const editor = await estimate({ tools: [{ type: 'text_editor_20250728', name: 'str_replace' }] })
    expect(editor - bash).toBe(700 - 245)
  })

  it.each(['tool_use', 'server_tool_use', 'mcp_tool_use'])('counts name and input of %s', async (type) => {
    const small = await cost({ type, id: 'toolu_1', name: 'Bash', input: {} })
    expect(await cost({ type, id: 'toolu_1', name: 'Bash', input: { command: PROSE } })).toBeGreaterThan(
      small + 350,
    )
    // Base64 that the model wrote into an argument is text that it reads.
    const data = BASE64.slice(0, 4000)
    expect(await cost({ type, id: 'toolu_1', name: 'Write', input: { data } })).toBeGreaterThan(1000)
  })

  it.each([
    [
      'search_result',
      { source: 'https://example.com', title: 'T', content: [{ type: 'text', text: PROSE }] },
    ],
    ['mcp_tool_result', { tool_use_id: 'x', content: [{ type: 'text', text: PROSE }] }],
    [
      'web_fetch_tool_result',
      {
        content: {
          type: 'web_fetch_result',
          url: 'u',
          content: { type: 'document', source: { type: 'text', data: PROSE } },
        },
      },
    ],
    [
      'bash_code_execution_tool_result',
      { content: { type: 'bash_code_execution_result', stdout: PROSE, stderr: '' } },
    ],
    ['never_heard_of', { anything: [{ deep: PROSE }] }],
  ])('counts what is in a block of type %s', async (type, fields) => {
    const count = await cost({ type, ...fields })
    expect(count).toBeGreaterThan(350)
    expect(count).toBeLessThan(600)
  })

  it('counts sealed search results and thinking by the text that they hide', async () => {
    const sealed = 'A'.repeat(1600) // 1200 bytes, about 300 tokens
    for (const count of [
      await cost({ type: 'redacted_thinking', data: sealed }),
      await cost({
        type: 'web_search_tool_result',
        tool_use_id: 'x',
        content: [{ type: 'web_search_result', url: 'u', title: 't', encrypted_content: sealed }],
      }),
    ]) {
      expect(count).toBeGreaterThan(250)
      expect(count).toBeLessThan(400)
    }
  })
})

describe('images', () => {
  it.each([
    [1092, 1092, 1521], // the published table says about 1,590
    [200, 200, 64],
    [1000, 1000, 1296],
    [4000, 3000, 1568],
    [100, 8000, 56],
  ])('counts %i × %i pixels as %i tokens', async (width, height, tokens) => {
    expect(await cost(image(png(width, height)))).toBe(tokens)
  })

  it('counts an image inside a tool result', async () => {
    const inner = await cost({ type: 'tool_result', tool_use_id: 'x', content: [image(png(1092, 1092))] })
    expect(inner).toBeGreaterThan(1500)
    expect(inner).toBeLessThan(1600)
  })

  it.each([
    ['a URL', { type: 'url', url: 'https://example.com/a.png' }],
    ['a file id', { type: 'file', file_id: 'file_1' }],
    ['an unknown format', { type: 'base64', media_type: 'image/avif', data: BASE64 }],
    ['a PNG without a size', { type: 'base64', media_type: 'image/png', data: png(0, 0) }],
    ['nothing', undefined],
  ])('counts an image of unknown size, from %s, as a large one', async (_, source) => {
    const count = await cost({ type: 'image', source })
    expect(count).toBeGreaterThan(1500)
    expect(count).toBeLessThan(1700)
  })
})

describe('PDFs', () => {
  const page = '<< /Type /Page /Parent 1 0 R >>\n'

  it('counts pages, and not the lists of pages', async () => {
    const one = await cost(
      pdf(`%PDF-1.4\n<< /Type /Pages /Count 1 >>\n${page}<</Type/Pages>><</Type /PageLabel>>`),
    )
    expect(one).toBeGreaterThanOrEqual(1500)
    expect(one).toBeLessThanOrEqual(3000)
    const compact = '<</Type/Page/Parent 1 0 R>>'
    expect(await cost(pdf(`%PDF-1.4\n${page.repeat(7)}${compact.repeat(3)}`))).toBe(10 * one)
  })

  it('finds pages inside compressed object streams', async () => {
    const objects = deflateSync(page.repeat(5))
    const stream = (end: string) =>
      Buffer.concat([
        Buffer.from(`%PDF-1.5\n7 0 obj\n<< /Type /ObjStm /N 5 /Filter /FlateDecode >>${end}stream${end}`),
        objects,
        Buffer.from(`${end}endstream\n`),
      ])
    const five = await cost(pdf(page.repeat(5)))
    expect(await cost(pdf(stream('\n')))).toBe(five)
    expect(await cost(pdf(stream('\r\n')))).toBe(five)
  })

  it('goes by size when the pages cannot be seen', async () => {
    const one = await cost(pdf(page))
    expect(await cost(pdf('%PDF-1.7 encrypted'))).toBe(one)
    expect(await cost(pdf(Buffer.alloc(500_000)))).toBe(10 * one)
    const bomb = deflateSync(Buffer.concat([Buffer.from(page.repeat(9)), Buffer.alloc(50_000_000)]))
    const file = Buffer.concat([Buffer.from('<</Type/ObjStm>>stream\n'), bomb, Buffer.from('\nendstream')])
    expect(await cost(pdf(file))).toBe(one)
  })

  it('assumes some pages behind a URL', async () => {
    const count = await cost({ type: 'document', source: { type: 'url', url: 'https://example.com/a.pdf' } })
    expect(count).toBeGreaterThan(2_000)
    expect(count).toBeLessThan(50_000)
  })
})

describe('any body', () => {
  it('never counts 0', async () => {
    expect(await estimate({})).toBeGreaterThanOrEqual(1)
    expect(await estimate({ messages: [{ role: 'user', content: '' }] })).toBeGreaterThanOrEqual(1)
  })

  it('never counts base64 by its length', async () => {
    expect(BASE64.length).toBe(400_000)
    const base64 = { type: 'base64', data: BASE64 }
    for (const block of [
      { type: 'image', source: base64 },
      { type: 'document', source: { ...base64, media_type: 'application/pdf' } },
      { type: 'thinking', thinking: '', signature: BASE64 },
      { type: 'video', source: base64 },
      { type: 'audio', url: `data:audio/wav;base64,${BASE64}` },
    ])
      expect(await cost(block), block.type).toBeLessThan(15_000)
  })

  it.each([
    { messages: [{ role: 'user' }, { role: 'user', content: null }, { role: 'user', content: 5 }] },
    { messages: [{ role: 'user', content: [null, 7, 'text', [], {}, { type: 4 }, { type: 'text' }] }] },
    {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: { a: 1 } },
            { type: 'image', source: 'x' },
          ],
        },
      ],
    },
    { messages: [{ role: 'user', content: [{ type: 'document', source: { type: 'base64', data: 5 } }] }] },
    {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'tool_use', input: null },
            { type: 'tool_result', content: 9 },
          ],
        },
      ],
    },
    { messages: [{ role: 'user', content: { type: 'text', text: 'not in a list' } }] },
    { system: 7, tools: 'none' },
    { system: [{}], tools: [null, 'x', [], { name: 5, input_schema: 'x', type: 9 }] },
    { messages: [{ role: 'user', content: [image('not base64 at all!'), pdf('')] }] },
    { messages: [{ role: 'user', content: 'lone \ud800 surrogate '.repeat(1000) }] },
  ])('counts a body of odd shape: %j', async (body) => {
    const count = await estimate(body)
    expect(Number.isInteger(count)).toBe(true)
    expect(count).toBeGreaterThanOrEqual(1)
  })

  it('counts blocks nested 100,000 deep', async () => {
    for (const [open, close] of [
      ['{"type":"tool_result","content":[', ']}'],
      ['{"type":"unknown","content":', '}'],
      ['{"type":"tool_use","input":', '}'],
    ]) {
      const content = JSON.parse(`[${open!.repeat(100_000)}"x"${close!.repeat(100_000)}]`)
      expect(await estimate({ messages: [{ role: 'user', content }] })).toBeGreaterThan(0)
    }
  })
})

describe('work is bounded', () => {
  it('text that is slow to tokenise counts at the rate of its beginning after two seconds', async () => {
    const text = PROSE.repeat(400)
    const whole = await estimate({ messages: [{ role: 'user', content: text }] })
    let now = 0
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 500))
    onTestFinished(() => clock.mockRestore())
    const encode = vi.spyOn(Tokenizer.prototype, 'encode')
    const hurried = await estimate({ messages: [{ role: 'user', content: text }] })
    expect(encode.mock.calls.length).toBeLessThan(10)
    expect(hurried / whole).toBeCloseTo(1, 1)
  })

  it('a PDF whose streams have no end is searched for one once', async () => {
    const file = Buffer.concat(Array(500).fill(Buffer.from('/Type /ObjStm stream ')))
    const search = vi.spyOn(file, 'indexOf')
    expect(await countPages(file, async () => {})).toBe(0)
    expect(search.mock.calls.filter(([text]) => text === 'endstream')).toHaveLength(1)
  })

  it('payloads in fields that no list knows count nothing, however many there are', async () => {
    const some = {
      type: 'hologram',
      a: 'data:image/png;base64,'.concat(BASE64),
      b: [BASE64, { c: `${BASE64}==` }],
    }
    const bare = { type: 'hologram', a: '', b: ['', { c: '' }] }
    expect(await cost(some)).toBe(await cost(bare))
    expect(await cost({ type: 'hologram', a: `${BASE64} and words` })).toBeGreaterThan(1_000)
  })
})
