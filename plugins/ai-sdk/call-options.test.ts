import { describe, expect, it } from 'vitest'
import type { MessagesRequest } from '../../core/index.js'
import { mapCall } from './call-options.js'
import type { LanguageModel } from './language-model.js'
import { wantsThinking } from './provider-options.js'

const model = (provider: string, modelId = 'm', specificationVersion = 'v3'): LanguageModel => ({
  provider,
  modelId,
  specificationVersion,
  doStream: () => Promise.reject(new Error('not here')),
})
const body = (more: object = {}): MessagesRequest => ({
  model: 'claude',
  messages: [{ role: 'user', content: 'hi' }],
  ...more,
})
const options = (more: object, to = model('acme.chat'), extra?: Record<string, unknown>) =>
  mapCall(body(more), to, extra).options
const tool = { name: 'Bash', description: 'runs', input_schema: { type: 'object' } }

it('maps the settings that the specification has', () => {
  expect(
    options({
      max_tokens: 100,
      temperature: 0.5,
      top_p: 0.9,
      top_k: 5,
      stop_sequences: ['END'],
      metadata: {},
    }),
  ).toMatchObject({ maxOutputTokens: 100, temperature: 0.5, topP: 0.9, topK: 5, stopSequences: ['END'] })
  expect(Object.keys(options({}))).toEqual(['prompt', 'providerOptions'])
})

it('maps structured output under its new name and its old one', () => {
  const schema = { type: 'object', properties: { a: { type: 'string' } } }
  const format = { type: 'json_schema', schema }
  const mapped = { type: 'json', schema, name: 'response' }
  expect(options({ output_config: { format } }).responseFormat).toEqual(mapped)
  expect(options({ output_format: format }).responseFormat).toEqual(mapped)
})

describe('tools', () => {
  it('are functions, and what is Anthropic’s own is dropped by name', () => {
    const { options, dropped } = mapCall(
      body({ tools: [tool, { type: 'code_execution_20250825', name: 'code' }] }),
      model('acme.chat'),
    )
    expect(options.tools).toEqual([
      { type: 'function', name: 'Bash', description: 'runs', inputSchema: { type: 'object' } },
    ])
    expect(dropped).toEqual(['code_execution_20250825'])
  })

  it.each([
    ['openai.responses', 'openai.web_search', { filters: { allowedDomains: ['a.example'] } }],
    ['google.generative-ai', 'google.google_search', {}],
    ['xai.responses', 'xai.web_search', { allowedDomains: ['a.example'] }],
  ])('search the web through %s', (provider, id, args) => {
    const search = { type: 'web_search_20250305', name: 'web_search', allowed_domains: ['a.example'] }
    const mapped = mapCall(
      body({ tools: [search], tool_choice: { type: 'tool', name: 'web_search' } }),
      model(provider),
    )
    expect(mapped.options.tools).toMatchObject([{ type: 'provider', id, args }])
    expect(mapped.options.toolChoice).toBeUndefined()
    expect(mapped.searches).toBe(true)
  })

  it.each([
    [{ type: 'auto' }, { type: 'auto' }],
    [{ type: 'none' }, { type: 'none' }],
    [{ type: 'any' }, { type: 'required' }],
    [
      { type: 'tool', name: 'Bash' },
      { type: 'tool', toolName: 'Bash' },
    ],
    [{ type: 'tool', name: 'Gone' }, undefined],
    [undefined, undefined],
  ])('are chosen by %j as %j', (tool_choice, toolChoice) => {
    expect(options({ tools: [tool], tool_choice }).toolChoice).toEqual(toolChoice)
    expect(options({ tool_choice }).toolChoice).toBeUndefined()
  })

  it.each([
    ['openai.responses', { openai: { store: false, parallelToolCalls: false } }],
    ['azure.chat', { openai: { store: false, parallelToolCalls: false } }],
    ['mistral.chat', { mistral: { parallelToolCalls: false } }],
    ['xai.chat', { xai: { parallel_function_calling: false } }],
    ['deepseek.chat', { deepseek: { parallel_tool_calls: false } }],
    ['google.generative-ai', {}],
  ])('come one at a time from %s', (provider, expected) => {
    const tool_choice = { type: 'auto', disable_parallel_tool_use: true }
    expect(options({ tools: [tool], tool_choice }, model(provider)).providerOptions).toEqual(expected)
    expect(JSON.stringify(options({ tool_choice }, model(provider)).providerOptions)).not.toContain('arallel')
  })
})

