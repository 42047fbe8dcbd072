import { mapModel } from '../../core/kit.js'

export interface Families {
  readonly opus: string
  readonly sonnet: string
  readonly haiku: string
}

/**
 * The z.ai model for a client's: the map's exact name, else its longest wildcard; `zai:` names without the prefix and
 * `glm-*` names as they are; then by family, any other `claude-*` as sonnet. Other names go through as they are: z.ai
 * says best what it doesn't know.
 */
export function zaiModel(model: string, map: Readonly<Record<string, string>>, families: Families): string {
  const mapped = mapModel(map, model)
  if (mapped !== undefined) return mapped
  if (model.startsWith('zai:')) return model.slice('zai:'.length)
  if (!model.startsWith('claude-')) return model
  if (model.includes('opus')) return families.opus
  if (model.includes('haiku')) return families.haiku
  return families.sonnet
}

/** Tokens of context, as https://docs.z.ai/guides/llm states them for each model family. */
const WINDOWS: readonly (readonly [prefix: string, tokens: number])[] = [
  ['glm-4.5', 131_072],
  ['glm-', 200_000],
]

export function contextWindow(glm: string): number | undefined {
  return WINDOWS.find(([prefix]) => glm.startsWith(prefix))?.[1]
}
