import { describe, expect, it } from 'vitest'
import type { Accepts, MessagesRequest } from '../../core/index.js'
import { makeCall, mount } from '../../testing.js'
import { features } from './index.js'

const BETAS =
  'claude-code-20250219,context-management-2025-06-27,effort-2025-11-24,advanced-tool-use-2025-11-20'

async function sent(
  body: object,
  accepts: Partial<Accepts>,
  beta: string | undefined = undefined,
  mode: 'auto' | 'always' | 'never' = 'auto',
) {
  const plugin = await mount(features({ mode }), { accepts })
  const call = makeCall(body as Partial<MessagesRequest>, beta ? { headers: { 'anthropic-beta': beta } } : {})
  await plugin.send(call)
  const [out] = plugin.calls
  return {
    body: out!.body,
    beta: out!.header('anthropic-beta'),
    isSame: out!.bytes === call.bytes && out!.headers === call.headers,
    notes: call.record.notes.map(({ text }) => text),
  }
}

const EDITS = { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] }

describe('a feature that is refused goes with its beta value', () => {
  it.each<[string, Partial<Accepts>, object, string]>([
    [
      'context management',
      { contextManagement: false },
      { context_management: EDITS },
      'context-management-2025-06-27',
    ],
    ['effort', { effort: false }, { output_config: { effort: 'high' } }, 'effort-2025-11-24'],
    [
      'structured output',
      { structuredOutput: false },
      { output_config: { format: { type: 'json_schema', schema: {} } }, output_format: {} },
      'structured-outputs-2025-11-13',
    ],
    ['MCP servers', { mcpServers: false }, { mcp_servers: [{ name: 'a' }] }, 'mcp-client-2026-09-15'],
  ])('%s', async (_, accepts, fields, beta) => {
    const out = await sent({ ...fields, max_tokens: 5 }, accepts, `claude-code-20250219,${beta}, other-1`)
    expect(out.body).toEqual({ model: expect.any(String), messages: expect.any(Array), max_tokens: 5 })
    expect(out.beta).toBe('claude-code-20250219,other-1')
  })

  it('and the field with a beta value that is refused', async () => {
    const body = { output_config: { effort: 'high' }, context_management: EDITS }
    const out = await sent(body, { betaNames: { 'effort-2025-11-24': null } }, BETAS)
    expect(out.body).not.toHaveProperty('output_config')
    expect(out.body.context_management).toEqual(EDITS)
    expect(out.beta).toBe(BETAS.replace('effort-2025-11-24,', ''))
  })

  it('leaves what stands beside it', async () => {
    const format = { type: 'json_schema' }
    const out = await sent({ output_config: { effort: 'low', format } }, { effort: false }, BETAS)
    expect(out.body.output_config).toEqual({ format })
  })

  it('the safeguards, which have no value', async () => {
    const out = await sent({ safeguards: { a: 1 } }, { safeguards: false }, 'x-1')
    expect(out.body).not.toHaveProperty('safeguards')
    expect(out.beta).toBe('x-1')
  })

  it('of single messages, with a message that says nothing else', async () => {
    const messages = [
      { role: 'user', content: 'a' },
      { role: 'system', content: 'b', output_config: { effort: 'low' } },
      { role: 'system', output_config: { effort: 'high' } },
      { role: 'user', content: 'c' },
    ]
    const out = await sent({ messages }, { messageOutputConfig: false }, 'per-turn-control-2026-07-01')
    expect(out.body.messages).toEqual([messages[0], { role: 'system', content: 'b' }, messages[3]])
    expect(out.beta).toBeUndefined()
  })
})

describe('beta values', () => {
  it('are spelt as the upstream does, each once', async () => {
    const betaNames = { 'advanced-tool-use-2025-11-20': 'tool-search-tool-2025-10-19' }
    const out = await sent({}, { betaNames }, `${BETAS},tool-search-tool-2025-10-19`)
    expect(out.beta).toBe(BETAS.replace('advanced-tool-use-2025-11-20', 'tool-search-tool-2025-10-19'))
  })

  it('go altogether where none are taken', async () => {
    const out = await sent({ context_management: EDITS }, { betas: false }, BETAS)
    expect(out.beta).toBeUndefined()
    expect(out.body.context_management).toEqual(EDITS)
  })
})

