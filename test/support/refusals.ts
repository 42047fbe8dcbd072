import { errorData } from './messages.js'
import { json, respond, type Script } from './script.js'

/** A body as the tests look at it. */
export interface AnyBody {
  readonly system?: unknown
  readonly messages: readonly {
    readonly role: string
    readonly content: unknown
    readonly output_config?: unknown
  }[]
  readonly max_tokens?: number
  readonly thinking?: { readonly type: string }
  readonly [field: string]: unknown
}

/** An upstream that refuses one feature, in the words in which one was seen to. */
export interface Refusal {
  readonly name: string
  /** Whether a request has what it refuses. */
  refuses(body: AnyBody, beta: string): boolean
  readonly answer: Script
  /** What the request has that is refused, beside the rest. */
  readonly body: object
  readonly headers?: Readonly<Record<string, string>>
}

const words = (text: string, status = 400) => json(errorData('invalid_request_error', text), status)
const has = (text: string) => (body: AnyBody) => JSON.stringify(body).includes(text)
const roles = ({ messages }: AnyBody) => messages.map(({ role }) => role)

const USER = { role: 'user', content: 'hi' }
const SYSTEM = { role: 'system', content: 'be brief' }
const inside = { messages: [USER, SYSTEM] }
const hasSystem = (body: AnyBody) => roles(body).includes('system')
const system = (name: string, answer: Script): Refusal => ({ name, refuses: hasSystem, answer, body: inside })

const thinks = (type: string) => (body: AnyBody) => body.thinking?.type === type
const ADAPTIVE = { thinking: { type: 'adaptive' } }
const BUDGET = { thinking: { type: 'enabled', budget_tokens: 2048 } }
const adaptive = (name: string, text: string): Refusal => ({
  name,
  refuses: thinks('adaptive'),
  answer: words(text),
  body: ADAPTIVE,
})

const calls = [
  USER,
  { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'Read', input: {} }] },
]
const result = (content: unknown) => [
  ...calls,
  { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content }] },
]
const reference = { messages: result([{ type: 'tool_reference', tool_name: 'Gone' }]) }

const limit = (name: string, most: number, answer: Script): Refusal => ({
  name,
  refuses: ({ max_tokens = 0 }) => max_tokens > most,
  answer,
  body: { max_tokens: 64_000 },
})

const literal = {
  detail: [
    {
      type: 'literal_error',
      loc: ['body', 'messages', 1, 'role'],
      msg: "Input should be 'user' or 'assistant'",
    },
  ],
}

const schemaOf = (input_schema: object) => ({ tools: [{ name: 'Read', input_schema }] })
const REFS = schemaOf({
  type: 'object',
  properties: { at: { $ref: '#/$defs/Place' } },
  $defs: { Place: { type: 'string' } },
})
const NAMES = schemaOf({
  type: 'object',
  properties: { env: { type: 'object', propertyNames: { pattern: '^[A-Z]+$' } } },
})
const emptyResult = ({ messages }: AnyBody) =>
  /"tool_use_id":"toolu_1"(,"content":("")?(\[\])?)?\}/.test(JSON.stringify(messages))

