import type { MessagesRequest } from '../../core/index.js'
import { isRecord } from '../../core/kit.js'
import type { LanguageModel, ProviderOptions, ReasoningLevel } from './language-model.js'
import { COMPATIBLE, COMPATIBLE_BODY, PROVIDERS, type ProviderRow } from './provider-table.js'

type Options = Readonly<Record<string, unknown>>
type Model = Pick<LanguageModel, 'provider' | 'modelId' | 'specificationVersion'>

export function rowOf({ provider }: Pick<LanguageModel, 'provider'>): ProviderRow {
  return PROVIDERS.find((row) => row.provider.test(provider)) ?? COMPATIBLE
}

/** What the provider is asked for beyond the specification: how long to think, one tool at a time, to store nothing. */
export function providerOptions(body: MessagesRequest, model: Model): ProviderOptions {
  const row = rowOf(model)
  const oneTool = isOneTool(body)
  const own = [
    row.always,
    isThinking(body) ? row.thoughts : undefined,
    model.specificationVersion === 'v3' ? reasoningOptions(body, model, row) : undefined,
    oneTool ? row.oneTool : undefined,
  ].reduce<Options>((all, more) => overlay(all, more), {})
  const options: Record<string, Options> = Object.keys(own).length > 0 ? { [row.key]: own } : {}
  if (row === COMPATIBLE && oneTool) options[namespaceOf(model)] = COMPATIBLE_BODY
  return options
}

/** Version 4 has one option for all providers. */
export function reasoningOf(body: MessagesRequest, model: Model): ReasoningLevel | undefined {
  return model.specificationVersion === 'v3' ? undefined : levelOf(body)
}

/** Options over options; objects are merged, and a null takes an option away. */
export function overlay(under: Options, over: Options | undefined): Options {
  const all: Record<string, unknown> = { ...under }
  for (const [name, value] of Object.entries(over ?? {})) {
    const known = all[name]
    if (value === null) delete all[name]
    else all[name] = isOptions(known) && isOptions(value) ? overlay(known, value) : value
  }
  return all
}

function reasoningOptions(body: MessagesRequest, { modelId }: Model, row: ProviderRow): Options {
  const budget = budgetOf(body)
  if (budget !== undefined && row.budget?.models.test(modelId))
    return row.budget.put(Math.min(budget, row.budget.max))
  const level = levelOf(body)
  const effort = row.efforts?.find(({ models }) => models.test(modelId))
  return level && effort ? effort.put(nearest(level, effort.levels)) : {}
}

const LEVELS: readonly ReasoningLevel[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']

function nearest(level: ReasoningLevel, offered: readonly ReasoningLevel[]): ReasoningLevel {
  const rank = LEVELS.indexOf(level)
  return offered.findLast((each) => LEVELS.indexOf(each) <= rank) ?? offered[0]!
}

/** `output_config.effort`, else what a budget of tokens comes to. Undefined where the client leaves it to the model. */
function levelOf(body: MessagesRequest): ReasoningLevel | undefined {
  const { effort } = (body.output_config ?? {}) as { effort?: unknown }
  if (LEVELS.includes(effort as ReasoningLevel)) return effort as ReasoningLevel
  const budget = budgetOf(body)
  if (budget === undefined) return undefined
  return budget <= 4096 ? 'low' : budget <= 16_384 ? 'medium' : 'high'
}

function budgetOf({ thinking }: MessagesRequest): number | undefined {
  const tokens = thinking?.type === 'enabled' ? thinking.budget_tokens : undefined
  return typeof tokens === 'number' && tokens > 0 ? tokens : undefined
}

/**
 * Whether thinking goes to the client. One that asks for none and has no tools reads `content[0].text`, as the API allows;
 * with tools, the provider needs its thinking back in the next turn.
 */
export function wantsThinking(body: MessagesRequest): boolean {
  return isThinking(body) || (Array.isArray(body.tools) && body.tools.length > 0)
}

function isThinking({ thinking }: MessagesRequest): boolean {
  return thinking?.type === 'enabled' || thinking?.type === 'adaptive'
}

/** Only together with tools: OpenAI refuses the option without any. */
function isOneTool({ tools, tool_choice }: MessagesRequest): boolean {
  const choice = tool_choice as { disable_parallel_tool_use?: unknown } | undefined
  return Array.isArray(tools) && tools.length > 0 && choice?.disable_parallel_tool_use === true
}

/** `deepseek` of `deepseek.chat`. */
function namespaceOf({ provider }: Model): string {
  return provider.split('.')[0]!.trim()
}

function isOptions(value: unknown): value is Options {
  return isRecord(value)
}
