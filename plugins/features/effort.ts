import type { Edit } from '../../core/index.js'
import type { JsonNode } from '../../core/kit.js'

const LEVELS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']

/** Levels of effort become the nearest that the upstream takes, the lower of two. Levels that no list knows stay. */
export function withEfforts(body: JsonNode, taken: readonly string[]): Edit[] {
  const configs = [body, ...(body.get('messages')?.items() ?? [])].map((part) => part.get('output_config'))
  return configs.flatMap((config) => {
    const effort = config?.get('effort')
    const level = effort?.string()
    if (!effort || level === undefined || taken.includes(level)) return []
    const nearest = nearestOf(level, taken)
    return nearest === undefined
      ? []
      : [{ start: effort.start, end: effort.end, text: JSON.stringify(nearest) }]
  })
}

function nearestOf(level: string, taken: readonly string[]): string | undefined {
  const at = LEVELS.indexOf(level)
  if (at < 0) return undefined
  const known = LEVELS.filter((other) => taken.includes(other))
  const distance = (other: string) => Math.abs(LEVELS.indexOf(other) - at)
  return known.sort((a, b) => distance(a) - distance(b) || LEVELS.indexOf(a) - LEVELS.indexOf(b))[0]
}