describe('tools', () => {
  const placeholder = { name: 'DeferredToolPlaceholder', input_schema: {}, defer_loading: true }
  const web = { type: 'web_search_20250305', name: 'web_search' }
  const bash = { name: 'Bash', input_schema: {} }

  it('are loaded at once where deferring is refused, without the stand-in for the others', async () => {
    const tools = [bash, { name: 'WebFetch', input_schema: {}, defer_loading: true }, placeholder]
    const out = await sent({ tools }, { deferredTools: false }, BETAS)
    expect(out.body.tools).toEqual([bash, { name: 'WebFetch', input_schema: {} }])
    expect(out.beta).not.toContain('advanced-tool-use')
  })

  it('that the upstream can not run go, with the choice of one of them', async () => {
    const out = await sent(
      {
        tools: [bash, web, { type: 'custom', name: 'Mine' }],
        tool_choice: { type: 'tool', name: 'web_search' },
      },
      { serverTools: false },
    )
    expect(out.body.tools).toEqual([bash, { type: 'custom', name: 'Mine' }])
    expect(out.body).not.toHaveProperty('tool_choice')
    const some = await sent({ tools: [bash, web] }, { serverTools: ['web_search'] })
    expect(some.isSame).toBe(true)
  })

  it('that are all gone take the list along', async () => {
    const out = await sent({ tools: [web], tool_choice: { type: 'auto' } }, { serverTools: ['code'] })
    expect(out.body).toEqual({ model: expect.any(String), messages: expect.any(Array) })
  })

  it('are named in words where references are refused', async () => {
    const reference = (tool_name: string) => ({ type: 'tool_reference', tool_name })
    const results = (...content: object[]) => [
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content }] },
    ]
    const given = { tools: [bash], messages: results(reference('Bash'), reference('Web')) }
    const words = (name: string) => ({ type: 'text', text: `Tool available: ${name}` })
    const none = await sent(given, { toolReferences: false })
    expect(none.body.messages).toEqual(results(words('Bash'), words('Web')))
    const listed = await sent(given, { toolReferences: 'listed' })
    expect(listed.body.messages).toEqual(results(reference('Bash'), words('Web')))
  })
})

it('a level of effort becomes the nearest that is taken', async () => {
  const given = {
    output_config: { effort: 'xhigh' },
    messages: [
      { role: 'user', content: 'a' },
      { role: 'system', content: 'b', output_config: { effort: 'medium' } },
      { role: 'system', content: 'c', output_config: { effort: 'of-2027' } },
    ],
  }
  const { body } = await sent(given, { effort: ['low', 'high'] })
  expect(body.output_config).toEqual({ effort: 'high' })
  expect(body.messages.map((m) => m.output_config)).toEqual([
    undefined,
    { effort: 'low' },
    { effort: 'of-2027' },
  ])
})

describe('in the chain', () => {
  const body = { output_config: { effort: 'low' }, context_management: EDITS, safeguards: {} }

  it('what is taken, or not known, leaves as it came', async () => {
    expect((await sent(body, {}, BETAS)).isSame).toBe(true)
    expect((await sent(body, { effort: false }, BETAS, 'never')).isSame).toBe(true)
    expect((await sent({ max_tokens: 1 }, { effort: false, refusedFields: ['top_k'] })).isSame).toBe(true)
  })

  it('always leaves all of them out', async () => {
    const out = await sent(body, {}, BETAS, 'always')
    expect(out.body).toEqual({ model: expect.any(String), messages: expect.any(Array) })
    expect(out.beta).toBe('claude-code-20250219')
  })

  it('tells what it left out', async () => {
    expect((await sent(body, { effort: false, safeguards: false }, BETAS)).notes).toEqual([
      'left out output_config.effort, safeguards: the upstream refuses it',
      `anthropic-beta is ${BETAS.replace('effort-2025-11-24,', '')}: the upstream refuses other values`,
    ])
  })
})
