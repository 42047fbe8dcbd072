import type { MessagesRequest, Tool } from '../../core/index.js'
import type { CallOptions, FunctionTool, LanguageModel, ProviderTool, ToolChoice } from './language-model.js'
import { promptOf } from './prompt.js'
import { overlay, providerOptions, reasoningOf, rowOf } from './provider-options.js'

export interface MappedCall {
  readonly options: CallOptions
  /** Tools of Anthropic's own that this provider has no counterpart for, by type. */
  readonly dropped: readonly string[]
  /** The provider searches the web itself: what it finds comes back as `web_search_tool_result`. */
  readonly searches: boolean
}

/** A request as the call of a language model. `extra`, from the config, wins over what the table says. */
export function mapCall(
  body: MessagesRequest,
  model: LanguageModel,
  extra: Readonly<Record<string, unknown>> = {},
): MappedCall {
  const { tools, dropped } = toolsOf(body.tools ?? [], model)
  const toolChoice = choiceOf(body.tool_choice, tools)
  const reasoning = reasoningOf(body, model)
  const options: CallOptions = {
    prompt: promptOf(body, model),
    ...defined('maxOutputTokens', number(body.max_tokens)),
    ...defined('temperature', number(body.temperature)),
    ...defined('topP', number(body.top_p)),
    ...defined('topK', number(body.top_k)),
    ...defined('stopSequences', stops(body.stop_sequences)),
    ...defined('responseFormat', formatOf(body)),
    ...(tools.length > 0 && { tools }),
    ...defined('toolChoice', toolChoice),
    ...defined('reasoning', reasoning),
    providerOptions: overlay(providerOptions(body, model), extra) as CallOptions['providerOptions'] & {},
  }
  return { options, dropped, searches: tools.some((tool) => tool.type === 'provider') }
}

function toolsOf(tools: readonly Tool[], model: LanguageModel) {
  const mapped: (FunctionTool | ProviderTool)[] = []
  const dropped: string[] = []
  const { search } = rowOf(model)
  for (const tool of tools) {
    const { name, description, input_schema, type } = tool
    if (typeof input_schema === 'object' && input_schema !== null) {
      const words = typeof description === 'string' ? { description } : {}
      mapped.push({ type: 'function', name: String(name), ...words, inputSchema: input_schema })
    } else if (search && /^web_search/.test(String(type))) {
      mapped.push({ type: 'provider', id: search.id, name: search.name, args: { ...search.args(tool) } })
    } else {
      dropped.push(String(type ?? name))
    }
  }
  return { tools: mapped, dropped }
}

/** A choice needs its tool: one that names a search, which the provider starts, is left to the provider. */
function choiceOf(choice: unknown, tools: readonly { type: string; name: string }[]): ToolChoice | undefined {
  if (tools.length === 0) return undefined
  const { type, name } = (choice ?? {}) as { type?: unknown; name?: unknown }
  switch (type) {
    case 'auto':
    case 'none':
      return { type }
    case 'any':
      return { type: 'required' }
    case 'tool': {
      const isFunction = tools.some((tool) => tool.type === 'function' && tool.name === name)
      return isFunction ? { type: 'tool', toolName: String(name) } : undefined
    }
    default:
      return undefined
  }
}

/** `output_config.format`, or `output_format` as it was called before. */
function formatOf(body: MessagesRequest): CallOptions['responseFormat'] {
  const { format = body.output_format } = (body.output_config ?? {}) as { format?: unknown }
  const { type, schema } = (format ?? {}) as { type?: unknown; schema?: unknown }
  if (type !== 'json_schema' || typeof schema !== 'object' || schema === null) return undefined
  return { type: 'json', schema, name: 'response' }
}

function stops(value: unknown): string[] | undefined {
  return Array.isArray(value) && value.length > 0 ? value.map(String) : undefined
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}

function defined<Name extends string, Value>(name: Name, value: Value): { [name in Name]?: Value & {} } {
  return (value === undefined ? {} : { [name]: value }) as { [name in Name]?: Value & {} }
}
