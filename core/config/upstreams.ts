import type { PluginSpec } from '../contract/plugin.js'
import type { Problem } from '../errors/config-error.js'
import { isRecord } from '../json/plain.js'
import { kindOf } from './words.js'

/** Makes an upstream of an entry of `upstreams`: `options` are all of it but its name. Throws a TypeError for a wrong name. */
export type UpstreamOf = (name: string, options: Readonly<Record<string, unknown>>) => PluginSpec

/** The upstreams that a config declares as data, for configs that can't import a factory. */
export function declaredUpstreams(
  raw: unknown,
  upstreamOf: UpstreamOf | undefined,
  problems: Problem[],
): PluginSpec[] {
  if (raw === undefined) return []
  if (!Array.isArray(raw)) {
    problems.push({ path: 'upstreams', message: `expected a list of upstreams, found ${kindOf(raw)}` })
    return []
  }
  return raw.flatMap((entry: unknown, i) => {
    const path = `upstreams.${i}`
    if (!isRecord(entry)) {
      problems.push({ path, message: `expected an upstream as { name, … }, found ${kindOf(entry)}` })
      return []
    }
    const { name, ...options } = entry
    if (typeof name !== 'string') {
      problems.push({ path: `${path}.name`, message: `expected a name, found ${kindOf(name)}` })
      return []
    }
    try {
      return upstreamOf ? [upstreamOf(name, options)] : []
    } catch (error) {
      problems.push({ path, message: (error as Error).message })
      return []
    }
  })
}