describe('thinking', () => {
  const effort = (level: string) => ({ output_config: { effort: level } })
  const budget = (budget_tokens: number) => ({ thinking: { type: 'enabled', budget_tokens } })
  const adaptive = { thinking: { type: 'adaptive' } }

  it.each<[string, string, object, object]>([
    ['openai.responses', 'gpt-5.1', effort('low'), { openai: { store: false, reasoningEffort: 'low' } }],
    ['openai.responses', 'gpt-5.1', effort('max'), { openai: { store: false, reasoningEffort: 'high' } }],
    ['openai.responses', 'gpt-5.3', effort('max'), { openai: { store: false, reasoningEffort: 'xhigh' } }],
    ['openai.responses', 'gpt-6', effort('max'), { openai: { store: false, reasoningEffort: 'max' } }],
    ['openai.chat', 'gpt-4o', effort('high'), { openai: { store: false } }],
    ['openai.responses', 'gpt-5', adaptive, { openai: { store: false, reasoningSummary: 'auto' } }],
    [
      'openai.responses',
      'gpt-5',
      budget(8000),
      { openai: { store: false, reasoningSummary: 'auto', reasoningEffort: 'medium' } },
    ],
    [
      'google.generative-ai',
      'gemini-3-pro',
      effort('xhigh'),
      { google: { thinkingConfig: { thinkingLevel: 'high' } } },
    ],
    [
      'google.generative-ai',
      'gemini-3-pro',
      { ...adaptive, ...effort('low') },
      { google: { thinkingConfig: { includeThoughts: true, thinkingLevel: 'low' } } },
    ],
    [
      'google.generative-ai',
      'gemini-2.5-flash',
      budget(31_999),
      { google: { thinkingConfig: { includeThoughts: true, thinkingBudget: 24_576 } } },
    ],
    [
      'google.vertex.chat',
      'gemini-2.5-pro',
      effort('medium'),
      { google: { thinkingConfig: { thinkingBudget: 8192 } } },
    ],
    ['google.generative-ai', 'gemini-2.0-flash', effort('high'), {}],
    ['mistral.chat', 'mistral-medium-3.5', effort('low'), { mistral: { reasoningEffort: 'high' } }],
    ['mistral.chat', 'codestral-latest', effort('high'), {}],
    ['xai.chat', 'grok-4.5', effort('max'), { xai: { reasoningEffort: 'high' } }],
    ['xai.chat', 'grok-2', effort('max'), {}],
    [
      'amazon-bedrock',
      'openai.gpt-oss-120b-1:0',
      effort('low'),
      { bedrock: { reasoningConfig: { maxReasoningEffort: 'low' } } },
    ],
    [
      'amazon-bedrock',
      'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
      budget(4000),
      { bedrock: { reasoningConfig: { type: 'enabled', budgetTokens: 4000 } } },
    ],
    ['deepseek.chat', 'deepseek-v4', effort('high'), { openaiCompatible: { reasoningEffort: 'high' } }],
  ])('%s %s: %j', (provider, id, more, expected) => {
    expect(options(more, model(provider, id)).providerOptions).toEqual(expected)
  })

  it('is one common option in version 4', () => {
    const v4 = model('google.generative-ai', 'gemini-3-pro', 'v4')
    const mapped = options({ ...adaptive, ...effort('max') }, v4)
    expect(mapped.reasoning).toBe('max')
    expect(mapped.providerOptions).toEqual({ google: { thinkingConfig: { includeThoughts: true } } })
    expect(options(budget(2000), v4).reasoning).toBe('low')
    expect(options({}, v4)).not.toHaveProperty('reasoning')
  })

  it('is left to the model where the client asks for nothing', () => {
    expect(
      options({ thinking: { type: 'disabled' } }, model('google.generative-ai', 'gemini-3-pro'))
        .providerOptions,
    ).toEqual({})
  })
})

it.each([
  [{}, false],
  [{ thinking: { type: 'disabled' } }, false],
  [{ thinking: { type: 'adaptive' } }, true],
  [{ thinking: { type: 'enabled', budget_tokens: 1024 } }, true],
  [{ tools: [tool] }, true],
  [{ tools: [] }, false],
])('shows thinking to clients that ask for it or have tools: %j %s', (more, shows) => {
  expect(wantsThinking(body(more))).toBe(shows)
})

it('lets the config add options and take them away', () => {
  const extra = { openai: { store: null, serviceTier: 'flex' }, gateway: { order: ['a'] } }
  expect(options({}, model('openai.responses', 'gpt-5'), extra).providerOptions).toEqual({
    openai: { serviceTier: 'flex' },
    gateway: { order: ['a'] },
  })
})
