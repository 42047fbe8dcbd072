import { mappedName } from '../../core/kit.js'

/** What names of each family become. */
export interface Families {
  readonly opus: string
  readonly sonnet: string
  readonly haiku: string
  readonly fable: string
}

const FAMILIES = ['opus', 'haiku', 'fable', 'sonnet'] as const

/**
 * The z.ai model for a client's: the map's exact name, else its longest wildcard; `zai:` names without the prefix and
 * `glm-*` names as they are; then by family, any other `claude-*` as sonnet. Other names go through as they are: z.ai
 * says best what it doesn't know.
 */
export function zaiModel(model: string, map: Readonly<Record<string, string>>, families: Families): string {
  const mapped = mappedName(map, model)
  if (mapped !== undefined) return mapped
  if (model.startsWith('zai:')) return model.slice('zai:'.length)
  if (!model.startsWith('claude-')) return model
  return families[FAMILIES.find((family) => model.includes(family)) ?? 'sonnet']
}