/** The texts of the project's notes on upstreams, each from where it was seen. */
export const REFUSALS: readonly Refusal[] = [
  system('Anthropic, older models', words("messages.1.role: Input should be 'user' or 'assistant'")),
  system('Anthropic, by model', words("role 'system' is not supported on this model")),
  system('LM Studio', words("messages[1].role must be either 'user' or 'assistant', but got 'system'")),
  system('DeepSeek', words('unknown variant `system`, expected `user` or `assistant` at line 1 column 77')),
  system(
    'MiniMax',
    json(
      {
        type: 'error',
        error: {
          type: 'bad_request_error',
          message: 'invalid params, chat content has invalid message role: system (2013)',
          http_code: '400',
        },
      },
      400,
    ),
  ),
  // diegosouzapw/OmniRoute#1797
  system(
    'Anthropic, before May 2026',
    words(
      'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter, not "system" as an input message role.',
    ),
  ),
  // diegosouzapw/OmniRoute#1445
  system('Alibaba’s coding plan, naming nothing', words('Request body format invalid')),
  system('zod', words("Invalid discriminator value. Expected 'user' | 'assistant'")),
  system('z.ai, FastAPI', json(literal, 422)),
  system('vLLM before 0.21', json(literal, 400)),
  system(
    'OpenRouter, wrapped',
    json(
      {
        error: {
          message: 'Provider returned error',
          code: 400,
          metadata: {
            raw: JSON.stringify(
              errorData('invalid_request_error', "messages.1.role: Input should be 'user' or 'assistant'"),
            ),
            provider_name: 'x',
          },
        },
      },
      400,
    ),
  ),
  system(
    'under status 200',
    json(errorData('invalid_request_error', "role 'system' is not supported on this model")),
  ),
  system(
    'DashScope, as events',
    respond(
      400,
      'event:error\ndata:{"code":"InvalidParameter","message":"<400> InternalError.Algo.InvalidParameter: messages.1.role: Input should be \'user\' or \'assistant\'"}\n\n',
      { headers: { 'content-type': 'text/event-stream' } },
    ),
  ),
  system(
    'z.ai, naming nothing',
    json({ error: { code: '1210', message: 'API 调用参数有误' }, request_id: '' }, 400),
  ),
  {
    name: 'Anthropic Opus, the first one',
    refuses: (body) => roles(body)[0] === 'system',
    answer: words("messages.0: use the top-level 'system' parameter for the initial system prompt; …"),
    body: { messages: [SYSTEM, USER] },
  },
  adaptive('Anthropic up to 4.5', 'adaptive thinking is not supported on this model'),
  adaptive('LiteLLM', "thinking type 'adaptive' does not match any of the expected tags"),
  adaptive('Kimi', 'invalid thinking: only type=enabled is allowed for this model'),
  {
    name: 'z.ai, 1213 for adaptive thinking',
    refuses: thinks('adaptive'),
    answer: json(
      { error: { code: '1213', message: 'The prompt parameter was not received normally.' } },
      400,
    ),
    body: { ...ADAPTIVE, ...inside },
  },
  {
    name: 'Anthropic from 4.7, budgets',
    refuses: thinks('enabled'),
    answer: words('"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive".'),
    body: BUDGET,
  },
  {
    name: 'Anthropic, an unknown field',
    refuses: has('context_management'),
    answer: words('context_management: Extra inputs are not permitted'),
    body: { context_management: { edits: [] } },
  },
  {
    // anthropics/claude-code#30010
    name: 'Anthropic, effort',
    refuses: has('effort'),
    answer: words('This model does not support the effort parameter.'),
    body: { output_config: { effort: 'low' } },
  },
  {
    name: 'Anthropic since 4.7, temperature',
    refuses: has('temperature'),
    answer: words('`temperature` is deprecated for this model.'),
    body: { temperature: 0.5 },
  },
  // anthropics/claude-code#29531
  adaptive(
    'DashScope',
    "Only 'enabled' and 'disabled' are supported for thinking; 'adaptive' is not supported.",
  ),
  // strands-agents/harness-sdk#1856
  adaptive(
    'Bedrock',
    "thinking: Input tag 'adaptive' found using 'type' does not match any of the expected tags: 'disabled', 'enabled'",
  ),
  {
    name: 'Anthropic, a field of a marker',
    refuses: has('"scope"'),
    answer: words('system.0.cache_control.ephemeral.scope: Extra inputs are not permitted'),
    body: { system: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral', scope: 'global' } }] },
  },
  {
    name: 'Anthropic, a field of thinking',
    refuses: has('display'),
    answer: words('thinking.adaptive.display: Extra inputs are not permitted'),
    body: { thinking: { type: 'adaptive', display: 'updates' } },
  },
  {
    name: 'Anthropic, output_config',
    refuses: has('output_config'),
    answer: words('output_config: Extra inputs are not permitted'),
    body: { output_config: { effort: 'low' } },
  },
  {
    name: 'Anthropic, defer_loading',
    refuses: has('defer_loading'),
    answer: words('tools.0.custom.defer_loading: Extra inputs are not permitted'),
    body: { tools: [{ name: 'Read', input_schema: { type: 'object' }, defer_loading: true }] },
  },
  {
    name: 'a field that no list knows',
    refuses: has('next_years_feature'),
    answer: words('next_years_feature: Extra inputs are not permitted'),
    body: { next_years_feature: { a: 1 } },
  },
  {
    name: 'Anthropic, a beta value',
    refuses: (_, beta) => beta.includes('new-thing-2027-01-01'),
    answer: words(
      'Unexpected value(s) `new-thing-2027-01-01` for the `anthropic-beta` header. Please consult our documentation.',
    ),
    body: {},
    headers: { 'anthropic-beta': 'claude-code-20250219,new-thing-2027-01-01' },
  },
  {
    name: 'Bedrock, a beta value in the first half',
    refuses: (_, beta) => beta.includes('alpha-2027'),
    answer: json({ message: 'invalid beta flag' }, 400),
    body: {},
    headers: { 'anthropic-beta': 'alpha-2027,beta-2027,gamma-2027,delta-2027' },
  },
  {
    name: 'Vertex, a beta value in the second half',
    refuses: (_, beta) => beta.includes('delta-2027'),
    answer: words('invalid beta flag'),
    body: {},
    headers: { 'anthropic-beta': 'alpha-2027,beta-2027,gamma-2027,delta-2027' },
  },
  {
    name: 'Kimi until June, tool_reference',
    refuses: has('tool_reference'),
    answer: words('unsupported content type in ContentBlockParamUnion: tool_reference'),
    body: reference,
  },
  {
    name: 'Kimi, a tool that is not there',
    refuses: has('"tool_name":"Gone"'),
    answer: words("Tool reference 'Gone' not found in available tools"),
    body: reference,
  },
  {
    name: 'Kimi, naming nothing',
    refuses: has('tool_reference'),
    answer: words('Invalid request Error'),
    body: reference,
  },
  {
    name: 'Kimi until June, a tool that is there',
    refuses: has('tool_reference'),
    answer: words('unsupported content type in ContentBlockParamUnion: tool_reference'),
    body: { ...reference, tools: [{ name: 'Gone', input_schema: { type: 'object' } }] },
  },
  {
    // CommandCodeAI/command-code#566
    name: 'Kimi, $ref',
    refuses: has('$ref'),
    answer: words(
      "Invalid request: tools.function.parameters is not a valid moonshot flavored json schema, details: <At path 'properties.at.$ref': $defs not found for reference: #/$defs/Place>",
    ),
    body: REFS,
  },
  {
    // BerriAI/litellm#26692
    name: 'LiteLLM and Fireworks, $ref',
    refuses: has('$ref'),
    answer: words(
      "Error resolving schema reference '#/$defs/Place': PointerToNowhere(ref='/$defs/Place', resource=…)",
    ),
    body: REFS,
  },
  {
    // pydantic/pydantic-ai#1598
    name: 'Gemini behind a gateway, $ref',
    refuses: has('$ref'),
    answer: words(
      'Invalid JSON payload received. Unknown name "$defs" at \'tools.function_declarations[0].parameters\': Cannot find field.',
    ),
    body: REFS,
  },
  {
    // rikkahub/rikkahub#1935
    name: 'Gemini behind a gateway, a keyword',
    refuses: has('propertyNames'),
    answer: words(
      'Invalid JSON payload received. Unknown name "propertyNames" at \'tools[0].function_declarations[17].parameters.properties[2].value\': Cannot find field.',
    ),
    body: NAMES,
  },
  {
    name: 'OpenAI behind a gateway, a keyword',
    refuses: has('propertyNames'),
    answer: words(
      "Invalid schema for function 'Read': In context=('properties', 'env'), 'propertyNames' is not permitted.",
    ),
    body: NAMES,
  },
  {
    name: 'OpenAI behind a gateway, no properties',
    refuses: (body) => !has('properties')(body),
    answer: words("Invalid schema for function 'Read': In context=(), object schema missing properties."),
    body: schemaOf({ type: 'object' }),
  },
  {
    // jlevy/markform#153
    name: 'Anthropic, an empty result of a failed tool',
    refuses: emptyResult,
    answer: words('messages.2.content.0.tool_result: content cannot be empty if `is_error` is true'),
    body: { messages: result([]) },
  },
  {
    // anomalyco/opencode#15372
    name: "Bedrock's Converse behind a gateway, an empty result",
    refuses: emptyResult,
    answer: words(
      'The content field in the Message object at messages.2 is empty. Add a ContentBlock object to the content field and try again.',
    ),
    body: { messages: result('') },
  },
  {
    name: 'DeepSeek, a result without content',
    refuses: emptyResult,
    answer: words(
      'Failed to deserialize the JSON body into the target type: messages[2]: missing field `content` at line 1 column 300',
    ),
    body: { messages: result(undefined) },
  },
  {
    name: 'Kimi, no thinking on a tool call',
    refuses: (body) => has('tool_use')(body) && thinks('enabled')(body) && !has('"type":"thinking"')(body),
    answer: words(
      'thinking is enabled but reasoning_content is missing in assistant tool call message at index 1',
    ),
    body: { ...BUDGET, messages: result('ok') },
  },
  {
    name: 'Anthropic, a lone surrogate',
    refuses: has('\\ud83d'),
    answer: words(
      'The request body is not valid JSON: no low surrogate in string: line 1 column 60 (char 59)',
    ),
    body: { messages: [{ role: 'user', content: 'half \ud83d' }] },
  },
  {
    name: 'OpenRouter, cache control',
    refuses: has('cache_control'),
    answer: json({ error: { message: 'No endpoints found that support cache control', code: 404 } }, 404),
    body: { system: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral' } }] },
  },
  {
    name: 'Anthropic, too many markers',
    refuses: (body) => (JSON.stringify(body).match(/cache_control/g) ?? []).length > 4,
    answer: words('A maximum of 4 blocks with cache_control may be provided. Found 5.'),
    body: {
      messages: [1, 2, 3, 4, 5].map((n) => ({
        role: 'user',
        content: [{ type: 'text', text: `${n}`, cache_control: { type: 'ephemeral' } }],
      })),
    },
  },
  limit(
    'DashScope',
    32_768,
    json({ error: { message: 'Range of max_tokens should be [1, 32768]', code: 'InvalidParameter' } }, 400),
  ),
  limit('Ark', 32_768, words('integer above maximum value, expected a value <= 32768')),
  limit(
    'Anthropic, max_tokens',
    8_192,
    words('max_tokens: 64000 > 8192, which is the maximum allowed number of output tokens for x'),
  ),
]
