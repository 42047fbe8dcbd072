import type { Accepts } from '../contract/accepts.js'

/** One tiny request, and what its refusal says about the endpoint. */
export interface Experiment {
  /** What is tried, in words. */
  readonly tries: string
  /** What is known of the endpoint when it refuses. */
  readonly refused: Partial<Accepts>
  /** Fields beside `model`, `max_tokens` and one user message. */
  readonly body?: object
  readonly beta?: string
  /** A refusal in such words is about something else: the feature itself is taken. */
  readonly unless?: RegExp
}

const USER = { role: 'user', content: 'Say ok.' }
const turn = (...content: object[]) => ({
  messages: [{ role: 'user', content: [...content, { type: 'text', text: 'Say ok.' }] }],
})
const tool = (fields: object = {}) => ({
  name: 'probe',
  description: 'Does nothing.',
  input_schema: { type: 'object', properties: {} },
  ...fields,
})
const called = (content: unknown) => [
  USER,
  { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_probe1', name: 'probe', input: {} }] },
  { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_probe1', content }] },
]

/** A white pixel. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=='

export const EXPERIMENTS: readonly Experiment[] = [
  {
    tries: 'role system inside messages',
    refused: { systemMessages: false },
    body: { messages: [USER, { role: 'system', content: 'Be brief.' }] },
  },
  {
    tries: 'role system as the first message',
    refused: { systemMessages: 'not-first' },
    body: { messages: [{ role: 'system', content: 'Be brief.' }, USER] },
  },
  { tries: 'neighbours of one role', refused: { consecutiveRoles: false }, body: { messages: [USER, USER] } },
  {
    tries: 'an assistant message at the end',
    refused: { prefill: false },
    body: { messages: [USER, { role: 'assistant', content: 'o' }] },
  },
  {
    tries: 'cache_control',
    refused: { cacheControl: false },
    body: { system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }] },
  },
  {
    tries: 'adaptive thinking',
    refused: { adaptiveThinking: false },
    body: { thinking: { type: 'adaptive' } },
  },
  {
    tries: 'thinking with a budget',
    refused: { enabledThinking: false },
    body: { thinking: { type: 'enabled', budget_tokens: 1024 } },
    unless: /max_tokens|greater than|at least/i, // the budget is larger than the answer may be
  },
  {
    tries: 'thinking disabled',
    refused: { disabledThinking: false },
    body: { thinking: { type: 'disabled' } },
  },
  {
    tries: 'thinking of another upstream',
    refused: { foreignSignatures: false },
    body: {
      messages: [
        USER,
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'hm', signature: 'cHJvYmU=' },
            { type: 'text', text: 'ok' },
          ],
        },
        USER,
      ],
    },
  },
  {
    tries: 'context_management',
    refused: { contextManagement: false },
    body: { context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] } },
    beta: 'context-management-2025-06-27',
  },
  {
    tries: 'output_config.effort',
    refused: { effort: false },
    body: { output_config: { effort: 'low' } },
    beta: 'effort-2025-11-24',
  },
  {
    tries: 'output_config.format',
    refused: { structuredOutput: false },
    body: {
      output_config: {
        format: {
          type: 'json_schema',
          schema: { type: 'object', properties: {}, additionalProperties: false },
        },
      },
    },
  },
  { tries: 'a beta value of Claude Code', refused: { betas: false }, beta: 'claude-code-20250219' },
  { tries: 'a field that no API has', refused: { unknownFields: false }, body: { agproxy_probe: true } },
  { tries: 'metadata', refused: { refusedFields: ['metadata'] }, body: { metadata: { user_id: 'probe' } } },
  {
    tries: 'tool_choice',
    refused: { toolChoice: false },
    body: { tools: [tool()], tool_choice: { type: 'any' } },
  },
  {
    tries: 'a deferred tool',
    refused: { deferredTools: false },
    body: { tools: [tool({ name: 'other' }), tool({ defer_loading: true })] },
    beta: 'advanced-tool-use-2025-11-20',
  },
  {
    tries: 'a tool reference',
    refused: { toolReferences: false },
    body: { tools: [tool()], messages: called([{ type: 'tool_reference', tool_name: 'probe' }]) },
    beta: 'advanced-tool-use-2025-11-20',
  },
  {
    tries: 'web search by the upstream',
    refused: { serverTools: false },
    body: { tools: [{ type: 'web_search_20250305', name: 'web_search', max_uses: 1 }] },
  },
  {
    tries: 'a tool result without its call',
    refused: { unpairedTools: false },
    body: { tools: [tool()], ...turn({ type: 'tool_result', tool_use_id: 'toolu_probe2', content: 'ok' }) },
  },
  {
    tries: 'an image',
    refused: { images: false },
    body: turn({ type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } }),
    unless: /could not process|too small|dimension/i,
  },
  {
    tries: 'a document',
    refused: { documents: false },
    body: turn({ type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'ok' } }),
  },
  { tries: 'an empty text', refused: { emptyText: false }, body: turn({ type: 'text', text: '' }) },
  {
    tries: 'half a character',
    refused: { loneSurrogates: false },
    body: turn({ type: 'text', text: 'half \ud83d' }),
  },
]
